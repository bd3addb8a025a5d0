-- One row per aggregation of step scores: what best-of-k by it earns on sampled answers, each the mean over groups of k
-- Parameters: $benchmark: benchmark or split as `stargrove evaluate` names it; $k = 8: answers to choose from, one of evaluation.ks; $level = null: of one level alone
with
measured as (
    select
        metrics.problem_id,
        metrics.value,
        regexp_extract(metrics.metric, '^best_by_(\w+)_of_' || $k::integer || '$', 1) as aggregation
    from problem_metrics as metrics
    inner join batches on batches.batch_id = metrics.batch_id
    left join problems on problems.problem_id = metrics.problem_id
    where
        metrics.method = 'sample'
        and starts_with(batches.shard, $benchmark || ' sample')
        and ($level::integer is null or problems.level = $level::integer)
    qualify dense_rank() over (partition by metrics.problem_id order by batches.committed_at desc) = 1
),
final as (
    select aggregation, avg(value) as best_of_k, count(*) as n_problems
    from measured
    where aggregation <> ''
    group by aggregation
)
select * from final
order by best_of_k desc, aggregation
