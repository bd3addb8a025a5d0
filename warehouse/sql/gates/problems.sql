-- One row per problem: what the ingest gate looks at.
-- Parameters: $round: not used, since every round searches all problems
select
    problem_id,
    split,
    length(trim(statement)) as n_statement_chars,
    length(trim(answer)) as n_answer_chars
from problems
