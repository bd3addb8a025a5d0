-- One row per lineage edge: what (child) came from what (parent), and how
with
-- Which rounds' pairs the PPM of a round was trained on.
pair_rounds as (
    select
        round,
        coalesce(json_extract_string(parameters_json, '$.first_round')::integer, 1) as first_round,
        string_split(coalesce(json_extract_string(parameters_json, '$.set_aside'), ''), ',') as set_aside
    from training_files
    where query = 'export_ppm_pairs'
),
edges as (
    select 'checkpoint' as child_kind, checkpoint_id as child_id, 'started from' as relation, 'checkpoint' as parent_kind, parent_id
    from checkpoints
    where parent_id is not null
    union all
    select 'checkpoint', checkpoint_id, 'trained in', 'round', round::varchar from checkpoints where kind in ('policy', 'ppm')
    union all
    select 'checkpoint', checkpoint_id, 'trained on', 'snapshot', snapshot_id::varchar from checkpoints where snapshot_id is not null
    union all
    select 'round', round::varchar, 'searched by', 'checkpoint', policy_id from rounds
    union all
    select 'round', round::varchar, 'scored by', 'checkpoint', ppm_id from rounds where ppm_id is not null
    union all
    select 'checkpoint', checkpoints.checkpoint_id, 'trained on', 'trajectory', sft_examples.trajectory_id
    from checkpoints
    inner join sft_examples on sft_examples.round = checkpoints.round
    where checkpoints.kind = 'policy'
    union all
    select distinct 'checkpoint', checkpoints.checkpoint_id, 'trained on', 'tree', preference_pairs.chosen_tree_id
    from checkpoints
    inner join pair_rounds on pair_rounds.round = checkpoints.round
    inner join preference_pairs
        on
            preference_pairs.round between pair_rounds.first_round and pair_rounds.round
            and not list_contains(pair_rounds.set_aside, preference_pairs.round::varchar)
    where checkpoints.kind = 'ppm'
    union all
    select 'trajectory', trajectory_id, 'path in', 'tree', tree_id from trajectories
    union all
    select 'tree', tree_id, 'committed in', 'batch', batch_id from nodes where parent_id is null
    union all
    select 'tree', tree_id, 'searched for', 'problem', problem_id from nodes where parent_id is null
    union all
    select 'problem', problem_id, 'read in', 'batch', batch_id from problems
    union all
    select 'trajectory', trajectory_id, 'verified in', 'batch', batch_id from verifications
    union all
    select 'round', round::varchar, 'run under', 'fingerprint', fingerprint from rounds
    union all
    select 'round', round::varchar, 'run by', 'code version', code_version from rounds where code_version <> ''
    union all
    select 'round', round::varchar, 'run by', 'flow run', flow_run_id from rounds where flow_run_id is not null
    union all
    select 'round', round::varchar, 'trained on', 'snapshot', snapshot_id::varchar from rounds where snapshot_id is not null
    union all
    select 'checkpoint', checkpoint_id, 'made under', 'fingerprint', fingerprint from checkpoints
    union all
    select 'batch', batch_id, 'part of', 'round', round::varchar from batches
    union all
    select 'batch', batch_id, 'written under', 'fingerprint', fingerprint from batches
    union all
    select 'batch', batch_id, 'written by', 'code version', code_version from batches where code_version <> ''
    union all
    select 'batch', batch_id, 'written by', 'flow run', flow_run_id from batches where flow_run_id is not null
    union all
    select 'batch', batch_id, 'written by', 'task run', task_run_id from batches where task_run_id is not null
),
final as (
    select child_kind, child_id, relation, parent_kind, parent_id from edges
)
select * from final
