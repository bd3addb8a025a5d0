"""Stored answers are graded again in their order, whatever their number."""

from tasks.grading.regrading import StoredAnswer, regraded
from tests.search.fakes import FakeGrader


def test_answers_are_graded_in_their_order_whatever_their_number() -> None:
    answers = [StoredAnswer(str(i % 7), "3", "wrong", 1) for i in range(2_500)]
    found = list(regraded(answers, FakeGrader()))
    assert [one.stored for one in found] == answers
    assert {one.stored.answer for one in found if one.is_changed} == {"3"}
