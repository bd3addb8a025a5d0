-- One row per round, problems that were answered (a split, or a benchmark) and metric over all levels: the newest value
with
measured as (
    select evaluations.*, batches.committed_at
    from evaluations
    inner join batches on batches.batch_id = evaluations.batch_id
    where evaluations.level is null
),
final as (
    select round, split, benchmark, metric, value, low, high, n_problems, tokens_per_problem
    from measured
    qualify row_number() over (partition by round, split, benchmark, metric order by committed_at desc, policy_id) = 1
)
select * from final
order by round, split, benchmark nulls first, metric
