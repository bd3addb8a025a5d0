import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.search.aggregation import AGGREGATIONS, trajectory_score

SCORES = st.lists(st.floats(-0.999, 0.999), min_size=1, max_size=8)
HOW = tuple(AGGREGATIONS)


@pytest.mark.parametrize(
    ("how", "expected"), [("mean", 0.1), ("min", -0.5), ("last", 0.3), ("product", 2 * 0.75 * 0.25 * 0.65 - 1)]
)
def test_each_aggregation_is_what_it_says(how, expected):
    assert trajectory_score([0.5, -0.5, 0.3], how) == pytest.approx(expected)


@pytest.mark.parametrize("how", HOW)
@settings(deadline=None)
@given(scores=SCORES)
def test_the_score_of_a_trajectory_is_in_the_range_of_step_scores(how, scores):
    assert -1 <= trajectory_score(scores, how) <= 1


@pytest.mark.parametrize("how", HOW)
@settings(deadline=None)
@given(scores=SCORES, index=st.integers(0, 7), rise=st.floats(0, 0.5))
def test_a_better_step_never_lowers_the_score(how, scores, index, rise):
    better = list(scores)
    place = index % len(scores)
    better[place] = min(0.999, better[place] + rise)
    assert trajectory_score(better, how) >= trajectory_score(scores, how) - 1e-12


def test_nothing_scored_is_no_score():
    assert {trajectory_score([], how) for how in HOW} == {None}
