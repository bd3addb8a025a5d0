-- One row per problem that has this id: its text and reference answer, and what its solutions agree on where none is right
-- Parameters: $problem_id: which problem
select
    problems.problem_id,
    problems.statement,
    problems.answer as reference_answer,
    problems.source,
    problems.level,
    problems.split,
    problems.kind,
    suspects.suspected_answer,
    suspects.n_solutions,
    suspects.share_of_solutions
from problems
left join v_label_suspects as suspects on suspects.problem_id = problems.problem_id
where problems.problem_id = $problem_id::varchar
