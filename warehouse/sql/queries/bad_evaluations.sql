-- One row per metric of a round that is no share of anything: outside [0, 1], or over no problems
-- Parameters: $round: which round
select
    case when value between 0 and 1 then 'over no problems' else 'value outside [0, 1]' end as reason,
    split, benchmark, metric, level, value, n_problems, policy_id, ppm_id
from evaluations
where round = $round::integer and ((value between 0 and 1) is distinct from true or n_problems < 1)
order by split, benchmark, metric, level
