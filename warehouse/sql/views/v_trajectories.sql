-- One row per trajectory, with its problem, its verification and the checkpoints that searched it
with
outcomes as (
    select trajectory_id, max_by(verification, round) as verification
    from verifications
    group by trajectory_id
),
final as (
    select
        trajectories.trajectory_id,
        trajectories.round,
        trajectories.tree_id,
        trajectories.problem_id,
        problems.source,
        problems.level,
        problems.split,
        trajectories.n_steps,
        trajectories.answer,
        problems.answer as reference_answer,
        trajectories.verdict,
        outcomes.verification,
        trajectories.mean_q,
        trajectories.ppm_score,
        trajectories.leaf_node_id,
        trajectories.node_ids,
        trajectories.text_hash,
        rounds.policy_id,
        rounds.ppm_id,
        trajectories.batch_id
    from trajectories
    left join problems on problems.problem_id = trajectories.problem_id
    left join outcomes on outcomes.trajectory_id = trajectories.trajectory_id
    left join rounds on rounds.round = trajectories.round
)
select * from final
