"""The rules of the lease, with a clock that the tests turn."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from warehouse.errors import BadInput, LeaseLost
from warehouse.lease import Holder, Lease, Rhythm, beaten, is_current, taken

RHYTHM = Rhythm(beat_seconds=5, lapse_seconds=30)
START = datetime(2026, 11, 30, 12, tzinfo=UTC)
MACHINES = strategies.sampled_from(["north", "south", "east"])


def holder(machine: str) -> Holder:
    return Holder(machine, f"kernel of {machine}", 4711, 1)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def first() -> Lease:
    return taken(None, holder("north"), START, RHYTHM, is_gone=False)


def test_whoever_is_refused_is_told_machine_process_flow_run_and_heartbeat() -> None:
    with pytest.raises(BadInput) as refusal:
        taken(first(), holder("south"), after(12), RHYTHM, is_gone=False)
    assert "(machine north, process 4711, no flow run yet, since 2026-11-30 12:00:00 UTC, heartbeat 12 s ago)" in str(
        refusal.value
    )
    assert refusal.value.exit_code == 2
    assert "replaced 30 s after its last heartbeat" in refusal.value.hint


def test_a_holder_that_is_known_to_be_dead_is_replaced_at_once() -> None:
    assert taken(first(), holder("south"), after(0), RHYTHM, is_gone=True).token == 2


def test_who_was_replaced_is_told_by_whom() -> None:
    second = taken(first(), holder("south"), after(31), RHYTHM, is_gone=False)
    with pytest.raises(LeaseLost, match=r"another one has its place .machine south, process 4711"):
        beaten(second, 1, after(32))


@dataclass
class Machine:
    """A machine that conducts, or did: with the token that it believes in."""

    name: str
    token: int = 0


class Leases(RuleBasedStateMachine):
    """Machines that take, beat, stall, die, come back and commit, against one row."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.lease: Lease | None = None
        self.machines = {name: Machine(name) for name in ("north", "south", "east")}
        self.dead: set[int] = set()
        """Tokens of holders whose process is known to have ended."""
        self.heard_at = START
        self.committed: list[int] = []

    @initialize()
    def begin(self) -> None:
        self.take("north")

    @rule(seconds=strategies.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(name=MACHINES)
    def take(self, name: str) -> None:
        before = self.lease
        is_gone = before is not None and before.token in self.dead
        silent = self.now - self.heard_at > timedelta(seconds=RHYTHM.lapse_seconds)
        may = before is None or before.is_released or is_gone or silent
        try:
            self.lease = taken(before, holder(name), self.now, RHYTHM, is_gone=is_gone)
        except BadInput as error:
            assert not may, "a lease that is free was refused"
            assert before is not None and before.holder.machine in error.message
            return
        assert may, "a living holder was replaced"
        assert before is None or self.lease.token == before.token + 1
        self.machines[name].token = self.lease.token
        self.heard_at = self.now

    @rule(name=MACHINES)
    def beat(self, name: str) -> None:
        machine = self.machines[name]
        if machine.token == 0 or machine.token in self.dead:
            return
        is_replaced = not is_current(self.lease, machine.token)
        try:
            self.lease = beaten(self.lease, machine.token, self.now)
        except LeaseLost:
            assert is_replaced, "a holder that nobody replaced was ended"
            machine.token = 0
            return
        assert not is_replaced
        self.heard_at = self.now

    @rule(name=MACHINES)
    def commit(self, name: str) -> None:
        token = self.machines[name].token
        if token not in self.dead and is_current(self.lease, token):
            self.committed.append(token)

    @rule(name=MACHINES)
    def release(self, name: str) -> None:
        token, self.machines[name].token = self.machines[name].token, 0
        if self.lease is not None and is_current(self.lease, token):
            self.lease = replace(self.lease, is_released=True)

    @precondition(lambda self: self.lease is not None and not self.lease.is_released)
    @rule()
    def the_holder_is_killed(self) -> None:
        assert self.lease is not None
        self.dead.add(self.lease.token)

    @invariant()
    def at_most_one_machine_may_commit(self) -> None:
        assert sum(is_current(self.lease, machine.token) for machine in self.machines.values()) <= 1

    @invariant()
    def nothing_of_an_earlier_holder_follows_what_a_later_one_committed(self) -> None:
        assert self.committed == sorted(self.committed)


TestLeases = Leases.TestCase
TestLeases.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
