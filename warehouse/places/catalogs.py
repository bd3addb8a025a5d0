"""The catalog of a lake as plain tables: which files it names, the same rows in another database, two places compared.

Moving a lake and backing it up stand on this. A copy has every snapshot with its id, so that pins stay true.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from warehouse.errors import WarehouseError
from warehouse.places.location import Location, catalog_path
from warehouse.places.objects import sizes_below
from warehouse.settings import WarehouseSettings
from warehouse.store.connection import attach_statement, engine, named_sessions, quoted, refuse_absent_bucket
from warehouse.store.failures import reported

_APPLICATION: Final = "stargrove move"
_NOT_COPIED: Final = ("ducklake_inlined_data_tables", "ducklake_files_scheduled_for_deletion")
"""Rows kept in the catalog go another way; files that wait for their deletion stay behind."""

_FILES: Final = """
with located as (
    select distinct on (t.table_id)
        t.table_id, s.path || t.path as folder, s.path_is_relative::boolean and t.path_is_relative::boolean as is_relative
    from source.ducklake_table as t inner join source.ducklake_schema as s using (schema_id)
    order by t.table_id, t.begin_snapshot desc
),
files as (
    select table_id, path, path_is_relative, file_size_bytes from source.ducklake_data_file
    union all
    select table_id, path, path_is_relative, file_size_bytes from source.ducklake_delete_file
)
select distinct folder || path as path, file_size_bytes, is_relative and path_is_relative::boolean as is_relative
from files inner join located using (table_id)
"""

_HAS_WRITER: Final = "from duckdb_tables() where database_name = 'destination' and table_name = 'stargrove_writer'"


def pinned_snapshots(cursor: duckdb.DuckDBPyConnection) -> list[int]:
    """Return the snapshots that are compared: those that something names, and the latest.

    One query after another: as branches of one union, which DuckDB runs in several threads, they once took the process down.
    """
    sources = (
        "select snapshot_id from rounds where snapshot_id is not null",
        "select snapshot_id from checkpoints where snapshot_id is not null",
        "select snapshot_id from training_files",
        "select id from ducklake_current_snapshot('lake')",
    )
    return sorted({int(row[0]) for sql in sources for row in cursor.execute(sql).fetchall()})


@contextmanager
def attached_catalogs(
    home: Path, settings: WarehouseSettings, source: Location, destination: Location
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a context with a connection on which the databases of both catalogs are attached as plain tables.

    Where the catalog stays and only the files go elsewhere, there is the source alone.
    """
    with engine(home, settings, source, destination) as connection, reported(destination.name):
        refuse_absent_bucket(connection, destination)
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        if source.catalog == destination.catalog:
            connection.execute(f"attach '{_database(source)}' as source ({_kind(source)})")
        else:
            # Attaching the destination as a lake once creates the tables of an empty one.
            connection.execute(attach_statement(destination, False, None, _APPLICATION, "born"))
            connection.execute("detach born")
            connection.execute(f"attach '{_database(source)}' as source ({_kind(source)}, read_only)")
            connection.execute(f"attach '{_database(destination)}' as destination ({_kind(destination)})")
        yield connection


def _database(location: Location) -> str:
    if location.catalog:
        return quoted(named_sessions(location.catalog, _APPLICATION))
    return quoted(str(catalog_path(location.home).absolute()))


def _kind(location: Location) -> str:
    return "type postgres" if location.catalog else "type sqlite"


def files_named(both: duckdb.DuckDBPyConnection, source: Location) -> dict[str, int]:
    """Return the size of every file that the catalog names, by its path below the data path."""
    rows = both.execute(_FILES).fetchall()
    strangers = [path for path, _, is_relative in rows if not is_relative]
    if strangers:
        raise WarehouseError(
            f"{strangers[0]} lies outside of {source.data_path}", hint="a lake with foreign files stays where it is"
        )
    wanted = {path: int(size) for path, size, _ in rows}
    found = sizes_below(source.data_path)
    broken = [path for path, size in sorted(wanted.items()) if found.get(path) != size]
    if broken:
        what = f"{len(broken)} files are missing or damaged, the first {source.data_path}{broken[0]}"
        raise WarehouseError(what, hint="restore them from a backup; nothing was copied")
    return wanted


def copy_catalog(both: duckdb.DuckDBPyConnection, destination: Location) -> None:
    """Copy the rows of the catalog's tables, in one transaction: afterwards the destination is the same lake, or as before."""
    columns = both.execute(
        """select table_name, list(column_name order by column_index), list(data_type order by column_index)
        from duckdb_columns()
        where database_name = 'destination' and starts_with(table_name, 'ducklake_')
            and not starts_with(table_name, 'ducklake_inlined_data_')
            and not starts_with(table_name, 'ducklake_inlined_delete_')
        group by table_name"""
    ).fetchall()
    both.execute("begin")
    for table, names, types in columns:
        both.execute(f"delete from destination.{table}")
        if table in _NOT_COPIED:
            continue
        selected = ", ".join(f'"{name}"::{type_} as "{name}"' for name, type_ in zip(names, types, strict=True))
        both.execute(f"insert into destination.{table} select {selected} from source.{table}")
    set_data_path(both, "destination", destination)
    if both.execute(_HAS_WRITER).fetchall():
        both.execute("update destination.stargrove_writer set moved_to = null")
    both.execute("commit")


def copy_inlined_rows(both: duckdb.DuckDBPyConnection) -> None:
    """Copy the rows that small inserts left in a Postgres catalog into one of SQLite, as DuckLake itself keeps them there.

    Copied with the rest of the catalog, they are seen at the very snapshots that showed them.
    """
    columns = both.execute(
        """select table_name, list(column_name order by column_index), list(data_type order by column_index)
        from duckdb_columns()
        where database_name = 'source' and regexp_matches(table_name, '^ducklake_inlined_(data|delete)_[0-9]')
        group by table_name"""
    ).fetchall()
    both.execute("begin")
    for table, names, types in columns:
        selected = ", ".join(f'{_in_sqlite(name, kind)} as "{name}"' for name, kind in zip(names, types, strict=True))
        both.execute(f"create table destination.{table} as select {selected} from source.{table}")
    both.execute("insert into destination.ducklake_inlined_data_tables from source.ducklake_inlined_data_tables")
    both.execute("commit")


def _in_sqlite(name: str, kind: str) -> str:
    """Return what DuckLake keeps of a Postgres column in SQLite: whole numbers, and text for all else."""
    if kind in ("BIGINT", "INTEGER", "SMALLINT", "BOOLEAN"):
        return f'"{name}"::bigint'
    # Text is kept as bytes in Postgres, whose own text cannot hold a zero.
    return f'decode("{name}")' if kind == "BLOB" else f'"{name}"::varchar'


def set_data_path(connection: duckdb.DuckDBPyConnection, database: str, location: Location) -> None:
    """Write down in a catalog where its files are."""
    connection.execute(f"update {database}.ducklake_metadata set value = ? where key = 'data_path'", [location.data_path])


def compared(home: Path, settings: WarehouseSettings, places: Sequence[Location], pins: Sequence[int]) -> int:
    """Return how many rows all tables hold at the last of the snapshots.

    Raises WarehouseError where the places, of one or two, differ in a table at one of them.
    """
    n_rows = 0
    with engine(home, settings, *places) as connection, reported(places[-1].name):
        for pin in pins:
            sums: list[list[tuple[str, int, int]]] = []
            for location in places:
                connection.execute(attach_statement(location, True, pin, _APPLICATION, "compared"))
                sums.append([_sum(connection, table) for table in _tables(connection)])
                connection.execute("detach compared")
            if sums[0] != sums[-1]:
                differing = next((ours for ours, theirs in zip(sums[0], sums[-1], strict=False) if ours != theirs), ("", 0, 0))
                raise WarehouseError(
                    f"{places[-1].name}: the copy differs in table {differing[0]!r} at snapshot {pin}",
                    hint="the lake is still where it was; report this as a defect",
                )
            n_rows = sum(n for _, n, _ in sums[0])
    return n_rows


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'compared' order by all"
    ).fetchall()
    return [str(row[0]) for row in found]


def _sum(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, int, int]:
    row = connection.execute(f"select count(*), coalesce(sum(hash(t)), 0) from compared.{table} as t").fetchone()
    assert row is not None
    return table, int(row[0]), int(row[1])
