-- One row per metric of a round's evaluations, each a share of some problems.
-- Parameters: $round: which round
select split, benchmark, metric, level, value, n_problems, policy_id, ppm_id
from evaluations
where round = $round
