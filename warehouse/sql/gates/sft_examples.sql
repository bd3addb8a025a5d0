-- One row per SFT example of a round, with what is known of its trajectory and its problem.
-- Parameters: $round: which round
with checked as (
    select
        trajectory_id,
        max_by(verification, round) as verification
    from verifications
    where round <= $round
    group by trajectory_id
),

final as (
    select
        sft_examples.problem_id,
        sft_examples.trajectory_id,
        sft_examples.trajectory_round,
        sft_examples.rank,
        count(*) over (partition by sft_examples.problem_id) as n_of_problem,
        count(*) over (partition by sft_examples.trajectory_id) as n_of_trajectory,
        coalesce(problems.split, 'none') as split,
        coalesce(trajectories.verdict, 'none') as verdict,
        coalesce(checked.verification, 'none') as verification
    from sft_examples
    left join problems using (problem_id)
    left join trajectories
        on sft_examples.trajectory_id = trajectories.trajectory_id and sft_examples.trajectory_round = trajectories.round
    left join checked on sft_examples.trajectory_id = checked.trajectory_id
    where sft_examples.round = $round
)

select * from final
