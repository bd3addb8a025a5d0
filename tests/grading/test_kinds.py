"""The kinds of mistakes that graders make, one test each: nothing wrong is accepted, nothing right is called wrong."""

import pytest

from tasks.grading.equality.algebra import NumericAlgebra
from tasks.grading.equality.decision import Decision
from tasks.grading.equality.table import decide as decide_under
from tasks.grading.settings import GradingSettings
from tests.grading.different_pairs import DIFFERENT
from tests.grading.equal_pairs import EQUAL


def decide(answer: str, reference: str) -> Decision:
    return decide_under(answer, reference, GradingSettings(), NumericAlgebra())


@pytest.mark.parametrize("kind", EQUAL)
def test_what_is_right_is_accepted(kind: str) -> None:
    assert [pair for pair in EQUAL[kind] if not decide(*pair).equal] == []


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_is_wrong_is_called_wrong(kind: str) -> None:
    assert [pair for pair in DIFFERENT[kind] if decide(*pair).equal is not False] == []


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_is_wrong_is_wrong_the_other_way_round(kind: str) -> None:
    rounded = [("1/3", "0.333"), (r"\pi", "3.14")]  # right where the reference shows three digits
    assert [pair for pair in DIFFERENT[kind] if decide(*pair[::-1]).equal is not False and pair[::-1] not in rounded] == []
