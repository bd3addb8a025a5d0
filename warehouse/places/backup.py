"""The lake of a backup: a copy of its catalog as it is at one moment, over the very files that this copy names.

The copy is a SQLite catalog wherever the lake is, so that a restored lake needs nothing but its home. A SQLite catalog is
copied by SQLite's own online backup, beside whoever writes. A Postgres catalog is copied as `move` does, with the rows that
small inserts left in it, while commits wait; the copy is then compared with it at every snapshot that something names.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import WarehouseError
from warehouse.places.catalogs import (
    attached_catalogs,
    compared,
    copy_catalog,
    copy_inlined_rows,
    files_named,
    pinned_snapshots,
)
from warehouse.places.location import Location, catalog_path, lake_directory
from warehouse.settings import WarehouseSettings
from warehouse.store import migrations
from warehouse.store.connection import connect
from warehouse.store.failures import reported
from warehouse.store.lake import Warehouse
from warehouse.store.opening import commit_lock

_APPLICATION: Final = "stargrove restore"
_BUSY_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class LakeState:
    """What a lake is at one snapshot. lake_id: kept by every copy; n_rows: of each table; checkpoint_ids: those it names."""

    lake_id: str
    schema_version: int
    snapshot_id: int
    n_rows: dict[str, int]
    checkpoint_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LakeCopy:
    """A copied catalog. files: the size in bytes of each file that it names, by its path below the data path."""

    catalog: Path
    state: LakeState
    files: dict[str, int]


def copy_lake(source: Location, settings: WarehouseSettings, draft: Path) -> LakeCopy:
    """Return a copy of the catalog in an empty directory. The caller keeps the files (`guard.kept`).

    Raises WarehouseError where a file is missing or has another size than the catalog says, or a Postgres copy differs.
    """
    copy = Location(draft, data=source.data)
    lake_directory(draft).mkdir(parents=True)
    if not source.data:
        (lake_directory(draft) / "data").symlink_to(source.data_path)
    if source.catalog:
        _copy_from_postgres(source, copy, settings)
    else:
        copy_database(catalog_path(source.home), catalog_path(draft))
    with closing(sqlite3.connect(catalog_path(draft))) as catalog:
        # Files that wait for their deletion are not of the backup, and a file of its own needs no journal beside it.
        catalog.execute("delete from ducklake_files_scheduled_for_deletion")
        catalog.commit()
        catalog.execute("pragma journal_mode = delete")
    with attached_catalogs(draft, settings, copy, copy) as connection:
        files = files_named(connection, source)
    state = lake_state(copy, settings)
    if source.catalog:
        with Warehouse.at(copy, settings, read_only=True) as lake, lake.cursor() as cursor:
            pins = pinned_snapshots(cursor)
        compared(draft, settings, (source, copy), pins)
    return LakeCopy(catalog_path(draft), state, files)


def copy_database(source: Path, place: Path) -> None:
    """Copy a SQLite database as it is at one moment, whoever writes to it meanwhile."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as original,
            closing(sqlite3.connect(place)) as copy,
        ):
            original.backup(copy)
    except sqlite3.Error as error:
        raise WarehouseError(
            f"{source}: cannot be copied ({error})", hint="look at the disk, and run the same command again"
        ) from error


def lake_state(location: Location, settings: WarehouseSettings) -> LakeState:
    """Return what a lake with a SQLite catalog is now. Raises WarehouseError as `Warehouse.at` does."""
    with Warehouse.at(location, settings, read_only=True) as lake, lake.cursor() as cursor, reported(location.name):
        version = migrations.lake_version(cursor)
        found = cursor.execute("select table_name from duckdb_tables() where database_name = 'lake' order by all").fetchall()
        n_rows = {}
        for (table,) in found:
            (n_rows[table],) = cursor.execute(f"select count(*) from {table}").fetchone() or (0,)
        checkpoints = cursor.execute("select checkpoint_id from checkpoints order by all").fetchall()
        snapshot_id = lake.snapshot_id()
    with closing(sqlite3.connect(catalog_path(location.home))) as catalog:
        (lake_id,) = catalog.execute("select schema_uuid from ducklake_schema order by begin_snapshot limit 1").fetchone()
    return LakeState(str(lake_id), version, snapshot_id, n_rows, tuple(found for (found,) in checkpoints))


def settle(draft: Path, home: Path, checkpoint_ids: tuple[str, ...], settings: WarehouseSettings) -> None:
    """Make the lake in a draft of a home the lake of that home: its own files, and the checkpoints that lie beside it."""
    location = Location(draft)
    with reported(str(home)), closing(connect(location, settings, read_only=False, application=_APPLICATION)) as connection:
        connection.execute("begin")
        for checkpoint_id in checkpoint_ids:
            uri = (home / "checkpoints" / checkpoint_id).absolute().as_uri()
            connection.execute("update checkpoints set uri = ? where checkpoint_id = ?", [uri, checkpoint_id])
        connection.execute("call ducklake_set_commit_message('lake', 'stargrove', 'the lake was restored')")
        connection.execute("commit")
    with closing(sqlite3.connect(catalog_path(draft))) as catalog:
        catalog.execute("update ducklake_metadata set value = ? where key = 'data_path'", [Location(home).data_path])
        catalog.commit()


@contextmanager
def draft_directory(path: Path) -> Iterator[Path]:
    """Return a context with an empty directory, which is removed at its end; what a killed process left is removed before."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _copy_from_postgres(source: Location, copy: Location, settings: WarehouseSettings) -> None:
    lock = commit_lock(source, settings)
    try:
        with lock.held(), attached_catalogs(copy.home, settings, source, copy) as both:
            copy_catalog(both, copy)
            copy_inlined_rows(both)
    finally:
        lock.close()
