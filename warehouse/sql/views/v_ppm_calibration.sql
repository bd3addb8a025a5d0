-- One row per PPM, use of its scores (search: steps that then had rollouts; evaluation: whole held-out solutions) and tenth of the range of scores: what followed
with
scored as (
    -- The score was given before the first rollout, so that the rollouts say whether it foresaw them.
    select
        'search' as used_in,
        nodes.round,
        rounds.ppm_id,
        nodes.ppm_score,
        (nodes.n_correct - nodes.n_wrong) / nodes.n_visits as reward
    from nodes
    inner join rounds on rounds.round = nodes.round
    where nodes.ppm_score is not null and nodes.n_visits > 0 and nodes.parent_id is not null
    union all
    select
        'evaluation',
        round,
        ppm_id,
        ppm_score,
        case verdict when 'correct' then 1.0 when 'wrong' then -1.0 else 0.0 end
    from evaluation_answers
    where ppm_score is not null
),
binned as (
    select *, greatest(least(floor((ppm_score + 1) * 5), 9), 0)::integer as bin from scored
),
final as (
    select
        used_in,
        round,
        ppm_id,
        bin / 5 - 1 as lower_score,
        (bin + 1) / 5 - 1 as upper_score,
        count(*) as n_scores,
        avg(ppm_score) as mean_score,
        avg(reward) as observed_reward,
        avg(reward) - avg(ppm_score) as bias
    from binned
    group by used_in, round, ppm_id, bin
)
select * from final
