-- One row per round: tokens and seconds of all its stages, per problem solved and per problem newly solved
-- Parameters: $round = null: only this round
with
costs as (
    select
        round,
        sum(n_tokens)::bigint as n_tokens,
        sum(engine_seconds) as engine_seconds,
        sum(sandbox_seconds) as sandbox_seconds,
        sum(wall_seconds) as wall_seconds
    from v_stage_costs
    where round > 0
    group by round
),
moves as (
    select
        round,
        count(*) filter (where is_solved) as n_solved,
        count(*) filter (where move = 'newly solved') as n_newly_solved
    from v_problem_moves
    group by round
),
final as (
    select
        costs.round,
        coalesce(moves.n_solved, 0) as n_solved,
        coalesce(moves.n_newly_solved, 0) as n_newly_solved,
        costs.n_tokens,
        costs.engine_seconds,
        costs.sandbox_seconds,
        costs.wall_seconds,
        costs.n_tokens / nullif(moves.n_solved, 0) as tokens_per_solved,
        costs.wall_seconds / nullif(moves.n_solved, 0) as seconds_per_solved,
        costs.n_tokens / nullif(moves.n_newly_solved, 0) as tokens_per_newly_solved
    from costs
    left join moves on moves.round = costs.round
)
select * from final
where $round::integer is null or round = $round::integer
order by round
