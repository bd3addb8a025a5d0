"""The same seed gives the same trees with the real engine and sandbox, however the search is run."""

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.engines.base import Engine
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tasks.domains.mathematics.virtual import generate_problems
from tasks.grading.grader import open_grader
from tasks.grading.settings import GradingSettings
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree, rows
from tasks.search.window import KvCapacity
from tests.benchmarks.engine import random_ppm
from warehouse.records import Node

pytestmark = pytest.mark.integration

BASE = Path(__file__).parents[2] / "models" / "tiny" / "base"
PROBLEMS = generate_problems("train", 0, (3, 3, 2, 2, 2))
SEARCH = SearchSettings(n_rollouts=4, n_candidates=5, q_source="ppm")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    ppm = random_ppm(tmp_path_factory.mktemp("ppm"))
    with closing(open_engine(EngineSettings(n_processes=2), BASE, ppm)) as engine:
        yield engine


def grown(engine: Engine, *, window: int, n_workers: int = 2, kv: KvCapacity | None = None) -> list[Node]:
    with (
        closing(open_sandbox(SandboxSettings(n_workers=n_workers))) as sandbox,
        closing(open_grader(GradingSettings())) as grader,
    ):
        machinery = Machinery(engine, sandbox, grader, time.perf_counter, lambda: False)
        driver: Driver[SearchTree] = Driver(machinery, window=window, kv=kv)
        searches = (
            (one.problem_id, grow_tree(one.problem_id, one.problem_id, one.statement, SEARCH, Guidance(one.answer, True)))
            for one in PROBLEMS
        )
        trees = sorted(driver.run(searches))
    return list(itertools.chain.from_iterable(rows(tree) for _, tree in trees))


@pytest.fixture(scope="module")
def reference(engine: Engine) -> list[Node]:
    return grown(engine, window=8)


@pytest.mark.parametrize(
    ("window", "n_workers"), [(1, 2), (64, 1), *(pytest.param(*both, marks=pytest.mark.soak) for both in ((64, 2), (8, 1)))]
)
def test_node_rows_are_bit_identical_whatever_is_in_flight(engine, reference, window, n_workers):
    assert len(reference) > 10 * len(PROBLEMS)
    assert any(node.ppm_score is not None for node in reference)
    assert grown(engine, window=window, n_workers=n_workers) == reference


def test_node_rows_are_bit_identical_when_the_cache_holds_only_a_few_trees(engine, reference):
    assert grown(engine, window=64, kv=KvCapacity(n_tokens=600, longest=512)) == reference


def test_node_rows_are_bit_identical_after_an_engine_process_was_killed(engine, reference):
    killed = []

    class Killing:
        """Kills an engine process in the middle of the search."""

        def __init__(self) -> None:
            self.poll_engine = engine.poll
            self.submit, self.load, self.close = engine.submit, engine.load, engine.close
            self.n_answers = 0

        def poll(self, timeout_seconds: float):
            answers = self.poll_engine(timeout_seconds)
            self.n_answers += len(answers)
            if self.n_answers > 40 and not killed:
                killed.append(engine._members[0].process.pid)
                os.kill(killed[0], signal.SIGKILL)
            return answers

        @property
        def n_pending(self) -> int:
            return engine.n_pending

    assert grown(Killing(), window=16) == reference
    assert killed
