-- One row per round and stage: batches, rows, tokens and seconds
with
final as (
    select
        round,
        stage,
        count(*) as n_batches,
        sum(n_rows)::bigint as n_rows,
        sum(n_tokens)::bigint as n_tokens,
        sum(engine_seconds) as engine_seconds,
        sum(sandbox_seconds) as sandbox_seconds,
        sum(wall_seconds) as wall_seconds,
        min(committed_at) as first_committed_at,
        max(committed_at) as last_committed_at
    from batches
    group by round, stage
)
select * from final
