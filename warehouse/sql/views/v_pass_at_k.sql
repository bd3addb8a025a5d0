-- One row per evaluated checkpoints, split, level (null: all levels) and k: unbiased pass@k over sampled answers (arXiv 2107.03374)
with
newest as (
    -- Answers that were measured again, with other settings, are not added to the old ones.
    select evaluation_answers.policy_id, evaluation_answers.problem_id, max_by(batches.batch_id, batches.committed_at) as batch_id
    from evaluation_answers
    inner join batches on batches.batch_id = evaluation_answers.batch_id
    where evaluation_answers.method = 'sample'
    group by evaluation_answers.policy_id, evaluation_answers.problem_id
),
counts as (
    select
        evaluation_answers.round,
        evaluation_answers.policy_id,
        evaluation_answers.split,
        evaluation_answers.problem_id,
        any_value(problems.level) as level,
        count(*) as n_answers,
        count(*) filter (where evaluation_answers.verdict = 'correct') as n_correct
    from evaluation_answers
    inner join newest
        on newest.batch_id = evaluation_answers.batch_id
        and newest.policy_id = evaluation_answers.policy_id
        and newest.problem_id = evaluation_answers.problem_id
    left join problems on problems.problem_id = evaluation_answers.problem_id
    where
        evaluation_answers.method = 'sample'
        -- What only a benchmark file brought is no problem of the split.
        and coalesce(problems.batch_id, '') not in (select batch_id from batches where stage = 'ingest-benchmark')
    group by evaluation_answers.round, evaluation_answers.policy_id, evaluation_answers.split, evaluation_answers.problem_id
),
ks as (
    select unnest([1, 2, 4, 8, 16, 32, 64]) as k
),
estimates as (
    select
        counts.*,
        ks.k,
        case
            when counts.n_answers - counts.n_correct < ks.k then 1.0
            -- 1 - C(n - c, k) / C(n, k), as a product that cannot overflow.
            else 1.0 - coalesce(
                list_product([1.0 - ks.k / i for i in range(counts.n_answers - counts.n_correct + 1, counts.n_answers + 1)]), 1.0
            )
        end as pass_at_k
    from counts
    inner join ks on ks.k <= counts.n_answers
),
final as (
    select
        round,
        policy_id,
        split,
        level,
        grouping(level) = 1 as is_all_levels,
        k,
        count(*) as n_problems,
        avg(pass_at_k) as pass_at_k
    from estimates
    group by grouping sets ((round, policy_id, split, level, k), (round, policy_id, split, k))
)
select * from final
