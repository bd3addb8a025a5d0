-- One row per aggregation of step scores: what best-of-k by it earns on sampled answers, each the mean over groups of k
-- Parameters: $benchmark: benchmark or split as `stargrove evaluate` names it; $k = 8: answers to choose from; $level = null: of one level alone
with
answered as (
    select
        answers.problem_id,
        answers.k_index // $k::integer as k_group,
        answers.verdict = 'correct' as is_correct,
        answers.k_index,
        list_avg(answers.step_scores) as mean_score,
        list_min(answers.step_scores) as min_score,
        answers.step_scores[-1] as last_score,
        list_product(list_transform(answers.step_scores, lambda score: (1 + score) / 2)) as product_score
    from evaluation_answers as answers
    inner join batches on batches.batch_id = answers.batch_id
    left join problems on problems.problem_id = answers.problem_id
    where
        answers.method = 'sample'
        and starts_with(batches.shard, $benchmark || ' sample')
        and ($level::integer is null or problems.level = $level::integer)
    qualify dense_rank() over (partition by answers.problem_id order by batches.committed_at desc) = 1
),
whole as (
    select * from answered qualify count(*) over (partition by problem_id, k_group) = $k::integer
),
scores as (
    unpivot whole on mean_score as mean, min_score as min, last_score as last, product_score as product
    into name aggregation value score
),
best as (
    -- Ties go to the first answer; answers without a score lose.
    select aggregation, problem_id, k_group, max_by(is_correct, (score, -k_index)) as is_correct
    from scores
    group by aggregation, problem_id, k_group
),
final as (
    select aggregation, avg(is_correct::integer) as best_of_k, count(distinct problem_id) as n_problems, count(*) as n_groups
    from best
    group by aggregation
)
select * from final
order by best_of_k desc, aggregation
