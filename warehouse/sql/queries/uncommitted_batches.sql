-- One row per table and batch of a round whose rows are there without their line in the ledger
-- Parameters: $round: which round
-- Internal: the gate training-data
with written as (
    select 'nodes' as table_name, batch_id, count(*) as n_rows from nodes where round = $round group by batch_id
    union all
    select 'trajectories', batch_id, count(*) from trajectories where round = $round group by batch_id
    union all
    select 'verifications', batch_id, count(*) from verifications where round = $round group by batch_id
    union all
    select 'sft_examples', batch_id, count(*) from sft_examples where round = $round group by batch_id
    union all
    select 'preference_pairs', batch_id, count(*) from preference_pairs where round = $round group by batch_id
),

final as (
    select written.table_name, written.batch_id, written.n_rows
    from written
    anti join batches using (batch_id)
    order by written.table_name, written.batch_id
)

select * from final
