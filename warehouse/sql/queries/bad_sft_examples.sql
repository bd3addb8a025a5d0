-- One row per SFT example that breaks an expectation of the training-data gate
-- Parameters: $round: which round; $max_per_problem = 2: examples allowed per problem
with checked as (
    select trajectory_id, max_by(verification, round) as verification
    from verifications
    where round <= $round
    group by trajectory_id
),

reasons as (
    select
        sft_examples.problem_id,
        sft_examples.trajectory_id,
        sft_examples.trajectory_round,
        sft_examples.rank,
        problems.split,
        trajectories.verdict,
        checked.verification,
        case
            when problems.split is distinct from 'train' then 'problem is not a training problem'
            when trajectories.trajectory_id is null then 'its trajectory is missing'
            when trajectories.verdict is distinct from 'correct' then 'its answer is not correct'
            when checked.verification is distinct from 'verified' then 'it is not verified'
            when count(*) over (partition by sft_examples.trajectory_id) > 1 then 'its trajectory is there twice'
            when count(*) over (partition by sft_examples.problem_id) > $max_per_problem::integer
                then 'too many examples of its problem'
        end as reason
    from sft_examples
    left join problems using (problem_id)
    left join trajectories
        on sft_examples.trajectory_id = trajectories.trajectory_id and sft_examples.trajectory_round = trajectories.round
    left join checked on sft_examples.trajectory_id = checked.trajectory_id
    where sft_examples.round = $round
),

final as (
    select reason, problem_id, trajectory_id, trajectory_round, rank, split, verdict, verification
    from reasons
    where reason is not null
    order by problem_id, rank
)

select * from final
