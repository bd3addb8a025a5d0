"""Nobody removes snapshots or files of a lake while a backup copies them.

A backup holds the guard from before it reads the catalog until its last file is copied. Maintenance forgets snapshots and
deletes files under the guard, and leaves both for another time where it is taken. Writers and readers never meet it. It is a
file lock in the home or an advisory lock in Postgres, so that a holder that is killed gives it back.
"""

import asyncio
import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from warehouse.errors import WarehouseError
from warehouse.places.location import Location, lake_directory
from warehouse.places.server_failures import server_failure

_KEY: Final = 0x6B656570  # "keep"; the committer's lock of the same database has another
_POLL_SECONDS: Final = 0.1


@contextmanager
def guarded(location: Location) -> Iterator[bool]:
    """Return a context that says whether the guard of a lake was free; it is held inside of it then. Nobody is waited for."""
    with _postgres_guard(location.catalog) if location.catalog else _file_guard(location) as is_ours:
        yield is_ours


@contextmanager
def kept(location: Location, timeout_seconds: float) -> Iterator[None]:
    """Return a context in which no snapshot or file of a lake is removed. Raises WarehouseError where another has the guard."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        with guarded(location) as is_ours:
            if is_ours:
                yield
                return
        if time.monotonic() > deadline:
            raise WarehouseError(
                f"{location.name}: another backup has been running for {timeout_seconds:g} s",
                hint="wait for it to finish, or end it, and run the same command again",
            )
        time.sleep(_POLL_SECONDS)


@contextmanager
def _file_guard(location: Location) -> Iterator[bool]:
    with (lake_directory(location.home) / "backup.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _postgres_guard(catalog: str) -> Iterator[bool]:
    import asyncpg

    from warehouse.places.postgres import CLOSE_LIMIT_SECONDS, CONNECT_LIMIT_SECONDS, SESSION

    lost = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
    with asyncio.Runner() as runner:
        try:
            session = runner.run(asyncpg.connect(catalog, timeout=CONNECT_LIMIT_SECONDS, server_settings=SESSION))
            is_ours = bool(runner.run(session.fetchval("select pg_try_advisory_lock($1)", _KEY)))
        except lost as error:
            raise server_failure(error, catalog) from error
        try:
            yield is_ours
        finally:
            # The end of its session gives the lock back, also where Postgres went away meanwhile.
            with suppress(*lost):
                runner.run(session.close(timeout=CLOSE_LIMIT_SECONDS))
