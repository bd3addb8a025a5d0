"""How a lake is opened: to read, whatever a writer is doing at the moment, or to write, created and migrated first."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final, TypeVar

import duckdb

from warehouse.errors import ServerAway
from warehouse.places.location import Location, lake_directory
from warehouse.settings import WarehouseSettings
from warehouse.store import migrations
from warehouse.store.connection import connect, make_directories, refuse_absent_bucket
from warehouse.store.failures import is_busy, reported
from warehouse.store.upgrade import Upgrade, pending_upgrade
from warehouse.store.writer_lock import CommitLock, WriterLock

Value = TypeVar("Value")

OUTAGE_LIMIT_SECONDS: Final = 120.0
"""How long whoever conducts the rounds waits for Postgres or S3: a server that restarts needs ten seconds, a database that
fails over to its replica one to two minutes; what takes longer is for people."""

_LOG: Final = logging.getLogger("stargrove.upgrade")
"""Where nothing is configured, Python prints warnings to stderr: every command that writes says what it upgrades."""

_RETRY_SECONDS: Final = 0.05
_AWAY_PAUSE_SECONDS: Final = 0.5
_READ_RETRY_LIMIT_SECONDS: Final = 10.0


def retried(read: Callable[[], Value]) -> Value:
    """Return what `read` returns, tried again while a writer is in the way for a moment."""
    deadline = time.monotonic() + _READ_RETRY_LIMIT_SECONDS
    while True:
        try:
            return read()
        except duckdb.Error as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_SECONDS)


def patiently(work: Callable[[], Value], limit_seconds: float) -> Value:
    """Return what `work` returns, tried again while Postgres or S3 is away, for this long at most."""
    deadline = time.monotonic() + limit_seconds
    while True:
        try:
            return work()
        except ServerAway:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_AWAY_PAUSE_SECONDS)


def commit_lock(location: Location, settings: WarehouseSettings, token: int | None) -> CommitLock:
    """Return the lock that a committer of the lake takes: a file in the home, or an advisory lock of its Postgres.

    token: of the lease under which everything is committed, where one was taken.
    """
    if not location.catalog:
        return WriterLock(lake_directory(location.home) / "writer.lock", settings.lock_timeout_seconds)
    from warehouse.places.postgres import AdvisoryLock

    return AdvisoryLock(location.catalog, settings.lock_timeout_seconds, token)


def open_to_read(location: Location, settings: WarehouseSettings, snapshot_id: int | None) -> duckdb.DuckDBPyConnection:
    """Return a connection that reads the lake, as it is or was. Raises WarehouseError where it is not all there."""
    connection = connect(location, settings, read_only=True, snapshot_id=snapshot_id)
    migrations.refuse_newer(connection, location.name)
    migrations.refuse_unfinished(connection, location.name)
    return connection


def upgrade_of(location: Location, settings: WarehouseSettings) -> Upgrade:
    """Return what opening a lake for writing would change in it; it is only read. Raises WarehouseError for a newer lake."""

    def look() -> Upgrade:
        with closing(connect(location, settings, read_only=True)) as connection:
            migrations.refuse_newer(connection, location.name)
            return pending_upgrade(connection)

    with reported(location.name):
        return retried(look)


def open_and_migrate(location: Location, settings: WarehouseSettings, lock: CommitLock) -> duckdb.DuckDBPyConnection:
    """Return a connection that writes, to a lake that is there and of this version when it returns."""
    make_directories(location)
    with lock.held(), reported(location.name):
        connection = connect(location, settings, read_only=False, application=lock.application)
        refuse_absent_bucket(connection, location)
        migrations.refuse_newer(connection, location.name)
        if not migrations.is_current(connection):
            _announce(pending_upgrade(connection), location)
            migrations.migrate(connection)
    return connection


def _announce(upgrade: Upgrade, location: Location) -> None:
    """Say what is about to change in a lake that is there already."""
    if upgrade.version:
        _LOG.warning("upgrading %s:\n%s", location.name, "\n".join(upgrade.lines))
