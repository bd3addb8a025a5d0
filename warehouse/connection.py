"""Open the embedded lake: DuckDB in this process, a SQLite catalog in WAL mode, Parquet files beside it. No network."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import duckdb

from warehouse.errors import WarehouseError
from warehouse.failures import reported
from warehouse.settings import WarehouseSettings

ALIAS: Final = "lake"
"""Name under which the lake is attached; views and queries never spell it."""

_EXTENSIONS = ("ducklake", "sqlite_scanner")
_BUSY_TIMEOUT_MILLISECONDS = 30_000


def lake_directory(home: Path) -> Path:
    """Return the directory of the lake in a home directory."""
    return home / "lake"


def catalog_path(home: Path) -> Path:
    """Return the catalog file of the lake in a home directory."""
    return lake_directory(home) / "catalog.sqlite"


def connect(
    home: Path, settings: WarehouseSettings, *, read_only: bool, snapshot_id: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a connection whose default catalog is the lake, created where it does not exist and may be written.

    Raises WarehouseError: no lake to read, a damaged catalog, a disk that is full or read-only.
    """
    catalog = catalog_path(home)
    if read_only and not (catalog.is_file() and catalog.stat().st_size):
        raise WarehouseError(f"no lake in {home}", hint="create one with: stargrove evolve, or name another --home")
    with reported(str(catalog)):
        connection = duckdb.connect(
            config={
                "memory_limit": f"{settings.memory_limit_mib}MiB",
                "threads": settings.n_threads,
                "temp_directory": str(lake_directory(home) / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        for name in _EXTENSIONS:
            connection.execute(f"load '{_extension_path(name)}'")
        connection.execute(_attach(home, settings, read_only=read_only, snapshot_id=snapshot_id))
        use_lake(connection)
    return connection


def use_lake(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the lake the default catalog of a connection or cursor, UTC its time zone."""
    # DuckDB would draw its progress bar on stdout, in the middle of what a command prints.
    connection.execute(f"use {ALIAS}; set TimeZone = 'UTC'; set enable_progress_bar = false")


def _attach(home: Path, settings: WarehouseSettings, *, read_only: bool, snapshot_id: int | None) -> str:
    options = [
        # Paths in the catalog are relative to the data path, so a home that was moved still opens.
        f"data_path '{_quoted(lake_directory(home) / 'data')}/'",
        "override_data_path true",
        f"data_inlining_row_limit {settings.inline_rows}",
        f"meta_busy_timeout {_BUSY_TIMEOUT_MILLISECONDS}",
    ]
    if snapshot_id is not None:
        options.append(f"snapshot_version {snapshot_id}")
    # The journal mode is kept in the catalog; setting it would be a write.
    options.append("read_only" if read_only else "meta_journal_mode 'WAL'")
    return f"attach 'ducklake:sqlite:{_quoted(catalog_path(home))}' as {ALIAS} ({', '.join(options)})"


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("'", "''")


def _extension_path(name: str) -> Traversable:
    # The wheels of duckdb-extension-* carry the binary of exactly one DuckDB version: nothing is downloaded.
    return files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def make_directories(home: Path) -> None:
    """Make the directories of a lake. Raises WarehouseError where that is not allowed."""
    path = lake_directory(home) / "data"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"{path}: cannot create the directory of the lake ({error.strerror})", hint="name a writable --home"
        ) from error
