"""The lease of a lake in Postgres, in the hands of a process: taken in one transaction, kept by a thread, given back.

It is taken under an advisory lock, so that of several machines which start at once one has it and the others are told who.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from typing import Final

import asyncpg

from warehouse import lease as rules
from warehouse.errors import BadInput, LeaseLost, StargroveError
from warehouse.lease import RHYTHM, Holder, Lease, Rhythm
from warehouse.places import lease_rows as rows
from warehouse.places.processes import is_gone, this_process
from warehouse.places.server_failures import server_failure

_WAIT_LIMIT_SECONDS: Final = 10.0
"""For a connection, an answer, or somebody who takes the lease at this moment."""
_GOODBYE_LIMIT_SECONDS: Final = 3.0
"""Who stops a machine does not wait for long, and a lease that was not given back lapses."""

_TROUBLE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class PostgresLease:
    """The lease of one lake, as this process has it or would have it. Mutable."""

    def __init__(self, catalog: str, holder: Holder | None = None, rhythm: Rhythm = RHYTHM) -> None:
        self._catalog = catalog
        self._holder = holder or this_process()
        self._rhythm = rhythm
        self._runner = asyncio.Runner()
        self._session: asyncpg.Connection | None = None
        self._flow_run_id: str | None = None
        self._news = threading.Event()
        self._stopping = False
        self._heart: threading.Thread | None = None
        self.token = 0

    def take(self) -> None:
        """Take the lease. Raises BadInput, naming the holder, where another process has it; WarehouseError without Postgres.

        What a holder that went silent has still open in Postgres is ended first: it may be in the middle of a commit.
        """
        try:
            with _reported(self._catalog):
                self.token = self._runner.run(self._taken())
        except BaseException:
            self._close()
            raise

    def keep(self, say: Callable[[str], None], fail: Callable[[StargroveError], None]) -> None:
        """Beat from now on. fail: told that the lease is lost; a database that is away is only said, for nobody came."""
        self._heart = threading.Thread(target=self._beat_on, args=(say, fail), name="lease", daemon=True)
        self._heart.start()

    def name_flow_run(self, flow_run_id: str) -> None:
        """Say, with a heartbeat of its own, which flow run conducts. Any thread may call this."""
        self._flow_run_id = flow_run_id
        self._news.set()

    def release(self) -> None:
        """Give the lease back, so that the next one need not wait. Where Postgres is away, it lapses instead."""
        self._stopping = True
        self._news.set()
        if self._heart is not None:
            self._heart.join()
        with suppress(*_TROUBLE):
            self._runner.run(asyncio.wait_for(self._give_back(), _GOODBYE_LIMIT_SECONDS))
        self._close()

    def _beat_on(self, say: Callable[[str], None], fail: Callable[[StargroveError], None]) -> None:
        is_said = False
        while not self._stopping:
            self._news.wait(self._rhythm.beat_seconds)
            self._news.clear()
            if self._stopping:
                return
            try:
                self._runner.run(self._beat())
            except LeaseLost as error:
                fail(LeaseLost(f"{self._catalog}: {error.message}", hint=error.hint))
                return
            except _TROUBLE as error:
                if not is_said:
                    say(f"{server_failure(error, self._catalog).message}: the work goes on unless another evolution begins")
                is_said = True
            else:
                is_said = False

    async def _taken(self) -> int:
        async with self._used() as session, session.transaction():
            await rows.lock(session)
            before, now = await rows.read(session)
            try:
                mine = rules.taken(
                    before, self._holder, now, self._rhythm, is_gone=before is not None and is_gone(before.holder)
                )
            except BadInput as error:
                raise BadInput(f"{self._catalog}: {error.message}", hint=error.hint) from error
            if before is not None and not before.is_released:
                await rows.end_sessions(session, before, self._catalog)
            await rows.write(session, mine)
        return mine.token

    async def _beat(self) -> None:
        async with self._used() as session:
            lease, now = await rows.read(session)
            await rows.beat(session, rules.beaten(lease, self.token, now), self._flow_run_id)

    async def _give_back(self) -> None:
        async with self._used() as session:
            await rows.release(session, self.token)

    @asynccontextmanager
    async def _used(self) -> AsyncIterator[asyncpg.Connection]:
        session = self._session
        if session is None or session.is_closed():
            name = f"stargrove {self._holder.machine[:20]} {self._holder.pid} lease"
            self._session = session = await _connected(self._catalog, name)
        try:
            yield session
        except BaseException:
            session.terminate()  # it may be in the middle of a statement: whoever comes next begins with a new one
            raise

    def _close(self) -> None:
        if self._session is not None and not self._session.is_closed():
            with suppress(*_TROUBLE):
                self._runner.run(self._session.close(timeout=_GOODBYE_LIMIT_SECONDS))
        self._runner.close()


def read_lease(catalog: str) -> tuple[Lease, datetime] | None:
    """Return the lease of a lake, and what the time is there; None where nobody ever took it. Raises WarehouseError."""

    async def read() -> tuple[Lease, datetime] | None:
        session = await _connected(catalog, "stargrove reader")
        try:
            lease, now = await rows.read(session)
        except asyncpg.UndefinedTableError:
            return None
        finally:
            await session.close(timeout=_GOODBYE_LIMIT_SECONDS)
        return (lease, now) if lease else None

    with _reported(catalog):
        return asyncio.run(read())


async def _connected(catalog: str, name: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        catalog, timeout=_WAIT_LIMIT_SECONDS, command_timeout=_WAIT_LIMIT_SECONDS, server_settings={"application_name": name}
    )


@contextmanager
def _reported(where: str) -> Iterator[None]:
    try:
        yield
    except _TROUBLE as error:
        raise server_failure(error, where) from error
