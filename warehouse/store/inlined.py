"""Rows that small inserts left in the catalog: moved into Parquet files, and forgotten once no snapshot shows them.

DuckLake's own ducklake_flush_inlined_data takes rows out of the catalog at once, and a query that runs meanwhile has been seen
to miss them. Here they are moved by a commit like any other: a reader sees either all of them in the catalog or all in a file.
"""

from typing import Final

import duckdb

from warehouse.store.connection import ALIAS, INLINE_ROWS
from warehouse.store.failures import reported
from warehouse.store.lake import Warehouse
from warehouse.store.staging import SORT_KEYS

CATALOG: Final = f"__ducklake_metadata_{ALIAS}"
"""What DuckLake calls the catalog of the lake inside DuckDB; its tables are those of DuckLake's specification."""

INLINED: Final = f"""
select tables.table_name, inlined.table_name
from {CATALOG}.ducklake_inlined_data_tables as inlined
inner join {CATALOG}.ducklake_table as tables using (table_id)
where tables.end_snapshot is null
order by all
"""


def flush(lake: Warehouse) -> int:
    """Return how many rows were moved into files: those of the tables that have more than one insert may leave behind."""
    n_moved = 0
    for table in _inlined_tables(lake):
        with lake.transaction(f"flush {table}", {}) as cursor:
            n_moved += _flush_table(cursor, table)
    return n_moved


def forget_unseen(lake: Warehouse) -> int:
    """Return how many rows were taken out of the catalog: moved or deleted ones that no snapshot shows any more."""
    with lake.exclusive() as cursor, reported(lake.location.name):
        stored = [stored for _, stored in cursor.execute(INLINED).fetchall()]
        return sum(_forget(cursor, name) for name in stored)


def _inlined_tables(lake: Warehouse) -> list[str]:
    with lake.cursor() as cursor, reported(lake.location.name):
        return list(dict.fromkeys(table for table, _ in cursor.execute(INLINED).fetchall()))


def _flush_table(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    # A table has such rows under each schema that it ever had.
    stored = [stored for name, stored in cursor.execute(INLINED).fetchall() if name == table]
    shown = " union all ".join(f"select row_id from {CATALOG}.{name} where end_snapshot is null" for name in stored)
    n_rows = _count(cursor, f"select count(*) from ({shown})")
    if n_rows <= INLINE_ROWS:
        return 0
    cursor.execute(f"create or replace temp table moved as select * from {ALIAS}.{table} where rowid in ({shown})")
    cursor.execute(f"delete from {ALIAS}.{table} where rowid in ({shown})")
    cursor.execute(f"insert into {ALIAS}.{table} by name select * from moved order by {SORT_KEYS.get(table, 'all')}")
    cursor.execute("drop table moved")
    return n_rows


def _forget(cursor: duckdb.DuckDBPyConnection, stored: str) -> int:
    return _count(
        cursor,
        f"""
        delete from {CATALOG}.{stored} as rows
        where rows.end_snapshot is not null and not exists (
            select 1 from {CATALOG}.ducklake_snapshot as snapshots
            where snapshots.snapshot_id >= rows.begin_snapshot and snapshots.snapshot_id < rows.end_snapshot
        )
        """,
    )


def _count(cursor: duckdb.DuckDBPyConnection, sql: str) -> int:
    (n_rows,) = cursor.execute(sql).fetchone() or (0,)
    return int(n_rows)
