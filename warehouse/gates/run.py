"""Run a gate: the expectations of its suite over the rows of one round, in the process that writes the lake."""

import importlib
import os
from itertools import groupby
from operator import attrgetter

import duckdb

from warehouse.errors import BadInput
from warehouse.gates import suites
from warehouse.gates.expectations import EveryRow, Expectation, NoRows
from warehouse.gates.report import GateReport, rows_command
from warehouse.gates.settings import GateSettings
from warehouse.measured import GateResult
from warehouse.sql.statements import Statement, shipped
from warehouse.store.failures import reported
from warehouse.store.lake import Warehouse

Parameters = dict[str, int]


def preload() -> None:
    """Import Great Expectations, which takes 3-16 s. Call it on a thread while the search runs, and the gate starts at once."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read while it is imported: nothing is sent to anybody
    importlib.import_module("warehouse.gates.validation")


def run_gate(
    gate: str, lake: Warehouse, round_number: int, settings: GateSettings, *, override_reason: str | None = None
) -> GateReport:
    """Return what the gate found in the rows of a round, as the lake was when it began. It reads only, and locks nothing.

    override_reason: the words of the person who lets the round pass although the gate failed. Raises BadInput for an override
    without words or an unknown gate, and WarehouseError when the gate cannot look.
    """
    if override_reason is not None and not override_reason.strip():
        raise BadInput(f"the {gate} gate cannot be overridden without a reason", hint="say why in words")
    parameters = parameters_of(round_number, settings)

    def run() -> tuple[GateResult, ...]:
        with reported(f"the {gate} gate of round {round_number}"), lake.cursor() as cursor:
            cursor.execute("begin")
            results = _results(gate, cursor, suite(gate, cursor, settings, parameters), parameters, settings)
            cursor.execute("rollback")
        return results

    return GateReport(gate, round_number, lake.patiently(run)).overridden(override_reason)


def parameters_of(round_number: int, settings: GateSettings) -> Parameters:
    """Return the values of all parameters that the queries of gates have."""
    return {"round": round_number, "n_gram": settings.n_gram}


def suite(
    gate: str, cursor: duckdb.DuckDBPyConnection, settings: GateSettings, parameters: Parameters
) -> tuple[Expectation, ...]:
    """Return the expectations of a gate, some of which the lake itself decides. Raises BadInput for an unknown gate."""
    if gate == "ingest":
        return suites.ingest(settings)
    if gate == "training-data":
        return suites.training_data(settings)
    if gate == "promotion":
        row = cursor.execute(bound_sql(shipped("gates")["promotion_figures"], parameters)).pl()
        return suites.promotion(settings, row.row(0, named=True))
    raise BadInput(f"no gate is called {gate!r}", hint="choose ingest, training-data or promotion")


def _results(
    gate: str,
    cursor: duckdb.DuckDBPyConnection,
    expectations: tuple[Expectation, ...],
    parameters: Parameters,
    settings: GateSettings,
) -> tuple[GateResult, ...]:
    preload()
    from warehouse.gates.validation import Validator

    by_query = attrgetter("query")
    found: dict[Expectation, GateResult] = {}
    validator = Validator(cursor)
    for query, members in groupby(sorted(expectations, key=by_query), key=by_query):
        group = tuple(members)
        observations = validator.observe(bound_sql(statement_of(query), parameters), group)
        for expectation, observation in zip(group, observations, strict=True):
            found[expectation] = GateResult(
                gate=gate,
                expectation=expectation.claim,
                table_name=expectation.table_name,
                column_name=expectation.column_name,
                observed=observation.text,
                needed=_needed(expectation),
                passed=observation.passed,
                n_failing=observation.n_failing,
                hint=rows_command(parameters["round"]),
                settings_json=settings.model_dump_json(),
            )
    return tuple(found[expectation] for expectation in expectations)


def statement_of(query: str) -> Statement:
    """Return the query of a gate, or the shipped query, of this name."""
    return (shipped("gates") | shipped("queries"))[query]


def _needed(expectation: Expectation) -> str:
    if isinstance(expectation, NoRows):
        return "none"
    if isinstance(expectation, EveryRow):
        return f"every row {expectation.needed}"
    return f"{expectation.needed} ({expectation.remark})" if expectation.remark else str(expectation.needed)


def bound_sql(statement: Statement, parameters: Parameters) -> str:
    """Return the SQL with its parameters written out: they are whole numbers, and Great Expectations binds none itself."""
    sql = statement.sql
    for name, value in parameters.items():
        sql = sql.replace(f"${name}", str(int(value)))
    return sql
