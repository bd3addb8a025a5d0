"""One committer at a time on a Postgres catalog: an advisory lock, and a fence against what a dead committer left running.

A killed client's session can outlive it: Postgres finishes the statements that it has received before it notices. A commit
that was sent just before the kill may therefore land after the lock is free again, and the next writer, who looked in the
ledger too early, would write the same batch once more. So the holder of the lock is written down, and who finds a holder
that never gave it back first ends that holder's sessions and waits until they are gone.

The sessions of an evolution name the fencing token of its lease; one that was replaced gets the lock no more.
"""

import asyncio
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from warehouse.errors import WarehouseError
from warehouse.places.lease_rows import session_suffix
from warehouse.places.server_failures import REPLACED, server_failure

_KEY: Final = 0x73746172  # "star": one lake per database, so one lock per database
_FENCE_LIMIT_SECONDS: Final = 60.0
_FENCE_POLL_SECONDS: Final = 0.02
CONNECT_LIMIT_SECONDS: Final = 10.0
CLOSE_LIMIT_SECONDS: Final = 2.0
SESSION: Final = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""With these, a machine that vanished without a word gives its locks back after a minute."""

_HOLDER: Final = """
create table if not exists stargrove_writer (
    one boolean primary key default true check (one),
    holder varchar not null,
    released boolean not null,
    taken_at timestamptz not null,
    moved_to varchar
);
comment on table stargrove_writer is 'One row: the last committer of the lake, and where the lake was moved to.';
"""
_TAKE: Final = """
insert into stargrove_writer (holder, released, taken_at) values ($1, false, now())
on conflict (one) do update set holder = excluded.holder, released = false, taken_at = excluded.taken_at
"""
_IS_CURRENT: Final = "select exists (select 1 from stargrove_lease where token = $1 and not is_released)"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who committed to a lake last. is_writing: it holds the lock, or died while it did."""

    machine: str
    process_id: str
    is_writing: bool
    taken_at: datetime


def last_writer(catalog: str) -> Writer | None:
    """Return who committed last, from whatever machine; None where nobody has. Raises WarehouseError where Postgres is away."""
    with _reported(catalog):
        return asyncio.run(_last_writer(catalog))


async def _last_writer(catalog: str) -> Writer | None:
    session = await asyncpg.connect(catalog, timeout=CONNECT_LIMIT_SECONDS)
    try:
        if await session.fetchval("select to_regclass('stargrove_writer')") is None:
            return None
        row = await session.fetchrow("select holder, released, taken_at from stargrove_writer")
    finally:
        await session.close(timeout=CLOSE_LIMIT_SECONDS)
    if row is None:
        return None
    _, machine, process_id, *_ = row["holder"].split(" ")
    return Writer(machine, process_id, not row["released"], row["taken_at"])


class AdvisoryLock:
    """The right to commit to the lake of one Postgres database. Not reentrant; threads of a process queue on it."""

    def __init__(self, catalog: str, timeout_seconds: float, token: int | None = None) -> None:
        # Postgres cuts such a name after 63 bytes.
        name = f"stargrove {socket.gethostname()[:20]} {os.getpid()} {uuid.uuid4().hex[:8]}"
        self.application = name if token is None else f"{name}{session_suffix(token)}"
        self._token = token
        self._catalog = catalog
        self._timeout_seconds = timeout_seconds
        self._threads = threading.Lock()
        self._runner = asyncio.Runner()
        self._session: asyncpg.Connection | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Return a context that holds the lock. Raises WarehouseError when another writer keeps it, or Postgres is away."""
        with self._threads:
            try:
                with _reported(self._catalog):
                    self._runner.run(self._acquire())
            except BaseException:
                # Whether the lock was taken is not known: closing the session gives it back.
                self._drop_session()
                raise
            try:
                yield
            finally:
                # Where Postgres went away meanwhile, the session is gone, and the lock with it.
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    self._runner.run(self._release())

    def mark_moved(self, where: str) -> None:
        """Refuse every later writer, telling it where the lake is now. The caller holds the lock."""
        with _reported(self._catalog):
            self._runner.run(self._execute("update stargrove_writer set moved_to = $1", where))

    def close(self) -> None:
        """Close the session. Whoever waits for the lock gets it."""
        with self._threads:
            self._drop_session()
            self._runner.close()

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                self._runner.run(session.close(timeout=CLOSE_LIMIT_SECONDS))

    async def _acquire(self) -> None:
        session = self._session
        if session is None or session.is_closed():
            session = await self._connected()
        try:
            await self._lock(session)
        except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, OSError):
            # The session did not survive a restart of Postgres; a new one may.
            session = await self._connected()
            await self._lock(session)
        if self._token is not None and not await session.fetchval(_IS_CURRENT, self._token):
            raise REPLACED.error(f"token {self._token}", self._catalog)
        await self._fence(session)
        await session.execute(_TAKE, self.application)

    async def _connected(self) -> asyncpg.Connection:
        settings = {**SESSION, "application_name": self.application}
        self._session = await asyncpg.connect(self._catalog, timeout=CONNECT_LIMIT_SECONDS, server_settings=settings)
        await self._session.execute(f"set lock_timeout = '{int(self._timeout_seconds * 1000)}ms'")
        return self._session

    async def _lock(self, session: asyncpg.Connection) -> None:
        try:
            await session.execute("select pg_advisory_lock($1)", _KEY)
        except asyncpg.LockNotAvailableError as error:
            holder = await session.fetchval("select holder from stargrove_writer")
            raise WarehouseError(
                f"{self._catalog}: {holder or 'another session'} has been writing to the lake for {self._timeout_seconds:g} s",
                hint="wait for it to finish, or end it, and run the same command again",
            ) from error

    async def _fence(self, session: asyncpg.Connection) -> None:
        """Wait until no session of a holder that died is left; refuse where the lake was moved away."""
        await session.execute(_HOLDER)
        last = await session.fetchrow("select holder, released, moved_to from stargrove_writer")
        if last is None:
            return
        if last["moved_to"]:
            raise WarehouseError(
                f"{self._catalog}: the lake was moved to {last['moved_to']}",
                hint="set warehouse.catalog and warehouse.data to its new place",
            )
        if last["released"] or last["holder"] == self.application:
            return
        for _ in range(int(_FENCE_LIMIT_SECONDS / _FENCE_POLL_SECONDS)):
            ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
            if not await session.fetch(ended, last["holder"]):
                return
            await asyncio.sleep(_FENCE_POLL_SECONDS)
        raise WarehouseError(
            f"{self._catalog}: sessions of {last['holder']}, which died while it wrote, do not end",
            hint="end them with pg_terminate_backend, or restart Postgres, and run the same command again",
        )

    async def _release(self) -> None:
        if self._session is not None and not self._session.is_closed():
            await self._session.execute("update stargrove_writer set released = true where holder = $1", self.application)
            await self._session.execute("select pg_advisory_unlock($1)", _KEY)

    async def _execute(self, statement: str, *values: object) -> None:
        assert self._session is not None
        await self._session.execute(statement, *values)


@contextmanager
def _reported(where: str) -> Iterator[None]:
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise server_failure(error, where) from error
