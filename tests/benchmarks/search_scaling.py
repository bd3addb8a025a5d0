"""Measure how the cost of a search grows: CPU with problems, rollouts and candidates, and resident memory with problems.

    python -m tests.benchmarks.search_scaling [--write]

Each point runs in a process of its own, with the real driver, trees and staging of rows, and an engine, sandbox and grader that
answer at once: what is measured is what Stargrove itself adds. CPU is given per problem, per rollout and per candidate; a cost
that is linear keeps it the same. Memory is the resident peak above what the process held before the search.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from models.engines.base import Answer, Candidate, Generation, GenerationRequest, IdleEngine, Rejection, Request
from tasks.grading.base import Grade, GradingRequest
from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.format import END_OF_ANSWER, END_OF_CODE, END_OF_STEP
from tasks.search.mcts import grow_tree
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree, rows
from tests.benchmarks.search_ground import write
from warehouse.store.staged_file import StagedFile

BASELINE = Path(__file__).with_name("search_scaling_baseline.json")
PROBLEMS, ROLLOUTS, CANDIDATES = (200, 1000, 5000), (4, 8, 16, 32), (4, 8, 16, 32)
N_PROBLEMS, N_ROLLOUTS, N_CANDIDATES = 200, 4, 4
DEPTH = 4
WINDOW = 64


class InstantEngine(IdleEngine):
    """Answers a few requests per turn; every step is another one, and every sixth solution is right."""

    def __init__(self) -> None:
        self._pending: deque[GenerationRequest] = deque()

    def submit(self, request: Request) -> None:
        assert isinstance(request, GenerationRequest)
        self._pending.append(request)

    def poll(self, timeout_seconds: float) -> list[Answer]:
        return [self._answer(self._pending.popleft()) for _ in range(min(16, len(self._pending)))]

    def _answer(self, request: GenerationRequest) -> Generation | Rejection:
        if request.stop == (END_OF_ANSWER,):
            text = f"\n<answer>\\boxed{{{len(request.prompt) % 6}}}{END_OF_ANSWER}"
            return Generation(request.request_id, (Candidate(text, 12, "stop"),), 100)
        end = END_OF_CODE if request.prompt.count(END_OF_STEP) == DEPTH - 1 else END_OF_STEP
        candidates = tuple(Candidate(f"\n# step\nx = {seed}\n{end}", 30, "stop") for seed in request.seeds)
        return Generation(request.request_id, candidates, 100)

    @property
    def n_pending(self) -> int:  # type: ignore[override]
        return len(self._pending)


class InstantSandbox:
    """Says that every step ran."""

    def __init__(self) -> None:
        self._pending: deque[ExecutionRequest] = deque()

    def submit(self, request: ExecutionRequest) -> None:
        self._pending.append(request)

    def poll(self, timeout_seconds: float) -> list[Execution]:
        n = min(64, len(self._pending))
        return [Execution(self._pending.popleft().request_id, "ok", "1\n", None, None, None, 0.001, 1.0) for _ in range(n)]

    def release(self, tree_id: str) -> None: ...

    @property
    def n_pending(self) -> int:
        return len(self._pending)

    def close(self) -> None: ...


class InstantGrader:
    """Compares strings."""

    def __init__(self) -> None:
        self._pending: list[GradingRequest] = []

    def submit(self, request: GradingRequest) -> None:
        self._pending.append(request)

    def poll(self, timeout_seconds: float) -> list[Grade]:
        ready, self._pending = self._pending, []
        return [Grade(one.request_id, "correct" if one.answer == one.reference else "wrong", "exact", "1") for one in ready]

    @property
    def n_pending(self) -> int:
        return len(self._pending)

    def close(self) -> None: ...


def resident_mib() -> float:
    """Return the resident memory of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def point(n_problems: int, n_rollouts: int, n_candidates: int) -> dict[str, float]:
    """Return what one search cost this process."""
    settings = SearchSettings(n_rollouts=n_rollouts, n_candidates=n_candidates)
    machinery = Machinery(InstantEngine(), InstantSandbox(), InstantGrader(), time.perf_counter, lambda: False)
    driver: Driver[SearchTree] = Driver(machinery, window=WINDOW)
    searches = (
        (name, grow_tree(name, name, f"problem {name}", settings, Guidance("3", False)))
        for name in (f"{number:06d}" for number in range(n_problems))
    )
    before, cpu = resident_mib(), time.process_time()
    peak = before
    with tempfile.TemporaryDirectory() as folder, StagedFile("nodes", "batch", Path(folder)) as staged:
        for number, (_, tree) in enumerate(driver.run(searches)):
            staged.add(list(rows(tree)))
            if number % 20 == 0:
                peak = max(peak, resident_mib())
        staged.finish()
    return {"cpu_seconds": time.process_time() - cpu, "memory_mib": peak - before, "n_nodes": staged.n_rows}


def in_own_process(n_problems: int, n_rollouts: int, n_candidates: int) -> dict[str, float]:
    """Return a point, measured in a fresh process."""
    command = [sys.executable, "-m", __spec__.name, "--point", str(n_problems), str(n_rollouts), str(n_candidates)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measured() -> dict[str, Any]:
    """Return all points, with the cost per unit of what grows."""
    series: dict[str, Any] = {}
    for name, values in (("problems", PROBLEMS), ("rollouts", ROLLOUTS), ("candidates", CANDIDATES)):
        series[name] = {}
        for value in values:
            size = {"problems": N_PROBLEMS, "rollouts": N_ROLLOUTS, "candidates": N_CANDIDATES} | {name: value}
            found = in_own_process(size["problems"], size["rollouts"], size["candidates"])
            series[name][str(value)] = {
                "cpu_seconds": round(found["cpu_seconds"], 2),
                f"cpu_ms_per_{name[:-1]}": round(1000 * found["cpu_seconds"] / value, 3),
                "cpu_us_per_node": round(1e6 * found["cpu_seconds"] / found["n_nodes"], 1),
                "memory_mib": round(found["memory_mib"], 1),
                "n_nodes": found["n_nodes"],
            }
            print(name, value, series[name][str(value)], file=sys.stderr, flush=True)
    return series


def main() -> None:
    """Measure, print, and store where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--point", type=int, nargs=3)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.point:
        print(json.dumps(point(*arguments.point)))
        return
    settings = {"n_problems": N_PROBLEMS, "n_rollouts": N_ROLLOUTS, "n_candidates": N_CANDIDATES}
    write(BASELINE, settings | {"window": WINDOW, "depth": DEPTH}, measured(), store=arguments.write)


if __name__ == "__main__":
    main()
