"""The lease in a real Postgres: machines that start at once, stall, die and come back, and a database that goes away."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import PostgresServer
from tests.warehouse.trees import batch, small_tree
from warehouse.errors import BadInput, LeaseLost, StargroveError
from warehouse.lease import Holder, Rhythm
from warehouse.places.location import Location
from warehouse.places.postgres_lease import PostgresLease, read_lease
from warehouse.places.processes import this_process
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.parametrize("s3", ["moto"], indirect=True)

QUICK = Rhythm(beat_seconds=0.05, lapse_seconds=0.5)
PATIENT = Rhythm(beat_seconds=0.05, lapse_seconds=3600)
ELSEWHERE = Holder("elsewhere", "another kernel", 4711, 1)


class Machine:
    """A process that conducts, or would (tests/warehouse/conducting_process.py)."""

    def __init__(self, home: Path, cluster: WarehouseSettings, rhythm: Rhythm) -> None:
        command = [sys.executable, "-m", "tests.warehouse.conducting_process", str(home), cluster.catalog, cluster.data]
        command += [str(rhythm.beat_seconds), str(rhythm.lapse_seconds)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.answer() == "ready"

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def answers(self) -> str:
        """All that it says until it is told to end."""
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def machine(tmp_path: Path, cluster: WarehouseSettings) -> Iterator[Callable[[str, Rhythm], Machine]]:
    begun: list[Machine] = []

    def begin(name: str, rhythm: Rhythm) -> Machine:
        begun.append(Machine(tmp_path / name, cluster, rhythm))
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.wait()


@contextmanager
def held(catalog: str, holder: Holder, rhythm: Rhythm = PATIENT) -> Iterator[PostgresLease]:
    lease = PostgresLease(catalog, holder, rhythm)
    lease.take()
    try:
        yield lease
    finally:
        lease.release()


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def shards_of(home: Path, cluster: WarehouseSettings) -> list[str]:
    with Warehouse.open(home, cluster, read_only=True) as lake:
        return [shard for (shard,) in lake.query("select shard from batches order by shard").rows()]


def test_a_second_machine_is_refused_in_one_line_that_names_the_first(cluster: WarehouseSettings) -> None:
    with held(cluster.catalog, ELSEWHERE) as first:
        first.keep(print, print)
        first.name_flow_run("a-flow-run")
        wait_until(lambda: (read_lease(cluster.catalog) or pytest.fail())[0].flow_run_id == "a-flow-run")
        with pytest.raises(BadInput) as refusal:
            PostgresLease(cluster.catalog, replace(ELSEWHERE, machine="here"), PATIENT).take()
    line = str(refusal.value)
    assert line.startswith(
        f"{cluster.catalog}: another evolution has this lake (machine elsewhere, process 4711, flow run a-flow-run"
    )
    assert "\n" not in line and refusal.value.exit_code == 2


def test_a_lease_that_was_given_back_is_free_and_its_token_is_not_used_again(cluster: WarehouseSettings) -> None:
    assert read_lease(cluster.catalog) is None
    for token in (1, 2, 3):
        with held(cluster.catalog, replace(ELSEWHERE, machine=f"machine {token}")) as lease:
            assert lease.token == token
    found = read_lease(cluster.catalog)
    assert found is not None and found[0].is_released and found[0].holder.machine == "machine 3"


def test_of_two_machines_that_start_at_once_one_conducts_and_the_other_is_refused(
    machine: Callable[[str, Rhythm], Machine], tmp_path: Path, cluster: WarehouseSettings
) -> None:
    both = [machine(name, PATIENT) for name in ("north", "south")]
    for one in both:
        one.tell("take")
    said = {one.answer().split()[0]: one for one in both}
    assert set(said) == {"token", "BadInput"}
    said["token"].tell("commit 000")
    assert said["token"].answer() == "committed"
    assert shards_of(tmp_path / "reader", cluster) == ["000"]


def test_a_killed_holder_is_replaced_at_once_on_its_own_machine(
    machine: Callable[[str, Rhythm], Machine], cluster: WarehouseSettings
) -> None:
    first = machine("first", PATIENT)
    first.tell("take")
    assert first.answer() == "token 1"
    with pytest.raises(BadInput, match=f"process {first.process.pid}"):
        PostgresLease(cluster.catalog, rhythm=PATIENT).take()
    first.process.kill()
    wait_until(lambda: first.process.poll() is not None)
    with held(cluster.catalog, this_process()) as second:
        assert second.token == 2


def test_a_paused_holder_that_wakes_up_is_told_and_commits_nothing_more(
    machine: Callable[[str, Rhythm], Machine], tmp_path: Path, cluster: WarehouseSettings
) -> None:
    paused = machine("paused", QUICK)
    paused.tell("take")
    assert paused.answer() == "token 1"
    paused.tell("commit 000")
    assert paused.answer() == "committed"
    os.kill(paused.process.pid, signal.SIGSTOP)
    with (
        replaced(cluster) as lease,
        Warehouse.at(Location(tmp_path / "other", cluster.catalog, cluster.data), cluster, token=lease.token) as lake,
    ):
        lake.commit(batch(1, "rollout", "001"), {"nodes": small_tree("001")})
        os.kill(paused.process.pid, signal.SIGCONT)
        assert re.match(r"lost postgresql://.* another one has its place \(machine elsewhere, process 4711, ", paused.answer())
        paused.tell("commit 002")
        assert re.match(r"LeaseLost postgresql://.* nothing of this one is committed any more", paused.answer())
    assert shards_of(tmp_path / "other", cluster) == ["000", "001"]


def test_a_holder_paused_in_the_middle_of_a_commit_is_replaced_and_what_it_began_is_gone(
    machine: Callable[[str, Rhythm], Machine], tmp_path: Path, cluster: WarehouseSettings
) -> None:
    paused = machine("paused", QUICK)
    paused.tell("take")
    assert paused.answer() == "token 1"
    paused.tell("open 000")
    assert paused.answer() == "in the middle"
    os.kill(paused.process.pid, signal.SIGSTOP)
    with replaced(cluster):
        os.kill(paused.process.pid, signal.SIGCONT)
        paused.tell("close")
        said = paused.answers()
    assert "committed" not in said.splitlines()
    assert "Traceback" not in said
    assert shards_of(tmp_path / "other", cluster) == []


@contextmanager
def replaced(cluster: WarehouseSettings) -> Iterator[PostgresLease]:
    """The lease in the hands of another machine, as soon as the heartbeat of who has it lapses."""
    deadline = time.monotonic() + 60
    while True:
        lease = PostgresLease(cluster.catalog, ELSEWHERE, QUICK)
        try:
            lease.take()
        except BadInput:
            assert time.monotonic() < deadline, "the heartbeat does not lapse"
            time.sleep(0.05)
        else:
            break
    try:
        yield lease
    finally:
        lease.release()


def test_the_fence_stands_inside_the_transaction_of_the_commit(
    tmp_path: Path, postgres: PostgresServer, cluster: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the lease and the commit a holder may sleep for as long as it takes to replace it."""
    name = cluster.catalog.rpartition("/")[2]
    with held(cluster.catalog, ELSEWHERE) as lease:
        location = Location(tmp_path, cluster.catalog, cluster.data)
        with Warehouse.at(location, cluster, token=lease.token) as lake:
            with pytest.raises(LeaseLost, match="nothing of this one is committed"), lake.transaction("late", {}) as cursor:
                cursor.execute("delete from batches")
                cursor.execute("insert into view_sets select * from view_sets")
                postgres.ask("update stargrove_lease set token = 2", name)
            with pytest.raises(LeaseLost, match="run the same command again once the other one has ended"):
                lake.commit(batch(1, "rollout", "000"), {"nodes": small_tree()})
            assert lake.query("select count(*) from view_sets").item() == 1


def test_those_who_conduct_nothing_are_not_fenced(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with held(cluster.catalog, ELSEWHERE), Warehouse.open(tmp_path, cluster) as lake:
        lake.commit(batch(1, "rollout", "000"), {"nodes": small_tree()})
        assert lake.query("select count(*) from batches").item() == 1


def test_a_database_that_goes_away_ends_no_holder_and_no_commit_that_nobody_else_made(
    tmp_path: Path, postgres: PostgresServer, cluster: WarehouseSettings
) -> None:
    said: list[str] = []
    failures: list[StargroveError] = []
    with held(cluster.catalog, ELSEWHERE, QUICK) as lease:
        lease.keep(said.append, failures.append)
        location = Location(tmp_path, cluster.catalog, cluster.data)
        with Warehouse.at(location, cluster, token=lease.token) as lake:
            postgres.stop()
            with ThreadPoolExecutor(1) as pool:
                committed = pool.submit(lake.commit, batch(1, "rollout", "000"), {"nodes": small_tree()})
                time.sleep(2 * QUICK.lapse_seconds)
                assert not committed.done()
                # By this thread, which stays: a server ends with the thread that started it.
                postgres.start()
            assert committed.result().n_rows == 7
            assert lake.query("select count(*) from nodes").item() == 7
        beaten_at = (read_lease(cluster.catalog) or pytest.fail())[0].beaten_at
        wait_until(lambda: (read_lease(cluster.catalog) or pytest.fail())[0].beaten_at > beaten_at)
    assert failures == []
    assert len(said) == 1 and "Postgres does not answer" in said[0] and "the work goes on" in said[0]
