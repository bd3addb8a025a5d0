-- One row per metric of a policy on a benchmark (or split) that `stargrove evaluate` measured, over all levels: the newest
-- Parameters: $benchmark: name as the table shows it; $policy_id = null: null for the policy measured last
with
measured as (
    select evaluations.*, batches.committed_at
    from evaluations
    inner join batches on batches.batch_id = evaluations.batch_id
    where
        evaluations.benchmark = $benchmark
        and evaluations.level is null
        and ($policy_id::varchar is null or evaluations.policy_id = $policy_id::varchar)
)
select policy_id, ppm_id, metric, value, low, high, n_problems, tokens_per_problem, committed_at
from measured
qualify row_number() over (partition by metric order by committed_at desc) = 1
order by metric
