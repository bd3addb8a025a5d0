-- One row per imported trajectory whose own label and our verdict differ, with both answers
-- Parameters: $author = null: only this model or search; $limit = 1000: at most so many rows
select
    labels.author,
    labels.label,
    labels.verdict,
    labels.grading_method,
    trajectories.answer,
    problems.answer as reference_answer,
    labels.trajectory_id,
    labels.problem_id,
    problems.statement
from labels
inner join trajectories on trajectories.round = labels.round and trajectories.trajectory_id = labels.trajectory_id
inner join problems on problems.problem_id = labels.problem_id
where labels.label <> labels.verdict and ($author::varchar is null or labels.author = $author::varchar)
order by labels.author, labels.problem_id, labels.trajectory_id
limit $limit::bigint
