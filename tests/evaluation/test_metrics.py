from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from tasks.evaluation.metrics import (
    Vote,
    best_of,
    majority,
    mean_correct,
    paired_p_value,
    pass_at_k,
    weighted_majority,
    wilson_interval,
)


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


def test_a_vote_weighs_its_ppm_score():
    assert not majority([vote(0, score=-0.9), vote(0, score=-0.9), vote(1, right=True, score=0.8)])
    assert weighted_majority([vote(0, score=-0.9), vote(0, score=-0.9), vote(1, right=True, score=0.8)])
    assert not weighted_majority([vote(0, score=0.1), vote(0, score=0.1), vote(1, right=True, score=0.8)])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=8), st.floats(-0.9, 0.9))
def test_equal_scores_make_the_weighted_vote_a_plain_one(drawn, score):
    votes = [vote(group, right=group == 0, score=score) for group, _ in drawn]
    # Sums of equal weights may differ in the last bit, so that only votes without a tie are compared.
    sizes = sorted(([group for group, _ in drawn].count(group) for group in range(3)), reverse=True)
    if sizes[0] > sizes[1]:
        assert weighted_majority(votes) == majority(votes)


def test_what_the_policy_writes_often_weighs_more():
    rare, common = Vote(0, "wrong", 0.8, share=0.1), Vote(1, "correct", 0.6, share=0.7)
    assert weighted_majority([rare, common])
    assert not weighted_majority([Vote(0, "wrong", 0.8), Vote(1, "correct", 0.6)])


def test_an_answer_without_a_score_has_no_weight():
    assert weighted_majority([vote(0), vote(0), vote(1, right=True, score=-0.5)])
    assert not weighted_majority([vote(None, score=0.9)])


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_correct_answer(verdicts, data):
    k = data.draw(st.integers(1, len(verdicts)))
    subsets = list(combinations(verdicts, k))
    assert pass_at_k(len(verdicts), sum(verdicts), k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_picking_at_random_earns_pass_at_1(verdicts):
    votes = [vote(0, right=verdict) for verdict in verdicts]
    assert mean_correct(votes) == pytest.approx(pass_at_k(len(verdicts), sum(verdicts), 1))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_those_of_scipy_for_whole_problems(counts):
    n_right, n_problems = counts
    theirs = binomtest(n_right, n_problems).proportion_ci(method="wilson")
    assert wilson_interval(n_right / n_problems, n_problems) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_an_interval_holds_a_share_of_parts_and_needs_a_problem():
    low, high = wilson_interval(0.3125, 8)
    assert 0 < low < 0.3125 < high < 1
    with pytest.raises(ValueError, match="at least one problem"):
        wilson_interval(0.0, 0)


def test_the_paired_test_is_mcnemars_and_says_nothing_where_nothing_differs():
    assert paired_p_value(0, 0) == 1.0
    assert paired_p_value(3, 3) == 1.0
    assert paired_p_value(10, 0) == pytest.approx(2 / 2**10)
    assert paired_p_value(2, 12) == paired_p_value(12, 2) == pytest.approx(2 * (1 + 14 + 91) / 2**14)
