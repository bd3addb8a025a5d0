"""Carry a lake from one place to another: every table at every snapshot, with the same ids, so that pins stay true.

The catalog's own tables are copied row by row in one transaction, and the files byte by byte. The source stays in force until
the copy was compared with it; it is left behind, out of use.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from warehouse.errors import BadInput, WarehouseError
from warehouse.places.location import Location, catalog_path, remember
from warehouse.places.objects import copy_files, sizes_below
from warehouse.places.postgres import AdvisoryLock
from warehouse.settings import WarehouseSettings
from warehouse.store.connection import attach_statement, engine, make_directories, named_sessions, quoted, refuse_absent_bucket
from warehouse.store.failures import reported
from warehouse.store.lake import Warehouse

_APPLICATION: Final = "stargrove move"
_MOVED: Final = ".moved"
_NOT_COPIED: Final = ("ducklake_inlined_data_tables", "ducklake_files_scheduled_for_deletion")
"""Rows kept in the catalog were flushed to files before; files that wait for their deletion stay behind."""

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


@dataclass(frozen=True, slots=True)
class MoveReport:
    """What was carried: rows of all tables as they are now, and the files behind them and behind the pinned snapshots."""

    source: Location
    destination: Location
    n_rows: int
    n_snapshots_compared: int
    n_files: int
    n_bytes: int

    @property
    def left_behind(self) -> list[str]:
        """What the lake does not use any more: the old catalog, the old files, or both."""
        catalog = self.source.catalog or f"{catalog_path(self.source.home)}{_MOVED}"
        left = [catalog] if self.source.catalog != self.destination.catalog else []
        return left + ([self.source.data_path] if self.source.data != self.destination.data else [])


def move(source: Location, destination: Location, settings: WarehouseSettings) -> MoveReport:
    """Return what was carried from one place of a home's lake to another. A move that was killed is called again.

    Raises BadInput where this or another lake is there already; WarehouseError where a file is missing or the copy differs.
    """
    home = source.home
    if source == destination:
        raise BadInput(f"the lake of {home} is there already ({source.described})", hint="name another place")
    with Warehouse.at(source, settings) as lake:
        make_directories(destination)
        with lake.exclusive() as cursor, reported(source.name):
            cursor.execute("call ducklake_flush_inlined_data('lake')")
            pins = _pins(cursor)
            with _catalogs(home, settings, source, destination) as catalogs:
                files = _files(catalogs, source)
                if source.catalog != destination.catalog:
                    _refuse_another_lake(catalogs, destination)
                copy_files(source.data_path, destination.data_path, files)
                if source.catalog == destination.catalog:
                    _set_data_path(catalogs, "source", destination)
                else:
                    _copy_catalog(catalogs, destination)
            n_rows = _compared(home, settings, source, destination, pins)
            remember(destination)
            if isinstance(lake.lock, AdvisoryLock) and source.catalog != destination.catalog:
                lake.lock.mark_moved(destination.described)
    if not source.catalog and destination.catalog:
        _retire(catalog_path(home))
    return MoveReport(source, destination, n_rows, len(pins), len(files), sum(files.values()))


def _pins(cursor: duckdb.DuckDBPyConnection) -> list[int]:
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
def _catalogs(
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


def _files(both: duckdb.DuckDBPyConnection, source: Location) -> dict[str, int]:
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
        raise WarehouseError(what, hint="restore them from a backup; nothing was moved")
    return wanted


def _refuse_another_lake(both: duckdb.DuckDBPyConnection, destination: Location) -> None:
    """Raise BadInput where the destination holds tables that are not of this lake; what a killed move left may be replaced."""
    there = both.execute("select table_uuid::varchar from destination.ducklake_table order by all").fetchall()
    ours = both.execute("select table_uuid::varchar from source.ducklake_table order by all").fetchall()
    if there and there != ours:
        raise BadInput(f"{destination.name} holds another lake", hint="name an empty database, or another home")


def _copy_catalog(both: duckdb.DuckDBPyConnection, destination: Location) -> None:
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
    _set_data_path(both, "destination", destination)
    if both.execute(_HAS_WRITER).fetchall():
        both.execute("update destination.stargrove_writer set moved_to = null")
    both.execute("commit")


def _set_data_path(connection: duckdb.DuckDBPyConnection, database: str, location: Location) -> None:
    connection.execute(f"update {database}.ducklake_metadata set value = ? where key = 'data_path'", [location.data_path])


def _compared(home: Path, settings: WarehouseSettings, source: Location, destination: Location, pins: list[int]) -> int:
    """Return how many rows all tables hold now. Raises WarehouseError where a table differs at one of the snapshots."""
    n_rows = 0
    places = (destination,) if source.catalog == destination.catalog else (source, destination)
    with engine(home, settings, source, destination) as connection, reported(destination.name):
        for pin in pins:
            sums: list[list[tuple[str, int, int]]] = []
            for location in places:
                connection.execute(attach_statement(location, True, pin, _APPLICATION, "compared"))
                sums.append([_sum(connection, table) for table in _tables(connection)])
                connection.execute("detach compared")
            if sums[0] != sums[-1]:
                differing = next((ours for ours, theirs in zip(sums[0], sums[-1], strict=False) if ours != theirs), ("", 0, 0))
                raise WarehouseError(
                    f"{destination.name}: the copy differs in table {differing[0]!r} at snapshot {pin}",
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


def _retire(catalog: Path) -> None:
    """Put an embedded catalog out of use, beside its place; a later move home starts with a fresh one."""
    for extra in ("", "-wal", "-shm"):
        path = catalog.with_name(catalog.name + extra)
        if path.exists():
            path.replace(catalog.with_name(catalog.name + _MOVED + extra))
