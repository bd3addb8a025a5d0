"""Great Expectations over one DuckDB connection. Import this module through `warehouse.gates.run.preload` only."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import duckdb
import great_expectations as gx
from great_expectations.core import ExpectationSuite, ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween
from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from sqlalchemy.pool import StaticPool

from warehouse.gates import dialect
from warehouse.gates.expectations import Allowed, EveryRow, Expectation, Limits, NoRows
from warehouse.store.failures import translated


@dataclass(frozen=True, slots=True)
class Observation:
    """What was found for one expectation. n_failing: rows; 0 or 1 for a figure."""

    passed: bool
    text: str
    n_failing: int


class Validator:
    """Validates the rows of queries on one connection. Nothing is stored on disk or sent anywhere."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = dialect.LakeConnection(connection)
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)  # it would print what is raised here in one line
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._source = context.data_sources.add_sql(  # type: ignore[call-arg]  # kwargs, for SQLAlchemy, is not in the stub
            "lake",
            connection_string=dialect.URL,
            kwargs={"creator": lambda: self._connection, "poolclass": StaticPool},
            create_temp_table=False,
        )
        self._n_queries = 0

    def observe(self, sql: str, expectations: Sequence[Expectation]) -> list[Observation]:
        """Return an observation for each expectation about the rows of a query, in their order. Raises WarehouseError."""
        self._n_queries += 1
        asset = self._source.add_query_asset(f"query {self._n_queries}", query=f"select * from ({sql}\n)")
        batch = asset.add_batch_definition_whole_table("whole").get_batch()
        suite = ExpectationSuite(name=asset.name)
        for position, expectation in enumerate(expectations):
            suite.add_expectation(_translated(expectation, position))
        validated = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
        if self._connection.failure is not None:
            where = f"the expectations about {expectations[0].table_name} could not be checked"
            raise translated(self._connection.failure, where)
        results = sorted(validated.results, key=_position)
        return [_observation(expectation, result) for expectation, result in zip(expectations, results, strict=True)]


def _translated(expectation: Expectation, position: int) -> GxExpectation:
    meta = {"position": position}
    if isinstance(expectation, NoRows):
        return ExpectTableRowCountToBeBetween(max_value=0, meta=meta)
    column, needed = expectation.column_name, expectation.needed
    if isinstance(needed, Allowed):
        return ExpectColumnValuesToBeInSet(column=column, value_set=list(needed.values), meta=meta)
    if isinstance(expectation, EveryRow):
        return ExpectColumnValuesToBeBetween(column=column, meta=meta, **_between(needed))
    return ExpectColumnMaxToBeBetween(column=column, meta=meta, **_between(needed))


def _position(result: ExpectationValidationResult) -> int:
    """Return the place of the expectation in its suite, since results come in the order of metrics."""
    return int(cast(ExpectationConfiguration, result.expectation_config).meta["position"])


def _between(limits: Limits) -> dict[str, Any]:
    return {"min_value": limits.minimum, "max_value": limits.maximum, "strict_min": limits.exclusive}


def _observation(expectation: Expectation, result: ExpectationValidationResult) -> Observation:
    if isinstance(expectation, EveryRow):
        n_rows = result.result["element_count"]
        if n_rows == 0:
            return Observation(True, "no rows", 0)
        n_failing = result.result["unexpected_count"] + result.result["missing_count"]
        return Observation(n_failing == 0, f"{n_failing} of {n_rows} rows fail", n_failing)
    value = result.result["observed_value"]
    passed = bool(result.success)
    if isinstance(expectation, NoRows):
        return Observation(passed, "none" if value == 0 else f"{value} rows", value)
    return Observation(passed, "nothing" if value is None else f"{value:.6g}", int(not passed))
