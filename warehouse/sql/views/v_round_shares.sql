-- One row per round, metric and problem that the round measured itself: what the problem earned; coverage is 1 where it was solved, else 0
with
final as (
    select problem_metrics.round, problem_metrics.split, problem_metrics.metric, problem_metrics.problem_id, problem_metrics.value
    from problem_metrics
    inner join batches on batches.batch_id = problem_metrics.batch_id
    where batches.stage = 'evaluate'
    union all
    select round, 'train', 'coverage', problem_id, is_solved::integer::double from v_searched
)
select * from final
