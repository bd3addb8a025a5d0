-- One row per metric of a round's evaluations that is a share.
-- Parameters: $round: which round
select metric, split, value, n_problems
from evaluations
where round = $round
