"""The rows that break an expectation: the query of its gate, filtered by the negated limits. Needs no Great Expectations."""

import json
from dataclasses import dataclass

import polars as pl

from warehouse.gates.expectations import EveryRow, Figure
from warehouse.gates.run import Parameters, bound_sql, parameters_of, statement_of, suite
from warehouse.gates.settings import GateSettings
from warehouse.measured import GateResult
from warehouse.sql.statements import find
from warehouse.store.lake import Warehouse


@dataclass(frozen=True, slots=True)
class FailingRows:
    """The first rows that break an expectation, as the lake is now, and how many there are in all."""

    rows: pl.DataFrame
    n_rows: int


def failing_rows(lake: Warehouse, round_number: int, result: GateResult, limit: int) -> FailingRows:
    """Return the rows that break an expectation of a gate that was run; for a figure, those of the query that explains it.

    A result of an earlier version, whose gate has no such expectation any more, has none.
    """
    settings = _settings_of(result)
    parameters = parameters_of(round_number, settings)
    with lake.cursor() as cursor:
        expectations = {one.claim: one for one in suite(result.gate, cursor, settings, parameters)}
    expectation = expectations.get(result.expectation)
    if expectation is None:
        return FailingRows(pl.DataFrame(), 0)
    if isinstance(expectation, EveryRow):
        sql = failing_sql(expectation, parameters)
        n_rows = int(lake.query(f"select count(*) from ({sql})").item())
        return FailingRows(lake.query(f"{sql} order by all limit $limit", limit=limit), n_rows)
    shown = find(expectation.evidence if isinstance(expectation, Figure) else expectation.query)
    own = {parameter.name: parameters[parameter.name] for parameter in shown.parameters if parameter.name in parameters}
    rows = lake.query(shown.name, **own)
    return FailingRows(rows.head(limit), rows.height)


def failing_sql(expectation: EveryRow, parameters: Parameters) -> str:
    """Return SQL for the rows that break the expectation."""
    query = bound_sql(statement_of(expectation.query), parameters)
    holds = expectation.needed.condition(expectation.column_name)
    return f"select * from ({query}\n) where ({holds}) is distinct from true"


def _settings_of(result: GateResult) -> GateSettings:
    """Return the thresholds that the gate was run with: those that this version knows, and its defaults for all others."""
    known = json.loads(result.settings_json or "{}")
    return GateSettings.model_validate({name: known[name] for name in GateSettings.model_fields if name in known})
