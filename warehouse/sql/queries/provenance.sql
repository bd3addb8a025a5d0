-- One row per batch behind a trajectory, from its tree to its last use: round, checkpoints, settings, code, flow and task run
-- Parameters: $trajectory_id: which trajectory
with
trajectory as (
    select trajectory_id, tree_id, problem_id, batch_id, round from trajectories where trajectory_id = $trajectory_id::varchar
),
used as (
    select 'problem' as what, problems.problem_id as id, problems.batch_id
    from problems
    inner join trajectory on trajectory.problem_id = problems.problem_id
    union all
    select 'tree', nodes.tree_id, nodes.batch_id
    from nodes
    inner join trajectory on trajectory.round = nodes.round and trajectory.tree_id = nodes.tree_id
    where nodes.parent_id is null
    union all
    select 'trajectory', trajectory_id, batch_id from trajectory
    union all
    select 'verification', verifications.verification, verifications.batch_id
    from verifications
    inner join trajectory on trajectory.trajectory_id = verifications.trajectory_id
    union all
    select 'SFT example', 'rank ' || sft_examples.rank, sft_examples.batch_id
    from sft_examples
    inner join trajectory on trajectory.trajectory_id = sft_examples.trajectory_id
),
final as (
    select
        used.what,
        used.id,
        used.batch_id,
        batches.round,
        batches.stage,
        batches.shard,
        rounds.policy_id as searched_by_policy,
        rounds.ppm_id as searched_by_ppm,
        rounds.candidate_policy_id as trained_policy,
        batches.fingerprint,
        batches.code_version,
        batches.flow_run_id,
        batches.task_run_id,
        batches.committed_at
    from used
    left join batches on batches.batch_id = used.batch_id
    left join rounds on rounds.round = batches.round
)
select * from final
order by committed_at, what, id
