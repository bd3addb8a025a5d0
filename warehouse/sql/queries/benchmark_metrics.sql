-- One row per metric of a policy on the test split, or on one benchmark in it, over all levels
-- Parameters: $policy_id: which policy; $benchmark = null: source of the problems, or null for the whole split
select metric, max_by(value, round) as value, max_by(n_problems, round) as n_problems
from evaluations
where split = 'test' and level is null and policy_id = $policy_id and benchmark is not distinct from $benchmark::varchar
group by metric
order by metric
