"""kill -9 of zygotes, sandbox workers and grading workers in the middle of a search: no tree is lost and no label changes."""

import os
import random
import signal
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from tasks.grading.grader import open_grader
from tasks.grading.settings import GradingSettings
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree, rows
from tests.search.fakes import FakeEngine, never, toy_problem

PROBLEMS = [toy_problem(list(range(first, first + n))) for first in range(1, 7) for n in (2, 3, 4)]


def descendants(pid: int) -> set[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found: set[int] = set()
    for child in map(int, children.read_text().split()) if children.exists() else ():
        found |= {child} | descendants(child)
    return found


def searched(*, killing: bool) -> tuple[list, int]:
    rng = random.Random(0)
    before = descendants(os.getpid())
    killed: list[int] = []
    # Answers that are no numbers of the same form go to the grading workers, so that there are some to lose.
    problems = [(statement, f"\\log_{{2}}{{{2 ** int(answer)}}}") for statement, answer in PROBLEMS]
    with closing(open_sandbox(SandboxSettings())) as sandbox, closing(open_grader(GradingSettings())) as grader:
        driver: Driver[SearchTree] = Driver(Machinery(FakeEngine(rng), sandbox, grader, time.perf_counter, never), window=8)
        done = threading.Event()

        def kill_some() -> None:
            # At most as many as are forgiven in a row, since a search this small may finish nothing in between.
            for _ in range(2):
                time.sleep(0.3)
                if done.is_set():
                    return
                for pid in sorted(descendants(os.getpid()) - before):
                    with suppress(ProcessLookupError):  # it went with the one before it
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

        killer = threading.Thread(target=kill_some)
        if killing:
            killer.start()
        settings = SearchSettings(n_rollouts=12)
        trees = dict(driver.run((s, grow_tree(s, s, s, settings, Guidance(answer, False))) for s, answer in problems))
        done.set()
        if killing:
            killer.join()
    return [row for _, tree in sorted(trees.items()) for row in rows(tree)], len(killed)


def test_lost_machinery_loses_no_tree_and_changes_no_label():
    disturbed, n_killed = searched(killing=True)
    undisturbed, _ = searched(killing=False)
    assert n_killed >= 3, "too little was killed to show anything"
    assert any(row.grading_method.startswith("symbolic") for row in undisturbed if row.grading_method)
    assert disturbed == undisturbed
