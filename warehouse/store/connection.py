"""Open a lake: DuckDB in this process, a catalog in SQLite or Postgres, Parquet files in the home or on S3.

The extensions of DuckDB come with the installation; nothing is downloaded.
"""

import contextlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import duckdb

from warehouse.errors import WarehouseError
from warehouse.places.location import Location, catalog_path, lake_directory
from warehouse.places.s3 import duckdb_secret, s3_access
from warehouse.settings import WarehouseSettings
from warehouse.store.failures import reported

ALIAS: Final = "lake"
"""Name under which the lake is attached; views and queries never spell it."""

INLINE_ROWS: Final = 200
"""Inserts of at most this many rows are kept in the catalog instead of a Parquet file of their own."""

_BUSY_TIMEOUT_MILLISECONDS = 30_000


def connect(
    location: Location,
    settings: WarehouseSettings,
    *,
    read_only: bool,
    snapshot_id: int | None = None,
    application: str = "stargrove reader",
) -> duckdb.DuckDBPyConnection:
    """Return a connection whose default catalog is the lake, created where it does not exist and may be written.

    application: what Postgres calls its sessions.
    Raises WarehouseError: no lake to read, a damaged catalog, a disk that is full or read-only, a server that refuses.
    """
    if read_only and not location.catalog and not _is_whole(catalog_path(location.home)):
        raise WarehouseError(f"no lake in {location.home}", hint="create one with: stargrove evolve, or name another --home")
    connection = engine(location.home, settings, location)
    try:
        with reported(location.name):
            connection.execute(attach_statement(location, read_only, snapshot_id, application))
            use_lake(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def engine(home: Path, settings: WarehouseSettings, *locations: Location) -> duckdb.DuckDBPyConnection:
    """Return a connection with nothing attached, that can attach the lakes of these locations."""
    names = {"ducklake"}
    for location in locations:
        names |= {"postgres_scanner" if location.catalog else "sqlite_scanner"}
        names |= {"httpfs"} if location.data else set()
    secret = duckdb_secret(s3_access()) if "httpfs" in names else None
    with reported(str(home)):
        connection = duckdb.connect(
            config={
                "memory_limit": f"{settings.memory_limit_mib}MiB",
                "threads": settings.n_threads,
                "temp_directory": str(lake_directory(home) / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                # Checking a signature means hashing 40 MB, at every start. The files are of the installation, like the library
                # that would check them; whatever else a person loads is checked.
                "allow_unsigned_extensions": True,
            }
        )
        for name in sorted(names):
            connection.execute(f"load '{_extension_path(name)}'")
        connection.execute("set allow_unsigned_extensions = false")
        if secret is not None:
            connection.execute(secret)
    return connection


def use_lake(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the lake the default catalog of a connection or cursor, UTC its time zone."""
    # DuckDB would draw its progress bar on stdout, in the middle of what a command prints.
    connection.execute(f"use {ALIAS}; set TimeZone = 'UTC'; set enable_progress_bar = false")


def attach_statement(
    location: Location,
    read_only: bool,  # noqa: FBT001
    snapshot_id: int | None,
    application: str,
    alias: str = ALIAS,
) -> str:
    """Return the statement that attaches the lake of a location under the alias."""
    options = [f"data_path '{quoted(location.data_path)}'", f"data_inlining_row_limit {INLINE_ROWS}"]
    if location.catalog:
        source = f"postgres:{quoted(named_sessions(location.catalog, application))}"
    else:
        source = f"sqlite:{quoted(str(catalog_path(location.home).absolute()))}"
        # Paths in the catalog are relative to the data path, so a home that was moved still opens.
        options += ["override_data_path true", f"meta_busy_timeout {_BUSY_TIMEOUT_MILLISECONDS}"]
    if snapshot_id is not None:
        options.append(f"snapshot_version {snapshot_id}")
    if read_only:
        options.append("read_only")
    elif not location.catalog:
        # The journal mode is kept in the catalog; setting it would be a write.
        options.append("meta_journal_mode 'WAL'")
    return f"attach 'ducklake:{source}' as {alias} ({', '.join(options)})"


def named_sessions(catalog: str, application: str) -> str:
    """Return the address of a Postgres with the name that it shows for the sessions opened with it."""
    return f"{catalog}{'&' if '?' in catalog else '?'}application_name={application.replace(' ', '%20')}&connect_timeout=10"


def quoted(text: str) -> str:
    """Return the text as it stands inside a literal of SQL."""
    return text.replace("'", "''")


def refuse_absent_bucket(connection: duckdb.DuckDBPyConnection, location: Location) -> None:
    """Raise WarehouseError where the bucket of the lake does not exist or refuses, before an hour of work finds out."""
    if location.data:
        with reported(location.data):
            connection.execute(f"select count(*) from glob('{quoted(location.data_path)}no-such-file*')").fetchone()


def make_directories(location: Location) -> None:
    """Make the directories of a lake in its home. Raises WarehouseError where that is not allowed."""
    path = lake_directory(location.home) if location.data else lake_directory(location.home) / "data"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"{path}: cannot create the directory of the lake ({error.strerror})", hint="name a writable --home"
        ) from error


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """End a transaction without a trace; one that a failed commit has ended is over already, and its error says why."""
    with contextlib.suppress(duckdb.TransactionException):
        cursor.execute("rollback")


def _is_whole(catalog: Path) -> bool:
    return catalog.is_file() and catalog.stat().st_size > 0


def _extension_path(name: str) -> Traversable:
    # The wheels of duckdb-extension-* carry the binary of exactly one DuckDB version.
    return files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
