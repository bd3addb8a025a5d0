-- One row per two training problems that nearly repeat each other, the most similar first
-- Parameters: $min_similarity = 0: least share of common runs of words
select
    near_duplicates.similarity,
    repeating.source,
    repeated.source as near_source,
    near_duplicates.problem_id,
    near_duplicates.near_problem_id,
    repeating.answer,
    repeated.answer as near_answer,
    repeating.statement,
    repeated.statement as near_statement
from near_duplicates
inner join problems as repeating on repeating.problem_id = near_duplicates.problem_id
inner join problems as repeated on repeated.problem_id = near_duplicates.near_problem_id
where near_duplicates.similarity >= $min_similarity::double and repeating.split = 'train' and repeated.split = 'train'
order by near_duplicates.similarity desc, near_duplicates.problem_id, near_duplicates.near_problem_id
