"""The lease as rows of a Postgres catalog, the fence inside every commit, and the sessions of a holder.

The sessions of a holder carry its token in their name. A trigger looks at it where DuckLake writes the snapshot of a commit: in
the commit's own transaction, so that no pause of the holder can come between the look and the commit. Heartbeats have a row of
their own, because a commit holds the row with the token until its end.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

import asyncpg

from warehouse.errors import WarehouseError
from warehouse.lease import Holder, Lease
from warehouse.places.server_failures import FENCED

_KEY: Final = 0x6C656173  # "leas": one lake per database, so one lease per database
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
update stargrove_heartbeat set beaten_at = $2, flow_run_id = coalesce($3, flow_run_id) where token = $1
"""
_RELEASE: Final = "update stargrove_lease set is_released = true where token = $1"
_END_SESSIONS: Final = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name like $1
"""


def session_suffix(token: int) -> str:
    """Return how the names of the sessions end that commit under a token."""
    return f" token {token}"


async def lock(session: asyncpg.Connection) -> None:
    """Wait, inside a transaction, until nobody else takes the lease, and make its tables where they are missing."""
    await session.execute("select pg_advisory_xact_lock($1)", _KEY)
    await session.execute(_TABLES)


async def read(session: asyncpg.Connection) -> tuple[Lease | None, datetime]:
    """Return the lease, None where nobody ever took it, and what the time is in the database."""
    row = await session.fetchrow(_READ)
    if row is None:
        return None, (await session.fetchval("select clock_timestamp()")).astimezone(UTC)
    holder = Holder(row["machine"], row["kernel"], row["pid"], row["started_ticks"])
    taken_at, beaten_at, now = (row[name].astimezone(UTC) for name in ("taken_at", "beaten_at", "now"))
    return Lease(row["token"], holder, taken_at, beaten_at, row["flow_run_id"], row["is_released"]), now


async def write(session: asyncpg.Connection, lease: Lease) -> None:
    """Write a lease that was just taken, after putting up the fence where there is none."""
    if not await session.fetch(_IS_FENCED):
        await session.execute(_FENCE)
    who = lease.holder
    await session.execute(_TAKE, lease.token, who.machine, who.kernel, who.pid, who.started_ticks, lease.taken_at)


async def beat(session: asyncpg.Connection, lease: Lease, flow_run_id: str | None) -> None:
    """Write the heartbeat of a lease, and its flow run where it is known by now."""
    await session.execute(_BEAT, lease.token, lease.beaten_at, flow_run_id)


async def release(session: asyncpg.Connection, token: int) -> None:
    """Write that the holder with this token gave the lease back; nothing where it was replaced."""
    await session.execute(_RELEASE, token)


async def end_sessions(session: asyncpg.Connection, lease: Lease, where: str) -> None:
    """End what a holder has still open, perhaps in the middle of a commit. Raises WarehouseError where that does not end."""
    for _ in range(_N_POLLS):
        # Within a transaction Postgres shows the sessions that it saw first.
        await session.execute("select pg_stat_clear_snapshot()")
        if not await session.fetch(_END_SESSIONS, f"stargrove %{session_suffix(lease.token)}"):
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise WarehouseError(
        f"{where}: sessions of the last evolution ({lease.line}) do not end",
        hint="end them with pg_terminate_backend, or restart Postgres, and run the same command again",
    )
