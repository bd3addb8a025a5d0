"""A real evolution, small enough for a test: a few problems, real vLLM, real training, a real Prefect server."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from flows.home.prefect_server import stop_server
from warehouse.errors import WarehouseError
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

SMALL = (
    "run.n_rounds=1",
    "run.shard_size=5",
    "problems.train_per_level=[8,4,1,1,1]",
    "problems.validation_per_level=[2,2,1,1,1]",
    "problems.test_per_level=[2,2,1,1,1]",
    "rounds.1.search.n_rollouts=6",
    "sft.n_epochs=1",
    "ppm.n_epochs=2",
    "evaluation.ks=[3]",
    "engine.n_processes=1",
    "gates.min_sft_examples=4",
    "gates.min_preference_pairs=1",
    "gates.min_ppm_pair_accuracy=0.0",
    "gates.pass_1_tolerance=1.0",
)

TABLES = {
    "nodes": "order by tree_id, node_id",
    "trajectories": "order by trajectory_id",
    "verifications": "order by trajectory_id",
    "sft_examples": "order by problem_id, rank",
    "preference_pairs": "order by all",
    "evaluation_answers": "order by all",
    "problem_metrics": "order by all",
    "evaluations": "order by all",
    "checkpoints": "order by checkpoint_id",
    "rounds": "order by round",
}
"""Tables whose rows do not depend on when and by which process they were written, but for the columns left out below."""

_OF_THE_PROCESS = (
    "flow_run_id",
    "code_version",
    "started_at",
    "finished_at",
    "created_at",
    "uri",
    "metrics_json",
    "snapshot_id",
)


def evolve_command(home: Path, *extra: str) -> list[str]:
    """Return the command that a user would type."""
    command = [str(Path(sys.executable).with_name("stargrove")), "evolve", "--home", str(home)]
    for setting in (*SMALL, *extra):
        command += ["--set", setting]
    return command


def evolved(home: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    """Run the evolution to its end."""
    return subprocess.run(evolve_command(home, *extra), capture_output=True, text=True, timeout=600, check=False)


def disturbed(home: Path, reached: Callable[[Path], bool], disturb: Callable[[int], None], *extra: str) -> tuple[int, str]:
    """Start the evolution and disturb it, given the id of its process group, as soon as `reached` says so; the Prefect server
    is in a group of its own. Return its exit code and what it said."""
    said = home.with_suffix(".log")
    with said.open("w") as log:
        process = subprocess.Popen(evolve_command(home, *extra), stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + 600
    while not reached(home):
        assert process.poll() is None, f"it ended before the point where it was to be disturbed: {said.read_text()[-2000:]}"
        assert time.monotonic() < deadline, "the point where it was to be disturbed was not reached"
        time.sleep(0.02)
    disturb(process.pid)
    return process.wait(timeout=300), said.read_text()


def kill(group: int) -> None:
    """Kill -9 a process group."""
    os.killpg(group, signal.SIGKILL)


def n_batches(home: Path, stage: str) -> int:
    """Return how many batches of a stage are committed; 0 while there is no lake yet."""
    try:
        with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
            return int(lake.query("select count(*) as n from batches where stage = $stage", stage=stage)["n"][0])
    except WarehouseError:
        return 0


def tables(home: Path) -> dict[str, pl.DataFrame]:
    """Return the rows that an evolution leaves behind."""
    with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
        return {
            name: lake.query(f"select * from {name} {order}").drop(_OF_THE_PROCESS, strict=False)
            for name, order in TABLES.items()
        }


@contextlib.contextmanager
def home_with_server(path: Path) -> Iterator[Path]:
    """Yield a home whose Prefect server is stopped at the end."""
    try:
        yield path
    finally:
        stop_server(path)
