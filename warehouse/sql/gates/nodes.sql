-- One row per node of a round: what the training-data gate looks at.
-- Parameters: $round: which round
select
    tree_id,
    node_id,
    problem_id,
    n_visits,
    n_correct,
    n_wrong,
    least(n_correct, n_wrong, n_visits - n_correct - n_wrong) as n_least_visits,
    coalesce(q_value, 0) as q_value,
    coalesce(ppm_score, 0) as ppm_score,
    outcome,
    coalesce(ending, 'none') as ending,
    coalesce(verdict, 'none') as verdict
from nodes
where round = $round
