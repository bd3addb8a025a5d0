-- One row per gate, expectation and round: what was observed against what was needed, and how it moved since the round before
-- Parameters: $gate = null: only this gate
select
    gate,
    expectation,
    round,
    observed,
    needed,
    passed,
    n_failing,
    try_cast(observed as double) - lag(try_cast(observed as double)) over (
        partition by gate, expectation, table_name, column_name order by round
    ) as change,
    override_reason
from gate_results
where $gate::varchar is null or gate = $gate::varchar
order by gate, expectation, table_name, column_name, round
