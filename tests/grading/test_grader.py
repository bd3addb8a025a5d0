"""The grader end to end, worker processes included."""

import os
import signal
from collections.abc import Iterator

import pytest

from tasks.grading.base import GradingRequest
from tasks.grading.grader import PooledGrader, grade_all, open_grader
from tasks.grading.grouping import group_equivalent
from tasks.grading.pool import WorkerPool
from tasks.grading.settings import GradingSettings

ENDLESS = "+".join(rf"\ln(\ln(\ln(\ln(x+{n}))))^{{90}}" for n in range(20))
"""A formula whose value to the 17,000 digits that it asks for takes long."""


@pytest.fixture(scope="module")
def grader() -> Iterator[PooledGrader[WorkerPool]]:
    opened = open_grader(GradingSettings(timeout_seconds=2))
    yield opened
    opened.close()


def test_numbers_need_no_worker() -> None:
    grader = open_grader(GradingSettings())
    grades = grade_all([("53", "53"), ("53.0", "53"), ("-1/2", r"-\frac{1}{2}"), ("5", "6"), ("(1,2)", "[1,2]")], grader)
    assert [grade.verdict for grade in grades] == ["correct", "correct", "correct", "wrong", "wrong"]
    assert grader.pool.worker_pids == ()
    grader.close()


def test_symbolic_answers_are_compared_in_a_worker(grader: PooledGrader[WorkerPool]) -> None:
    pairs = [(r"\frac{1}{\sqrt{5}}", r"\frac{\sqrt{5}}{5}"), ("x+1", "x+2"), ("2RC", "2rc"), ("3 > x + y", "3 < x + y")]
    grades = grade_all(pairs, grader)
    assert [grade.verdict for grade in grades] == ["correct", "wrong", "wrong", "wrong"]
    assert {grade.method for grade in grades} == {"symbolic"}
    assert "mpmath-" in grades[0].version


def test_a_comparison_that_never_ends_is_unknown_and_the_next_is_graded(grader: PooledGrader[WorkerPool]) -> None:
    grades = grade_all([(ENDLESS, f"{ENDLESS}+0"), (r"\sqrt{8}", r"2\sqrt{2}")], grader)
    assert [(grade.verdict, grade.method) for grade in grades] == [("unknown", "timeout"), ("correct", "symbolic")]


def test_a_killed_worker_changes_no_verdict(grader: PooledGrader[WorkerPool]) -> None:
    pairs = [(rf"\sqrt{{{n}}}+{n}", rf"{n}+\sqrt{{{n}}}") for n in (2, 3, 5, 6, 7)]
    for request_id, (answer, reference) in enumerate(pairs):
        grader.submit(GradingRequest(request_id, answer, reference))
    for pid in grader.pool.worker_pids:
        os.kill(pid, signal.SIGKILL)
    verdicts: list[str] = []
    while grader.n_pending:
        verdicts += [grade.verdict for grade in grader.poll(1.0)]
    assert verdicts == ["correct"] * len(pairs)


def test_identical_comparisons_are_answered_each_under_its_own_id(grader: PooledGrader[WorkerPool]) -> None:
    for request_id in (7, 8, 9):
        grader.submit(GradingRequest(request_id, "y+z", "z+y"))
    grades = []
    while grader.n_pending:
        grades += grader.poll(1.0)
    assert sorted(grade.request_id for grade in grades) == [7, 8, 9]
    assert {grade.verdict for grade in grades} == {"correct"}


def test_equal_answers_are_grouped_in_order_of_appearance(grader: PooledGrader[WorkerPool]) -> None:
    answers = ["1/2", "0.5", "3", r"\frac12", "x+1", "1+x", "3.0", ""]
    assert group_equivalent(answers, grader) == [(0, 1, 3), (2, 6), (4, 5), (7,)]


def test_slow_comparisons_cost_themselves_alone() -> None:
    """50 that would take minutes each, among 200 that take milliseconds: the easy ones come first, and all of them right."""
    slow = [(f"{ENDLESS}+{n}", f"{n}+{ENDLESS}") for n in range(50)]
    easy = [(rf"\sqrt{{{4 * n + 8}}}", rf"2\sqrt{{{n + 2 + n % 2}}}") for n in range(200)]
    grader = open_grader(GradingSettings(timeout_seconds=0.2, n_workers=2))
    for index in range(250):
        pair = slow[index // 5] if index % 5 == 0 else easy[index - index // 5 - 1]
        grader.submit(GradingRequest(index, *pair))
    order: list[int] = []
    verdicts: dict[int, str] = {}
    while grader.n_pending:
        for grade in grader.poll(1.0):
            order.append(grade.request_id)
            verdicts[grade.request_id] = grade.verdict
    grader.close()
    easy_ids = [index for index in range(250) if index % 5]
    assert [verdicts[index] for index in easy_ids] == ["correct", "wrong"] * 100
    assert {verdicts[index] for index in range(0, 250, 5)} == {"unknown"}
    assert {index % 5 for index in order[:200]} == {1, 2, 3, 4}
