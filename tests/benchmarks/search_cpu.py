"""Measure what a search on the CPU default costs beyond its parts: engine, sandbox and scorer share two cores.

    python -m tests.benchmarks.search_cpu [--trees 64] [--problems 256] [--repeats 3] [--write]

First the search, as round 3 does it: the shipped base, a PPM of its shape with random weights, the real sandbox and grader. So
many trees are in flight while problems last; with no more problems than trees, the whole run is the end of a shard, where ever
fewer trees keep the engine busy. All requests are recorded in their order. Then the same requests again, to each part alone:
generation and scoring with as many requests in flight as there were trees, executions in their order. `efficiency` is

    wall of the search / ((CPU-seconds of engine + sandbox + scorer, each alone) / cores)

and `budget` says where the core-seconds of the search went. `idle_or_others` is what no process of the search used: the cores
waited, or somebody else had them; `cpu_efficiency` is the same ratio without it.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.engines.base import Engine, GenerationRequest, Request, ScoringRequest
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tasks.domains.mathematics.virtual import generate_problems
from tasks.grading.grader import open_grader
from tasks.grading.settings import GradingSettings
from tasks.sandbox.base import Execution, ExecutionRequest, Sandbox
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.seeds import tree_id
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree
from tests.benchmarks.engine import random_ppm
from tests.benchmarks.search_ground import BASE, Cpu, cpu_now, spread, write
from warehouse.records import Problem

BASELINE = Path(__file__).with_name("search_cpu_baseline.json")
SEARCH = SearchSettings(n_rollouts=16, n_candidates=5, q_source="ppm")
ENGINE = EngineSettings()
SANDBOX = SandboxSettings()
BOUND = 1.25


class RecordingEngine:
    """Passes everything on, and remembers the requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.requests: list[Request] = []
        self.poll, self.load, self.close = engine.poll, engine.load, engine.close

    def submit(self, request: Request) -> None:
        self.requests.append(request)
        self._engine.submit(request)

    @property
    def n_pending(self) -> int:
        return self._engine.n_pending


class RecordingSandbox:
    """Passes everything on, and remembers executions and releases in their order."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.events: list[ExecutionRequest | str] = []
        self.poll, self.close = sandbox.poll, sandbox.close

    def submit(self, request: ExecutionRequest) -> None:
        self.events.append(request)
        self._sandbox.submit(request)

    def release(self, tree_id: str) -> None:
        self.events.append(tree_id)
        self._sandbox.release(tree_id)

    @property
    def n_pending(self) -> int:
        return self._sandbox.n_pending


@dataclass(frozen=True)
class Work:
    """What a search asked for, and what it came to."""

    wall_seconds: float
    cpu: Cpu
    requests: Sequence[Request]
    events: Sequence[ExecutionRequest | str]
    n_tokens: int
    n_solved: int


def searched(problems: list[Problem], n_trees: int, engine: Engine, sandbox: Sandbox) -> Work:
    """Grow a tree for each problem, n_trees in flight, and return what that took."""
    watched, ran = RecordingEngine(engine), RecordingSandbox(sandbox)
    with closing(open_grader(GradingSettings())) as grader:
        machinery = Machinery(watched, ran, grader, time.perf_counter, lambda: False)
        driver: Driver[SearchTree] = Driver(machinery, window=n_trees)
        keys = [tree_id(0, 3, problem.problem_id, 0) for problem in problems]
        searches = (
            (key, grow_tree(key, one.problem_id, one.statement, SEARCH, Guidance(one.answer, scored=True)))
            for key, one in zip(keys, problems, strict=True)
        )
        cpu, start = cpu_now(), time.perf_counter()
        n_solved = sum(tree.solved for _, tree in driver.run(searches))
        wall = time.perf_counter() - start
    return Work(wall, cpu_now() - cpu, watched.requests, ran.events, driver.costs.n_tokens, n_solved)


def served_alone(engine: Engine, requests: Sequence[Request], n_in_flight: int) -> float:
    """Return the CPU-seconds of the engine processes for these requests, with so many in flight."""
    before = cpu_now()
    todo = deque(requests)
    while todo or engine.n_pending:
        while todo and engine.n_pending < n_in_flight:
            engine.submit(todo.popleft())
        engine.poll(0.1)
    return (cpu_now() - before).engine


def executed_alone(sandbox: Sandbox, events: Sequence[ExecutionRequest | str]) -> float:
    """Return the CPU-seconds of the sandbox for these executions; a step waits until the one before it has run."""
    before = cpu_now()
    running: dict[int, tuple[str, tuple[str, ...]]] = {}
    for event in events:
        match event:
            case str(tree):
                sandbox.release(tree)
            case ExecutionRequest(request_id=number, tree_id=tree, path=path):
                while len(running) >= 2 * SANDBOX.n_workers or (tree, path[:-1]) in running.values():
                    _forget(running, sandbox.poll(1.0))
                sandbox.submit(event)
                running[number] = (tree, path)
    while running:
        _forget(running, sandbox.poll(1.0))
    return (cpu_now() - before).sandbox


def _forget(running: dict[int, tuple[str, tuple[str, ...]]], finished: Sequence[Execution]) -> None:
    for execution in finished:
        del running[execution.request_id]


def measured(n_trees: int, n_problems: int) -> dict[str, Any]:
    """Return one run: the search, and its parts alone."""
    cores = len(os.sched_getaffinity(0))
    per_level = [n_problems // 5 + (level < n_problems % 5) for level in range(5)]
    problems = generate_problems("train", 0, per_level)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        policies = [Path(shutil.copytree(BASE, folder / name)) for name in ("one", "other", "third")]
        ppm = random_ppm(folder / "ppm")
        again = Path(shutil.copytree(ppm, folder / "ppm again"))
        engine = stack.enter_context(closing(open_engine(ENGINE, policies[0], ppm)))
        sandbox = stack.enter_context(closing(open_sandbox(SANDBOX)))
        warm(engine, sandbox)
        engine.load(policies[1], ppm)
        work = searched(problems, n_trees, engine, sandbox)
        # Another directory with the same weights: what the search left in the caches is gone.
        engine.load(policies[2], again)
        generations = [request for request in work.requests if isinstance(request, GenerationRequest)]
        scorings = [request for request in work.requests if isinstance(request, ScoringRequest)]
        alone = {
            "policy": served_alone(engine, generations, n_trees),
            "ppm": served_alone(engine, scorings, n_trees),
            "sandbox": executed_alone(sandbox, work.events),
        }
    parts = sum(alone.values())
    had = work.wall_seconds * cores
    return {
        "efficiency": work.wall_seconds / (parts / cores),
        "cpu_efficiency": work.cpu.total / parts,
        "wall_seconds": work.wall_seconds,
        "alone_cpu_seconds": alone,
        "budget": {
            "engine": work.cpu.engine / had,
            "sandbox": work.cpu.sandbox / had,
            "driver": work.cpu.driver / had,
            "idle_or_others": 1 - work.cpu.total / had,
        },
        "tokens_per_second": work.n_tokens / work.wall_seconds,
        "n_generations": len(generations),
        "n_scorings": len(scorings),
        "n_executions": sum(not isinstance(event, str) for event in work.events),
        "n_solved": work.n_solved,
    }


def warm(engine: Engine, sandbox: Sandbox) -> None:
    """Let every process do something before anything is measured."""
    for number in range(32):
        engine.submit(GenerationRequest(-1 - number, f"warm {number}", (1, 2), 1.0, ("<end_of_step>",), 8))
        engine.submit(ScoringRequest(-100 - number, (f"warm {number}",)))
    while engine.n_pending:
        engine.poll(0.1)
    for number in range(8):
        sandbox.submit(ExecutionRequest(-1 - number, f"warm {number}", ("1",)))
    while sandbox.n_pending:
        sandbox.poll(0.1)


def main() -> None:
    """Measure, print, and store where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trees", type=int, default=64)
    parser.add_argument("--problems", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    runs: list[dict[str, Any]] = []
    for _ in range(arguments.repeats):
        runs.append(measured(arguments.trees, arguments.problems))
        print(runs[-1], flush=True)
    figures = {
        "bound": BOUND,
        **{name: spread([run[name] for run in runs]) for name in ("efficiency", "cpu_efficiency", "tokens_per_second")},
        "runs": runs,
    }
    search = SEARCH.model_copy(update={"window": arguments.trees})
    settings = {"search": search.model_dump(), "engine": ENGINE.model_dump(), "sandbox": SANDBOX.model_dump()}
    name = f"{arguments.trees} trees in flight, {arguments.problems} problems"
    write(BASELINE, settings, {name: figures}, store=arguments.write)


if __name__ == "__main__":
    main()
