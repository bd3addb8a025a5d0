-- One row per fact about a thing of the lineage: its name and its value as text
-- Parameters: $kind: checkpoint, round, batch, tree, trajectory or problem; $id: its id
-- Internal: stargrove lineage
with
facts as (
    select unnest([
        {name: 'kind', value: kind}, {name: 'round', value: round::varchar}, {name: 'status', value: status},
        {name: 'snapshot', value: snapshot_id::varchar}, {name: 'fingerprint', value: fingerprint}
    ]) as fact
    from checkpoints
    where $kind::varchar = 'checkpoint' and checkpoint_id = $id::varchar
    union all
    select unnest([
        {name: 'status', value: status}, {name: 'fingerprint', value: fingerprint}, {name: 'code version', value: code_version},
        {name: 'snapshot', value: snapshot_id::varchar}, {name: 'flow run', value: flow_run_id}
    ])
    from rounds
    where $kind::varchar = 'round' and round::varchar = $id::varchar
    union all
    select unnest([
        {name: 'stage', value: stage}, {name: 'shard', value: shard}, {name: 'fingerprint', value: fingerprint},
        {name: 'code version', value: code_version}, {name: 'flow run', value: flow_run_id}, {name: 'task run', value: task_run_id}
    ])
    from batches
    where $kind::varchar = 'batch' and batch_id = $id::varchar
    union all
    select unnest([
        {name: 'problem', value: problem_id}, {name: 'verdict', value: verdict}, {name: 'verification', value: verification},
        {name: 'mean Q', value: printf('%.3f', mean_q)}
    ])
    from v_trajectories
    where $kind::varchar = 'trajectory' and trajectory_id = $id::varchar
    union all
    select unnest([
        {name: 'problem', value: problem_id}, {name: 'rollouts', value: n_visits::varchar}, {name: 'correct', value: n_correct::varchar}
    ])
    from nodes
    where $kind::varchar = 'tree' and tree_id = $id::varchar and parent_id is null
    union all
    select unnest([
        {name: 'source', value: source}, {name: 'level', value: level::varchar}, {name: 'split', value: split}, {name: 'answer', value: answer}
    ])
    from problems
    where $kind::varchar = 'problem' and problem_id = $id::varchar
)
select fact.name as name, fact.value as value
from facts
where fact.value <> ''
