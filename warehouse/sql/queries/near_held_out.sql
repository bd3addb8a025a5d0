-- One row per training problem that nearly repeats a validation or test problem, with both statements
select
    near_duplicates.similarity,
    repeated.split as held_out_split,
    repeated.source as held_out_source,
    repeating.source,
    near_duplicates.problem_id,
    near_duplicates.near_problem_id as held_out_problem_id,
    repeating.statement,
    repeated.statement as held_out_statement
from near_duplicates
inner join problems as repeating on repeating.problem_id = near_duplicates.problem_id
inner join problems as repeated on repeated.problem_id = near_duplicates.near_problem_id
where repeating.split = 'train' and repeated.split <> 'train'
order by near_duplicates.similarity desc, near_duplicates.problem_id, near_duplicates.near_problem_id
