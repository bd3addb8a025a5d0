"""Who conducts the rounds of a lake: one process at a time. The rules, without a database and without a clock.

    take       where nobody has the lease, or who had it gave it back, died or went silent: the next fencing token
    beat       the holder says that it lives; one that was replaced is told so
    release    the holder is done
    fence      a commit names the token that it was begun with, and only the last one that was taken counts

A heartbeat that lapsed only lets others take the lease. A holder that was paused, or whose database was away, and whom nobody
replaced meanwhile, goes on: its token is still the last one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from warehouse.errors import BadInput, LeaseLost


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a holder beats, and after which silence others may replace it."""

    beat_seconds: float
    lapse_seconds: float


RHYTHM: Final = Rhythm(beat_seconds=5.0, lapse_seconds=30.0)
"""Six beats. A database that restarts is away for some ten seconds and a machine that swaps stalls for as long, and neither is
a death; whoever waits for a dead machine's lake loses half a minute of a round that takes hours."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process. kernel: where its pid means something, a boot of a machine and a pid namespace there; started_ticks: when
    it began, in clock ticks since that boot, which tells it from a later process with the same pid."""

    machine: str
    kernel: str
    pid: int
    started_ticks: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to conduct the rounds of one lake, as it was taken last. Times are those of one clock, the database's."""

    token: int
    holder: Holder
    taken_at: datetime
    beaten_at: datetime
    flow_run_id: str | None = None
    is_released: bool = False

    @property
    def line(self) -> str:
        """Who has it, as one says it."""
        return holder_line(self.holder, self.flow_run_id, self.taken_at)


def holder_line(holder: Holder, flow_run_id: str | None, since: datetime) -> str:
    """Return who conducts the rounds: machine, process, flow run, and since when."""
    flow_run = f"flow run {flow_run_id}" if flow_run_id else "no flow run yet"
    return f"machine {holder.machine}, process {holder.pid}, {flow_run}, since {since:%Y-%m-%d %H:%M:%S} UTC"


def taken(lease: Lease | None, by: Holder, now: datetime, rhythm: Rhythm, *, is_gone: bool) -> Lease:
    """Return the lease once `by` has taken it. is_gone: the holder's process is known to have ended.

    Raises BadInput, naming the holder, where it holds the lease and is not known to be dead.
    """
    if lease is not None and not is_free(lease, now, rhythm, is_gone=is_gone):
        silent_seconds = (now - lease.beaten_at).total_seconds()
        raise BadInput(
            f"another evolution has this lake ({lease.line}, heartbeat {silent_seconds:.0f} s ago)",
            hint=f"wait for it, or stop it there; a dead one is replaced {rhythm.lapse_seconds:g} s after its last heartbeat",
        )
    return Lease(lease.token + 1 if lease else 1, by, taken_at=now, beaten_at=now)


def is_free(lease: Lease, now: datetime, rhythm: Rhythm, *, is_gone: bool) -> bool:
    """Return whether somebody else may take the lease."""
    return lease.is_released or is_gone or now - lease.beaten_at > timedelta(seconds=rhythm.lapse_seconds)


def is_current(lease: Lease | None, token: int) -> bool:
    """Return whether what was begun with this token may be committed."""
    return lease is not None and lease.token == token and not lease.is_released


def beaten(lease: Lease | None, token: int, now: datetime) -> Lease:
    """Return the lease after a heartbeat of the holder with this token. Raises LeaseLost where it was replaced."""
    if lease is None or not is_current(lease, token):
        other = f"has its place ({lease.line})" if lease is not None and not lease.is_released else "has had its place"
        raise LeaseLost(
            f"this evolution was silent for too long, and another one {other}: nothing of this one is committed any more",
            hint="what it committed before is kept; run the same command again once the other one has ended",
        )
    return replace(lease, beaten_at=now)
