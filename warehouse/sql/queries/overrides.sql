-- One row per expectation that did not hold and that a person let pass: what was observed, what was needed, and why
with
-- Decided by `stargrove promote --override`, after the gate had refused.
overridden as (
    select round, max_by(reason, decided_at) as reason from promotion_decisions where decision = 'overridden' group by round
),
final as (
    select round, gate, expectation, observed, needed, n_failing, override_reason, hint
    from gate_results
    where override_reason is not null
    union all
    select results.round, results.gate, results.expectation, results.observed, results.needed, results.n_failing, overridden.reason, results.hint
    from gate_results as results
    inner join overridden on overridden.round = results.round
    where results.gate = 'promotion' and not results.passed and results.override_reason is null
)
select * from final
order by round, gate, expectation
