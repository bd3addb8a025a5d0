-- One row per round and stage: batches, rows, tokens and seconds
-- Parameters: $round = null: only this round
select round, stage, n_batches, n_rows, n_tokens, engine_seconds, sandbox_seconds, wall_seconds
from v_stage_costs
where $round::integer is null or round = $round::integer
order by round, first_committed_at, stage
