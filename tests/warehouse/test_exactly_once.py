"""A writer killed with SIGKILL at any moment loses nothing it acknowledged, shows nothing half, doubles nothing."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.warehouse.committing_process import POINTS
from tests.warehouse.trees import batch, small_tree
from warehouse.store.lake import Warehouse

N_BATCHES = 4
ROWS_PER_BATCH = len(small_tree())


def started(home: Path, point: str, n_batches: int = N_BATCHES) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.warehouse.committing_process", str(home), point, str(n_batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def acknowledged(process: subprocess.Popen[str]) -> set[str]:
    output, _ = process.communicate(timeout=120)
    return {f"{int(line):03}" for line in output.split()}


def rows_by_shard(home: Path) -> dict[str, int]:
    """Rows of each shard in the ledger; fails when rows are there without their ledger line, or the other way round."""
    with Warehouse.open(home, read_only=True) as lake:
        rows = dict(lake.query("select batch_id, count(*) from nodes group by batch_id").rows())
        ledger = lake.query("select batch_id, shard from batches").rows()
    assert len(ledger) == len(dict(ledger)), "a batch is in the ledger twice"
    assert set(rows) == set(dict(ledger))
    return {shard: rows[batch_id] for batch_id, shard in ledger}


@pytest.mark.parametrize("point", [point for point in POINTS if point != "never"])
def test_a_kill_at_any_point_of_a_commit_is_repaired_by_running_again(home: Path, point: str) -> None:
    process = started(home, point)
    told = acknowledged(process)
    assert process.returncode == -9
    assert told == {"000", "001"}
    found = rows_by_shard(home)
    assert found == dict.fromkeys({"000", "001"} | ({"002"} if point == "after_the_commit" else set()), ROWS_PER_BATCH)

    again = started(home, "never")
    assert len(acknowledged(again)) == N_BATCHES
    assert rows_by_shard(home) == {f"{number:03}": ROWS_PER_BATCH for number in range(N_BATCHES)}


@pytest.mark.soak
def test_kills_at_random_moments_lose_nothing_acknowledged(home: Path) -> None:
    rng = random.Random(20261124)
    n_batches, told = 30, set()
    for _ in range(4):
        process = started(home, "never", n_batches)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(rng.uniform(0, 0.5))
        process.kill()
        told |= acknowledged(process) | {f"{int(first):03}"}
        found = rows_by_shard(home)
        assert told <= set(found)
        assert set(found.values()) == {ROWS_PER_BATCH}


def test_two_processes_that_write_the_same_batches_write_them_once(home: Path) -> None:
    writers = [started(home, "never", 6) for _ in range(2)]
    assert all(len(acknowledged(writer)) == 6 for writer in writers)
    assert rows_by_shard(home) == {f"{number:03}": ROWS_PER_BATCH for number in range(6)}


def test_a_killed_writer_leaves_no_lock_behind(home: Path) -> None:
    acknowledged(started(home, "between_ledger_and_commit"))
    with Warehouse.open(home) as lake:
        began = time.monotonic()
        lake.commit(batch(1, "rollout", "999"), {"nodes": small_tree("t999")})
    assert time.monotonic() - began < 10
