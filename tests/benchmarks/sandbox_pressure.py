"""Measure what it costs when the snapshots of a search do not fit into memory: steps of sympy, trees in flight.

    python -m tests.benchmarks.sandbox_pressure [--trees 24] [--write]

The same trees three times: with room for the snapshot of every step, with the default 1 GiB, and without snapshots. CPU is that
of the sandbox, per step of code. --write stores the figures in sandbox_pressure_baseline.json.
"""

import argparse
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from tasks.grading.grader import open_grader
from tasks.grading.settings import GradingSettings
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.driver import Machinery
from tests.benchmarks.search_ground import cpu_now, write
from tests.benchmarks.search_lockstep import continuously, work_of

BASELINE = Path(__file__).with_name("sandbox_pressure_baseline.json")
ROOMS = {
    "room for all": SandboxSettings(n_snapshots=2048, snapshot_memory_mib=8192),
    "1 GiB": SandboxSettings(),
    "no snapshots": SandboxSettings(n_snapshots=0),
}


def measured(room: SandboxSettings, n_trees: int) -> dict[str, Any]:
    """Return the sandbox's CPU per step, and the wall time of the search."""
    with ExitStack() as stack:
        grader = stack.enter_context(closing(open_grader(GradingSettings())))
        work, engines = work_of("symbolic", n_trees, stack)
        sandbox = stack.enter_context(closing(open_sandbox(room)))
        machinery = Machinery(engines[0], sandbox, grader, time.perf_counter, lambda: False)
        before, begun = cpu_now(), time.perf_counter()
        trees = continuously(work, machinery)
        wall, used = time.perf_counter() - begun, cpu_now() - before
    n_steps = sum(node.outcome != "not_run" for tree in trees for node in tree.nodes)
    return {
        "n_steps": n_steps,
        "cpu_ms_per_step": round(1000 * used.sandbox / n_steps, 1),
        "wall_seconds": round(wall, 1),
    }


def main() -> None:
    """Measure, print, and store where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trees", type=int, default=24)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    figures = {name: measured(room, options.trees) for name, room in ROOMS.items()}
    write(BASELINE, {"trees": options.trees}, figures, store=options.write)


if __name__ == "__main__":
    main()
