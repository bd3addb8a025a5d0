import random
import time

import pytest

from models.engines.base import IdleEngine
from tasks.annotation.replay import ReplayReport, StoredStep, StoredTrajectory, replay
from tasks.search.driver import Driver, Machinery
from tasks.search.format import END_OF_CODE, END_OF_STEP
from tests.search.fakes import FakeGrader, FakeSandbox, never

FIRST = StoredStep(f"\nx = 2\n{END_OF_STEP}", "ok", "")
LAST = StoredStep(f"\nprint(x)\n{END_OF_CODE}\n<output>2<end_of_output>\n<answer>\\boxed{{2}}<end_of_answer>", "ok", "2\n")


def replayed(*steps: StoredStep, answer: str = "2", reference: str = "2") -> ReplayReport:
    driver: Driver[ReplayReport] = Driver(
        Machinery(IdleEngine(), FakeSandbox(random.Random(0)), FakeGrader(), time.perf_counter, never), window=1
    )
    trajectory = StoredTrajectory("t-1", "p", "What is it?", 1, steps, answer, reference)
    ((_, report),) = driver.run([("t-1", replay(trajectory))])
    return report


def test_the_same_outputs_and_a_correct_answer_verify_a_trajectory():
    assert replayed(FIRST, LAST).verification == "verified"


@pytest.mark.parametrize(
    "changed",
    [
        StoredStep(FIRST.text, "ok", "printed before"),
        StoredStep(f"\nx = undefined\n{END_OF_STEP}", "ok", ""),
        StoredStep(FIRST.text, "error", ""),
    ],
)
def test_a_step_that_comes_out_differently_marks_the_trajectory(changed):
    report = replayed(changed, LAST)
    assert report.verification == "replay_differs"
    assert report.detail.startswith("step 1")


def test_an_answer_that_is_graded_differently_marks_the_trajectory():
    report = replayed(FIRST, LAST, reference="3")
    assert (report.verification, report.detail) == ("regraded_differs", "graded wrong by exact toy")


def test_work_that_needs_no_engine_must_not_ask_one():
    with pytest.raises(RuntimeError, match="no engine is open"):
        IdleEngine().submit("anything")
