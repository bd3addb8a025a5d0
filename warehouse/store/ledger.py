"""What a batch does inside its transaction: its old rows go, its rows come, its line in the ledger is written."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.errors import WarehouseError
from warehouse.records import Batch
from warehouse.stages import stage_named
from warehouse.store.staging import RECORDS, SORT_KEYS


def refuse_foreign(batch: Batch, tables: Iterable[str]) -> None:
    """Raise WarehouseError for a batch of an unknown stage, or with rows for a table that its stage does not write."""
    stage = stage_named(batch.stage)
    foreign = [table for table in tables if table not in stage.writes]
    if foreign:
        raise WarehouseError(
            f"stage {stage.name} does not write {', '.join(foreign)}, only {', '.join(stage.writes) or 'nothing'}",
            hint="commit the rows as the stage that writes them, or state it in warehouse/stages.py",
        )


def insert_rows(cursor: duckdb.DuckDBPyConnection, batch: Batch, table: str, rows: pa.Table) -> int:
    """Return how many staged rows of the batch were inserted into a table, inside the transaction of the caller."""
    cursor.register(f"staged_{table}", rows)
    order = f" order by {SORT_KEYS[table]}" if table in SORT_KEYS else ""
    return insert_select(cursor, batch, table, f"select * from staged_{table}{order}", {})


def insert_select(
    cursor: duckdb.DuckDBPyConnection, batch: Batch, table: str, select: str, values: Mapping[str, object]
) -> int:
    """Return how many rows of a select were inserted into a table as rows of the batch."""
    sql = f"insert into {table} by name select *, $own_batch_id as batch_id, $own_round::integer as round from ({select})"
    row = cursor.execute(sql, {**values, "own_batch_id": batch.batch_id, "own_round": batch.round}).fetchone()
    return int(row[0]) if row else 0


def forget(cursor: duckdb.DuckDBPyConnection, batch_id: str) -> bool:
    """Remove what an earlier commit of the batch wrote, and return whether there was one."""
    # Rows and ledger line were committed together, so a batch that is not in the ledger has no rows to look for.
    if cursor.execute("select 1 from batches where batch_id = $id", {"id": batch_id}).fetchone() is None:
        return False
    for table in (*RECORDS, "batches"):
        cursor.execute(f"delete from {table} where batch_id = $id", {"id": batch_id})
    return True


def write_ledger(cursor: duckdb.DuckDBPyConnection, batch: Batch, n_rows: int) -> None:
    """Write the line of the batch, last in its transaction."""
    row: dict[str, Any] = {"batch_id": batch.batch_id, **asdict(batch), "n_rows": n_rows}
    columns = ", ".join(f"${name} as {name}" for name in row)
    cursor.execute(f"insert into batches by name select {columns}, now() as committed_at", row)
