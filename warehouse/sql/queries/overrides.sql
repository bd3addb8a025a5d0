-- One row per expectation that did not hold and that a person let pass: what was observed, what was needed, and why
select round, gate, expectation, observed, needed, n_failing, override_reason, hint
from gate_results
where override_reason is not null
order by round, gate, expectation
