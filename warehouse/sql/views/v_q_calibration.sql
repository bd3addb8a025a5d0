-- One row per round and tenth of the range of mean Q-values: how often trajectories with that mean Q-value were right, and stood up to verification
with
checked as (
    select trajectory_id, max_by(verification, round) as verification
    from verifications
    group by trajectory_id
),
binned as (
    select
        trajectories.round,
        least(floor((trajectories.mean_q + 1) * 5), 9)::integer as bin,
        trajectories.mean_q,
        trajectories.verdict,
        checked.verification
    from trajectories
    left join checked on checked.trajectory_id = trajectories.trajectory_id
),
final as (
    select
        round,
        bin / 5 - 1 as lower_q,
        (bin + 1) / 5 - 1 as upper_q,
        count(*) as n_trajectories,
        avg(mean_q) as mean_q,
        -- As a reward: what the mean Q-value estimates.
        avg(case verdict when 'correct' then 1.0 when 'wrong' then -1.0 else 0.0 end) as observed_reward,
        count(*) filter (where verdict = 'correct') / count(*) as share_correct,
        count(verification) as n_checked,
        count(*) filter (where verification = 'verified') / nullif(count(verification), 0) as share_verified
    from binned
    group by round, bin
)
select * from final
