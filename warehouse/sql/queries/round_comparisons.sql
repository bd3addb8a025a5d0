-- One row per round and metric: its share of problems, and on how many of them it earned more and less than the round before
-- Parameters: $split = test: split of the held-out metrics
with
shares as (
    select round, metric, problem_id, value
    from v_round_shares
    where split = $split::varchar or metric = 'coverage'
),
measured as (
    select round, metric, lag(round) over (partition by metric order by round) as previous_round
    from (select distinct round, metric from shares)
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
