"""What is asked of a lake: a shipped query by its name, or SQL text, and what is said where a lake is too old for it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa

from warehouse.errors import BadInput
from warehouse.places.location import Location
from warehouse.sql.statements import bound, find, shipped
from warehouse.store import migrations

if TYPE_CHECKING:
    import polars as pl

ROWS_PER_ARROW_BATCH: Final = 2_048
_QUERY: Final = "query "


def resolved(name_or_sql: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Return the SQL of a shipped query or statement with all its parameters, or the text as it came with those given."""
    if name_or_sql in shipped("queries") or name_or_sql in shipped("statements"):
        statement = find(name_or_sql)
        return statement.sql, bound(statement, parameters)
    return name_or_sql, dict(parameters)


def named(name_or_sql: str) -> str:
    """Return what an error calls the query."""
    return f"{_QUERY}{name_or_sql}" if name_or_sql.isidentifier() else "sql"


@contextmanager
def of_this_version(connection: duckdb.DuckDBPyConnection, location: Location, where: str) -> Iterator[None]:
    """Say of a shipped query that fails where the lake lacks what it asks for: an earlier version of Stargrove wrote it."""
    try:
        yield
    except BadInput as error:
        if where.startswith(_QUERY) and not migrations.is_current(connection):
            raise BadInput(
                f"{location.name} was written by an earlier version, and lacks what the {where} asks for",
                hint=f"bring it to this one with: stargrove warehouse migrate --home {location.home}",
            ) from error
        raise


def first_rows(cursor: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, object], n_rows: int) -> "pl.DataFrame":
    """Return the first rows of a query, and one more where there are more; DuckDB makes no others."""
    import polars as pl

    reader = cursor.execute(sql, values).to_arrow_reader(ROWS_PER_ARROW_BATCH)
    batches: list[pa.RecordBatch] = []
    while sum(batch.num_rows for batch in batches) <= n_rows:
        try:
            batches.append(reader.read_next_batch())
        except StopIteration:
            break
    return pl.DataFrame(pa.Table.from_batches(batches, reader.schema)).head(n_rows + 1)
