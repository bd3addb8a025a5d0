-- One row per round and metric: its share of problems, and on how many of them it earned more and less than the round of its line before
-- Parameters: $split = test: split of the held-out metrics
with
shares as (
    select round, metric, problem_id, value
    from v_round_shares
    where split = $split::varchar or metric = 'coverage'
),
rounds_measured as (
    select distinct round, metric from shares
),
measured as (
    select round, metric, max(earlier_round) as previous_round
    from (
        select one.round, one.metric, earlier.round as earlier_round
        from rounds_measured as one
        inner join rounds_measured as earlier on earlier.metric = one.metric and earlier.round < one.round
        anti join v_set_aside on v_set_aside.round = one.round and v_set_aside.set_aside_round = earlier.round
        union all
        -- The first of its line has none before it.
        select round, metric, null from rounds_measured
    )
    group by round, metric
),
final as (
    select
        shares.round,
        shares.metric,
        avg(shares.value) as value,
        count(*) as n_problems,
        measured.previous_round,
        count(before.value) as n_compared,
        count(*) filter (where shares.value > before.value) as n_better,
        count(*) filter (where shares.value < before.value) as n_worse
    from shares
    inner join measured on measured.round = shares.round and measured.metric = shares.metric
    left join shares as before
        on before.round = measured.previous_round and before.metric = shares.metric and before.problem_id = shares.problem_id
    group by shares.round, shares.metric, measured.previous_round
)
select * from final
order by metric, round
