-- One row per problem: what the ingest gate looks at. Every round searches all problems, so none is named.
select
    problem_id,
    source,
    split,
    level,
    count(*) over (partition by problem_id) as n_of_problem,
    length(trim(statement)) as n_statement_chars,
    length(trim(answer)) as n_answer_chars,
    answer,
    statement
from problems
