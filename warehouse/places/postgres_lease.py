"""The lease in a Postgres catalog: two rows, and a fence inside every commit.

Taking it is one transaction under an advisory lock, so that of several machines which start at once one has it and the others
are told who. Heartbeats have a row of their own: a commit holds the row with the token until its end.

The sessions of a holder carry its token in their name, and a trigger looks at it where DuckLake writes the snapshot of a
commit: in the commit's own transaction, so that no pause of the holder can come between the look and the commit.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import asyncpg

from warehouse import lease as rules
from warehouse.errors import BadInput, LeaseLost, StargroveError, WarehouseError
from warehouse.lease import RHYTHM, Holder, Lease, Rhythm
from warehouse.places.processes import is_gone, this_process
from warehouse.places.server_failures import FENCED, server_failure

_KEY: Final = 0x6C656173  # "leas": one lake per database, so one lease per database
_WAIT_LIMIT_SECONDS: Final = 10.0
"""For a connection, an answer, or somebody who takes the lease at this moment."""
_GOODBYE_LIMIT_SECONDS: Final = 3.0
"""Who stops a machine does not wait for long, and a lease that was not given back lapses."""
_POLL_SECONDS: Final = 0.05
_N_POLLS: Final = 200

_TABLES: Final = """
create table if not exists stargrove_lease (
    one boolean primary key default true check (one),
    token bigint not null,
    machine varchar not null,
    kernel varchar not null,
    pid integer not null,
    started_ticks bigint not null,
    taken_at timestamptz not null,
    is_released boolean not null
);
comment on table stargrove_lease is 'One row: the process that conducts the rounds of the lake, or did so last.';
create table if not exists stargrove_heartbeat (
    one boolean primary key default true check (one),
    token bigint not null,
    beaten_at timestamptz not null,
    flow_run_id varchar
);
comment on table stargrove_heartbeat is 'One row: when the holder of the lease last said that it lives, and its flow run.';
"""
# DuckLake repeats a commit whose error speaks of a conflict or of something concurrent, so this one does not.
_FENCE: Final = f"""
create or replace function stargrove_fence() returns trigger language plpgsql as $$
declare
    named bigint := substring(current_setting('application_name') from ' token ([0-9]+)$')::bigint;
begin
    if named is not null then
        perform 1 from stargrove_lease where token = named and not is_released for share;
        if not found then
            raise exception '{FENCED} %', named;
        end if;
    end if;
    return new;
end $$;
create trigger stargrove_fence before insert on ducklake_snapshot for each row execute function stargrove_fence();
"""
_IS_FENCED: Final = "select 1 from pg_trigger where tgname = 'stargrove_fence'"
_READ: Final = """
select lease.*, beaten_at, flow_run_id, clock_timestamp() as now
from stargrove_lease as lease inner join stargrove_heartbeat using (one)
"""
_TAKE: Final = """
with beat as (
    insert into stargrove_heartbeat (token, beaten_at) values ($1, $6)
    on conflict (one) do update set token = excluded.token, beaten_at = excluded.beaten_at, flow_run_id = null
)
insert into stargrove_lease (token, machine, kernel, pid, started_ticks, taken_at, is_released)
values ($1, $2, $3, $4, $5, $6, false)
on conflict (one) do update set
    token = excluded.token, machine = excluded.machine, kernel = excluded.kernel, pid = excluded.pid,
    started_ticks = excluded.started_ticks, taken_at = excluded.taken_at, is_released = false
"""
_BEAT: Final = """
update stargrove_heartbeat set beaten_at = $2, flow_run_id = coalesce($3, flow_run_id)
where token = $1
"""
_RELEASE: Final = "update stargrove_lease set is_released = true where token = $1"
_END_SESSIONS: Final = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name like $1
"""
_TROUBLE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class PostgresLease:
    """The lease of one lake in the hands of this process. Mutable: taken, kept by a thread that beats, and given back."""

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
        session = await self._connected()
        async with session.transaction():
            await session.execute("select pg_advisory_xact_lock($1)", _KEY)
            await session.execute(_TABLES)
            lease, now = await _read(session)
            try:
                mine = rules.taken(lease, self._holder, now, self._rhythm, is_gone=lease is not None and is_gone(lease.holder))
            except BadInput as error:
                raise BadInput(f"{self._catalog}: {error.message}", hint=error.hint) from error
            if lease is not None and not lease.is_released:
                await self._end_sessions(session, lease)
            if not await session.fetch(_IS_FENCED):
                await session.execute(_FENCE)
            who = mine.holder
            await session.execute(_TAKE, mine.token, who.machine, who.kernel, who.pid, who.started_ticks, mine.taken_at)
        return mine.token

    async def _end_sessions(self, session: asyncpg.Connection, lease: Lease) -> None:
        for _ in range(_N_POLLS):
            if not await session.fetch(_END_SESSIONS, f"stargrove % token {lease.token}"):
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise WarehouseError(
            f"{self._catalog}: sessions of the last evolution ({lease.line}) do not end",
            hint="end them with pg_terminate_backend, or restart Postgres, and run the same command again",
        )

    async def _beat(self) -> None:
        async with self._used() as session:
            lease, now = await _read(session)
            beaten_at = rules.beaten(lease, self.token, now).beaten_at
            await session.execute(_BEAT, self.token, beaten_at, self._flow_run_id)

    async def _give_back(self) -> None:
        async with self._used() as session:
            await session.execute(_RELEASE, self.token)

    @asynccontextmanager
    async def _used(self) -> AsyncIterator[asyncpg.Connection]:
        session = self._session
        if session is None or session.is_closed():
            session = await self._connected()
        try:
            yield session
        except BaseException:
            session.terminate()  # it may be in the middle of a statement: whoever comes next begins with a new one
            raise

    async def _connected(self) -> asyncpg.Connection:
        self._session = await asyncpg.connect(
            self._catalog,
            timeout=_WAIT_LIMIT_SECONDS,
            command_timeout=_WAIT_LIMIT_SECONDS,
            server_settings={"application_name": f"stargrove {self._holder.machine[:20]} {self._holder.pid} lease"},
        )
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            self._session.terminate()
        self._runner.close()


def read_lease(catalog: str) -> tuple[Lease, datetime] | None:
    """Return the lease of a lake, and what the time is there; None where nobody ever took it. Raises WarehouseError."""

    async def read() -> tuple[Lease, datetime] | None:
        session = await asyncpg.connect(catalog, timeout=_WAIT_LIMIT_SECONDS, command_timeout=_WAIT_LIMIT_SECONDS)
        try:
            lease, now = await _read(session)
        except asyncpg.UndefinedTableError:
            return None
        finally:
            session.terminate()
        return (lease, now) if lease else None

    with _reported(catalog):
        return asyncio.run(read())


async def _read(session: asyncpg.Connection) -> tuple[Lease | None, datetime]:
    row = await session.fetchrow(_READ)
    if row is None:
        return None, (await session.fetchval("select clock_timestamp()")).astimezone(UTC)
    holder = Holder(row["machine"], row["kernel"], row["pid"], row["started_ticks"])
    taken_at, beaten_at, now = (row[name].astimezone(UTC) for name in ("taken_at", "beaten_at", "now"))
    return Lease(row["token"], holder, taken_at, beaten_at, row["flow_run_id"], row["is_released"]), now


@contextmanager
def _reported(where: str) -> Iterator[None]:
    try:
        yield
    except _TROUBLE as error:
        raise server_failure(error, where) from error
