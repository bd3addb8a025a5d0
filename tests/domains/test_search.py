"""A search of programs: real steps in the real sandbox, graded by hidden tests, verified again from what was stored."""

import random
import time
from contextlib import closing

from tasks.annotation.replay import StoredStep, StoredTrajectory, replay
from tasks.domains.programs.collection import exercises
from tasks.domains.programs.domain import Programs
from tasks.grading.settings import GradingSettings
from tasks.sandbox.host.open import open_sandbox
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.format import END_OF_CODE, END_OF_STEP
from tasks.search.mcts import grow_tree
from tasks.search.sampling import Plan, attempt_problem
from tasks.search.settings import SearchSettings
from tests.domains.grading import SANDBOX
from tests.search.fakes import FakeEngine, never

PROGRAMS = Programs()
EXERCISE = next(one for one in exercises() if one.function == "is_palindrome")
PROBLEM = EXERCISE.problem


def step(prefix: str, seed: int) -> str:
    """Write the solution or the mutant, then try the first example."""
    if END_OF_STEP not in prefix:
        code = EXERCISE.solution if seed % 2 else EXERCISE.mutant
        return f"\n# Write the function\n{code.strip()}\n{END_OF_STEP}"
    return f"\n# Try it on an example\nprint({EXERCISE.function}({EXERCISE.cases[0].arguments}))\n{END_OF_CODE}"


def test_a_tree_rewards_what_passes_the_hidden_tests_and_its_trajectory_is_verified() -> None:
    engine = FakeEngine(random.Random(0), step=step)
    with (
        closing(open_sandbox(SANDBOX)) as sandbox,
        closing(PROGRAMS.open_grader(GradingSettings(), SANDBOX)) as grader,
    ):
        machinery = Machinery(engine, sandbox, grader, time.perf_counter, never)
        guidance = Guidance(PROBLEM.answer, scored=False, wording=PROGRAMS.wording)
        search = grow_tree("t", PROBLEM.problem_id, PROBLEM.statement, SearchSettings(n_rollouts=4), guidance)
        ((_, tree),) = Driver(machinery, window=1).run([("t", search)])
        ends = {node.verdict: node for node in tree.endings}
        assert ends.keys() == {"correct", "wrong"}
        assert EXERCISE.solution.strip() in (ends["correct"].answer or "")
        assert (ends["correct"].grading_method, ends["correct"].reward) == ("hidden tests programs-1", 1.0)

        steps = tuple(StoredStep(node.text, node.outcome, node.stdout) for node in ends["correct"].path()[1:])
        stored = StoredTrajectory(
            "t-1", PROBLEM.problem_id, PROBLEM.statement, 1, steps, ends["correct"].answer or "", PROBLEM.answer
        )
        ((_, report),) = Driver(machinery, window=1).run([("v", replay(stored))])
        assert report.verification == "verified"

        plan = Plan(4, 1.0, 512, 32, PROGRAMS.wording)
        ((_, attempts),) = Driver(machinery, window=1).run(
            [("a", attempt_problem("a", PROBLEM.statement, PROBLEM.answer, plan))]
        )
        told = {EXERCISE.solution.strip() in (one.answer or ""): one.grade.verdict for one in attempts if one.grade}
        assert told == {True: "correct", False: "wrong"}


def test_nothing_that_is_hidden_is_in_what_the_policy_was_asked() -> None:
    asked: list[str] = []

    def listening(prefix: str, seed: int) -> str:
        asked.append(prefix)
        return step(prefix, seed)

    engine = FakeEngine(random.Random(0), step=listening)
    with closing(open_sandbox(SANDBOX)) as sandbox, closing(PROGRAMS.open_grader(GradingSettings(), SANDBOX)) as grader:
        guidance = Guidance(PROBLEM.answer, scored=False, wording=PROGRAMS.wording)
        search = grow_tree("t", PROBLEM.problem_id, PROBLEM.statement, SearchSettings(n_rollouts=2), guidance)
        machinery = Machinery(engine, sandbox, grader, time.perf_counter, never)
        list(Driver(machinery, window=1).run([("t", search)]))
    hidden = [f"{EXERCISE.function}({case.arguments})" for case in EXERCISE.cases[2:]]
    assert asked
    assert not [call for call in hidden for prefix in asked if call in prefix]
