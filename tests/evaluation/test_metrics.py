from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.evaluation.metrics import Vote, best_of, bootstrap_interval, majority, mean_correct, pass_at_k, trajectory_score


def vote(group: int | None, *, right: bool = False, score: float | None = None) -> Vote:
    return Vote(group, "correct" if right else "wrong", score)


def test_the_largest_group_decides_and_ties_go_to_the_first():
    assert majority([vote(0), vote(1, right=True), vote(1, right=True)])
    assert not majority([vote(0), vote(1, right=True)])
    assert majority([vote(1, right=True), vote(0)])


def test_answers_that_are_missing_do_not_vote():
    assert majority([vote(None), vote(None), vote(1, right=True)])
    assert not majority([vote(None), vote(None)])


def test_best_of_takes_the_highest_score_and_ignores_what_has_none():
    assert best_of([vote(0, score=0.1), vote(1, right=True, score=0.2), vote(2)])
    assert not best_of([vote(0, score=0.3), vote(1, right=True, score=0.2)])
    assert not best_of([vote(1, right=True)])


def test_a_trajectory_scores_the_mean_of_its_steps():
    assert trajectory_score([0.5, -0.5, 0.3]) == pytest.approx(0.1)
    assert trajectory_score([]) is None


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_correct_answer(verdicts, data):
    k = data.draw(st.integers(1, len(verdicts)))
    subsets = list(combinations(verdicts, k))
    assert pass_at_k(len(verdicts), sum(verdicts), k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_picking_at_random_earns_pass_at_1(verdicts):
    votes = [vote(0, right=verdict) for verdict in verdicts]
    assert mean_correct(votes) == pytest.approx(pass_at_k(len(verdicts), sum(verdicts), 1))


def test_a_bootstrap_interval_holds_the_mean_and_narrows_with_more_problems():
    few, many = [0.0, 1.0] * 10, [0.0, 1.0] * 200
    for values in (few, many):
        low, high = bootstrap_interval(values, seed=0)
        assert low < 0.5 < high
    assert bootstrap_interval(many, 0)[1] - bootstrap_interval(many, 0)[0] < 0.5 * (
        bootstrap_interval(few, 0)[1] - bootstrap_interval(few, 0)[0]
    )
