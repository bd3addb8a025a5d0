-- One row per thing that has this id: its kind
-- Parameters: $id: a checkpoint, trajectory, tree, batch, problem, or the number of a round
-- Internal: stargrove lineage
select 'checkpoint' as kind, checkpoint_id as id from checkpoints where checkpoint_id = $id::varchar
union all
select 'batch', batch_id from batches where batch_id = $id::varchar
union all
select 'round', round::varchar from rounds where round::varchar = $id::varchar
union all
select 'trajectory', trajectory_id from trajectories where trajectory_id = $id::varchar
union all
select 'tree', tree_id from nodes where parent_id is null and tree_id = $id::varchar
union all
select 'problem', problem_id from problems where problem_id = $id::varchar
limit 1
