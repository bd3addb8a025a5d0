"""Measure the driver against a lock-step driver, the way of rStar's published code, on the same work.

    python -m tests.benchmarks.search_lockstep [--work cpu light hanging symbolic] [--trees 64] [--write]

Lock-step: all problems begin a rollout together; in it all advance one depth at a time. Each depth asks the engine for all
problems and waits, then makes a pool of processes. A tree is sent to one of them, which runs its candidates one after another,
each with its whole prefix and without isolation, and sends the tree back; the slowest is waited for. Both drivers have the same
model, problems, seeds, rollouts, candidates and number of processes for code, so that they grow the same trees. Source:
microsoft/rStar, branch rStar-math, rstar_deepthink/solver.py and agents/mcts.py.

cpu: the tiny default on two cores, which engine and steps share. The others stand on the simulated accelerator. light: steps
that compute little and now and then wait. hanging: the same, and one step in 500 runs until the limit of 20 s. symbolic: steps
that all use sympy.
"""

import argparse
import contextlib
import io
import multiprocessing
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.engines.base import Engine, Generation, GenerationRequest, Request, Scoring, ScoringRequest
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tasks.domains.mathematics.virtual import generate_problems
from tasks.grading.base import Grader, GradingRequest
from tasks.grading.grader import open_grader
from tasks.grading.settings import GradingSettings
from tasks.sandbox.base import CodeError, Execution
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.ask import Ask, Replies, Search
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance, expand
from tasks.search.format import prompt
from tasks.search.mcts import grow_tree
from tasks.search.seeds import hashed_seed
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, best_child, exhaust, propagate_reward
from tests.benchmarks.search_ground import BASE, spread, write
from tests.benchmarks.simulated_engine import Policy, SimulatedEngine, hanging_candidate, symbolic_candidate, toy_candidate

BASELINE = Path(__file__).with_name("search_lockstep_baseline.json")
LIMIT_SECONDS = 20.0
"""How long a step may take in either driver."""
KINDS = ("cpu", "light", "hanging", "symbolic")


@dataclass(frozen=True)
class Task:
    """A problem to grow a tree for."""

    key: str
    statement: str
    answer: str


@dataclass(frozen=True)
class Work:
    """What is searched, and with what."""

    tasks: Sequence[Task]
    search: SearchSettings
    n_workers: int


def execute_whole(path: tuple[str, ...]) -> tuple[str, str, str]:
    """Return outcome, printed text of the last code, and error, after executing all of `path` in this process."""
    scope: dict[str, object] = {}
    printed = io.StringIO()
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS)
    try:
        for code in path[:-1]:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, scope)
        with contextlib.redirect_stdout(printed):
            exec(path[-1], scope)
    except StepTooLong:
        return "timeout", printed.getvalue(), ""
    except Exception as error:  # noqa: BLE001 - whatever the code of a step does is its outcome
        return "error", printed.getvalue(), f"{type(error).__name__}\n{error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "ok", printed.getvalue(), ""


def execute_tree(tree: SearchTree, paths: Sequence[tuple[str, ...]]) -> tuple[SearchTree, list[tuple[str, str, str]]]:
    """Return a tree as it came, and what its candidates did."""
    return tree, [execute_whole(path) for path in paths]


class StepTooLong(BaseException):
    """The limit is over."""


def _give_up(*_: object) -> None:
    raise StepTooLong


class LockStep:
    """Serves the Asks of all problems together, and answers nobody before all are served."""

    def __init__(self, engine: Engine, grader: Grader, n_workers: int) -> None:
        self._engine = engine
        self._grader = grader
        self._n_workers = n_workers
        self._next_id = 0

    def serve(self, trees: Sequence[SearchTree], asks: Sequence[Ask]) -> list[Replies]:
        generated = self._generated([proposal for ask in asks for proposal in ask.propose])
        ran = self._executed([(tree, ask.execute) for tree, ask in zip(trees, asks, strict=True) if ask.execute])
        scored = self._scored([prefix for ask in asks for prefix in ask.score])
        graded = self._graded([comparison for ask in asks for comparison in ask.grade])
        return [
            Replies(
                tuple(next(generated) for _ in ask.propose),
                tuple(next(ran) for _ in ask.execute),
                tuple(next(scored) for _ in ask.score),
                tuple(next(graded) for _ in ask.grade),
            )
            for ask in asks
        ]

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _answers(self, requests: Sequence[Request]) -> Iterator[Any]:
        for request in requests:
            self._engine.submit(request)
        answers: dict[int, Any] = {}
        while self._engine.n_pending:
            answers.update((answer.request_id, answer) for answer in self._engine.poll(0.1))
        return (answers[request.request_id] for request in requests)

    def _generated(self, proposals: Sequence[Any]) -> Iterator[Any]:
        requests = [
            GenerationRequest(self._new_id(), one.prefix, one.seeds, one.temperature, one.stop, one.max_tokens)
            for one in proposals
        ]
        return (answer.candidates if isinstance(answer, Generation) else () for answer in self._answers(requests))

    def _scored(self, prefixes: Sequence[str]) -> Iterator[float | None]:
        requests = [ScoringRequest(self._new_id(), (prefix,)) for prefix in prefixes]
        return (answer.scores[0] if isinstance(answer, Scoring) else None for answer in self._answers(requests))

    def _executed(self, work: Sequence[tuple[SearchTree, Sequence[tuple[str, ...]]]]) -> Iterator[Execution]:
        if not work:
            return iter(())
        with ProcessPoolExecutor(self._n_workers, mp_context=multiprocessing.get_context("fork")) as pool:
            found = [step for _, steps in pool.map(execute_tree, *zip(*work, strict=True)) for step in steps]
        return (
            Execution(0, outcome, printed, None, CodeError(*error.split("\n", 1), None) if error else None, None, 0.0, 0.0)  # type: ignore[arg-type]
            for outcome, printed, error in found
        )

    def _graded(self, comparisons: Sequence[Any]) -> Iterator[Any]:
        requests = [GradingRequest(self._new_id(), one.answer, one.reference) for one in comparisons]
        for request in requests:
            self._grader.submit(request)
        grades: dict[int, Any] = {}
        while len(grades) < len(requests):
            grades.update((grade.request_id, grade) for grade in self._grader.poll(1.0))
        return (grades[request.request_id] for request in requests)


def in_lock_step(work: Work, machine: LockStep) -> list[SearchTree]:
    """Return the trees, grown one depth of all problems at a time."""
    trees = [(SearchTree.planted(one.key, one.key, prompt(one.statement)), Guidance(one.answer, False)) for one in work.tasks]
    for _ in range(work.search.n_rollouts):
        walking: list[tuple[SearchTree, Guidance, SearchNode]] = [
            (tree, guidance, tree.root) for tree, guidance in trees if not tree.root.is_exhausted
        ]
        while walking:
            walking = [(tree, guidance, _leaf(node, work.search)) for tree, guidance, node in walking]
            for tree, _, node in walking:
                if node.ending is not None:
                    propagate_reward(node)
                    tree.n_rollouts += 1
                    if work.search.skip_exhausted:
                        exhaust(node)
            walking = [one for one in walking if one[2].ending is None]
            _expand_all([(tree, expand(tree, node, work.search, guidance)) for tree, guidance, node in walking], machine)
    return [tree for tree, _ in trees]


def _leaf(node: SearchNode, search: SearchSettings) -> SearchNode:
    while node.ending is None and node.children:
        node = best_child(node, search.exploration_weight)
    return node


def _expand_all(expansions: Sequence[tuple[SearchTree, Search[None]]], machine: LockStep) -> None:
    asks = [(tree, one, next(one)) for tree, one in expansions]
    while asks:
        replies = machine.serve([tree for tree, _, _ in asks], [ask for _, _, ask in asks])
        waiting = asks
        asks = []
        for (tree, one, _), reply in zip(waiting, replies, strict=True):
            with contextlib.suppress(StopIteration):
                asks.append((tree, one, one.send(reply)))


def continuously(work: Work, machinery: Machinery) -> list[SearchTree]:
    """Return the trees, grown by the driver."""
    driver: Driver[SearchTree] = Driver(machinery, window=len(work.tasks))
    searches = (
        (one.key, grow_tree(one.key, one.key, one.statement, work.search, Guidance(one.answer, False))) for one in work.tasks
    )
    return [tree for _, tree in driver.run(searches)]


def measured(name: str, n_trees: int) -> dict[str, Any]:
    """Return trees per second of both drivers on one kind of work."""
    import sympy  # noqa: F401 - as the published code does: children of this process find it imported

    with ExitStack() as stack:
        grader = stack.enter_context(closing(open_grader(GradingSettings())))
        work, engines = work_of(name, n_trees, stack)
        sandbox = stack.enter_context(
            closing(open_sandbox(SandboxSettings(n_workers=work.n_workers, timeout_seconds=LIMIT_SECONDS)))
        )
        begun = time.perf_counter()
        machinery = Machinery(engines[0], sandbox, grader, time.perf_counter, lambda: False)
        trees = continuously(work, machinery)
        between = time.perf_counter()
        locked = in_lock_step(work, LockStep(engines[1], grader, work.n_workers))
        ended = time.perf_counter()
    return {
        "ratio": (ended - between) / (between - begun),
        "driver": {"trees_per_second": n_trees / (between - begun), "coverage": _coverage(trees), "n_nodes": _nodes(trees)},
        "lock_step": {
            "trees_per_second": n_trees / (ended - between),
            "coverage": _coverage(locked),
            "n_nodes": _nodes(locked),
        },
    }


SIMULATED: Mapping[str, tuple[Policy, int, SearchSettings]] = {
    "light": (toy_candidate, 16, SearchSettings(n_rollouts=8, n_candidates=8)),
    "hanging": (hanging_candidate, 16, SearchSettings(n_rollouts=8, n_candidates=8)),
    "symbolic": (symbolic_candidate, 2, SearchSettings(n_rollouts=3, n_candidates=4)),
}
"""What writes the steps, how many of them run at once, and how each tree is searched."""


def work_of(name: str, n_trees: int, stack: ExitStack) -> tuple[Work, tuple[Engine, Engine]]:
    """Return the work and an engine for each driver, the second one without what the first has cached."""
    if name == "cpu":
        per_level = [n_trees // 5 + (level < n_trees % 5) for level in range(5)]
        problems = generate_problems("train", 0, per_level)
        first, second = (stack.enter_context(closing(open_engine(EngineSettings(), BASE, None))) for _ in range(2))
        tasks = [Task(one.problem_id, one.statement, one.answer) for one in problems]
        return Work(tasks, SearchSettings(n_rollouts=16, n_candidates=5), 2), (first, second)
    policy, n_workers, search = SIMULATED[name]
    tasks = [Task(f"{hashed_seed(number):x}", f"problem {number}", "0") for number in range(n_trees)]
    engines = [SimulatedEngine(time.perf_counter, time.sleep, policy) for _ in range(2)]
    return Work(tasks, search, n_workers), (engines[0], engines[1])


def _coverage(trees: Sequence[SearchTree]) -> float:
    return round(sum(tree.solved for tree in trees) / len(trees), 3)


def _nodes(trees: Sequence[SearchTree]) -> int:
    return sum(len(tree.nodes) for tree in trees)


def main() -> None:
    """Measure, print, and store where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--trees", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}
    for name in arguments.work:
        runs = [measured(name, arguments.trees) for _ in range(arguments.repeats)]
        figures[name] = {"n_trees": arguments.trees, "ratio": spread([run["ratio"] for run in runs]), "runs": runs}
        print(name, figures[name], flush=True)
    write(BASELINE, {"trees": arguments.trees}, figures, store=arguments.write)


if __name__ == "__main__":
    main()
