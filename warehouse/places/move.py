"""Carry a lake from one place to another: every table at every snapshot, with the same ids, so that pins stay true.

The catalog's own tables are copied row by row in one transaction, and the files byte by byte. The source stays in force until
the copy was compared with it; it is left behind, out of use.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from warehouse.errors import BadInput
from warehouse.places.catalogs import (
    attached_catalogs,
    compared,
    copy_catalog,
    files_named,
    pinned_snapshots,
    set_data_path,
)
from warehouse.places.location import Location, catalog_path, remember
from warehouse.places.objects import copy_files
from warehouse.places.postgres import AdvisoryLock
from warehouse.settings import WarehouseSettings
from warehouse.store.connection import make_directories
from warehouse.store.failures import reported
from warehouse.store.lake import Warehouse

_MOVED: Final = ".moved"


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
            pins = pinned_snapshots(cursor)
            with attached_catalogs(home, settings, source, destination) as catalogs:
                files = files_named(catalogs, source)
                if source.catalog != destination.catalog:
                    _refuse_another_lake(catalogs, destination)
                copy_files(source.data_path, destination.data_path, files)
                if source.catalog == destination.catalog:
                    set_data_path(catalogs, "source", destination)
                else:
                    copy_catalog(catalogs, destination)
            places = (destination,) if source.catalog == destination.catalog else (source, destination)
            n_rows = compared(home, settings, places, pins)
            remember(destination)
            if isinstance(lake.lock, AdvisoryLock) and source.catalog != destination.catalog:
                lake.lock.mark_moved(destination.described)
    if not source.catalog and destination.catalog:
        _retire(catalog_path(home))
    return MoveReport(source, destination, n_rows, len(pins), len(files), sum(files.values()))


def _refuse_another_lake(both: duckdb.DuckDBPyConnection, destination: Location) -> None:
    """Raise BadInput where the destination holds tables that are not of this lake; what a killed move left may be replaced."""
    there = both.execute("select table_uuid::varchar from destination.ducklake_table order by all").fetchall()
    ours = both.execute("select table_uuid::varchar from source.ducklake_table order by all").fetchall()
    if there and there != ours:
        raise BadInput(f"{destination.name} holds another lake", hint="name an empty database, or another home")


def _retire(catalog: Path) -> None:
    """Put an embedded catalog out of use, beside its place; a later move home starts with a fresh one."""
    for extra in ("", "-wal", "-shm"):
        path = catalog.with_name(catalog.name + extra)
        if path.exists():
            path.replace(catalog.with_name(catalog.name + _MOVED + extra))
