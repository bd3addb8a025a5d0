"""Each answer of an evaluation is stored with its verdict and with what reached it."""

from contextlib import closing

from tasks.evaluation.measurement import Contestants, answer_rows
from tasks.evaluation.methods import Answers
from tasks.evaluation.scoreboard import votes_of
from tasks.grading.base import GradingRequest
from tasks.grading.grader import grading_version, open_grader
from tasks.grading.settings import GradingSettings
from tasks.search.sampling import Attempt
from warehouse.records import Problem

PROBLEM = Problem("p1", "1/4 + 1/4 = ?", "0.5", "made", 1, "test")


def test_an_answer_carries_verdict_method_and_version_and_nothing_graded_one_that_is_missing():
    with closing(open_grader(GradingSettings())) as grader:
        grader.submit(GradingRequest(0, "1/2", PROBLEM.answer))
        (grade,) = grader.poll(10.0)
        attempts = (Attempt("text", 9, "1/2", grade, ()), Attempt("text", 9, None, None, ()))
        answers = Answers(attempts, 18, (1.0, 1.0))
        votes = votes_of(answers, "last", grader)
    rows = answer_rows(Contestants("policy-1", None), PROBLEM, "sample", answers, votes)
    assert [(row.verdict, row.grading_method) for row in rows] == [
        ("correct", f"rational {grading_version()}"),
        ("wrong", None),
    ]
