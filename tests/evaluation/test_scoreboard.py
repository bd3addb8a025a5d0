"""What a problem earns under each metric, and what that comes to over problems."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.evaluation.methods import Answers
from tasks.evaluation.metrics import Vote
from tasks.evaluation.scoreboard import Earned, MeasuredProblem, earned, summarised, votes_of
from tasks.grading.base import Grade
from tasks.search.aggregation import AGGREGATIONS
from tasks.search.sampling import Attempt
from tests.search.fakes import FakeGrader


def vote(*, right: bool, score: float | None = None, group: int | None = None) -> Vote:
    return Vote(int(right) if group is None else group, "correct" if right else "wrong", score)


def values(rows: list[Earned]) -> dict[str, float]:
    return {row.metric: row.value for row in rows}


def attempt(answer: str | None, scores: tuple[float, ...] = ()) -> Attempt:
    return Attempt("x", 10, answer, None if answer is None else Grade(0, "wrong", "exact", "1"), scores)


def answers(*attempts: Attempt) -> Answers:
    return Answers(attempts, 10 * len(attempts), (1.0,) * len(attempts))


def test_a_smaller_k_is_measured_on_disjoint_groups_of_the_samples():
    right = [True, True, True, False, False, False, False, True]
    rows = earned("sample", Answers((), 800, ()), [vote(right=one) for one in right], [4, 8], scored=False)
    found = values(rows)
    # Of the first four a majority is right, of the last four it is not.
    assert found["maj_4"] == 0.5
    assert found["random_of_4"] == found["random_of_8"] == 0.5
    assert found["pass_8"] == 1.0
    assert {row.metric: row.n_tokens for row in rows}["maj_4"] == 400


def test_metrics_of_the_ppm_need_a_ppm():
    unscored = values(earned("sample", Answers((), 8, ()), [vote(right=True), vote(right=False)], [2], scored=False))
    two = [vote(right=True, score=0.1), vote(right=False, score=0.9)]
    scored = values(earned("sample", Answers((), 8, ()), two, [2], scored=True))
    assert "best_of_2" not in unscored
    assert scored["best_of_2"] == 0.0
    assert scored["weighted_maj_2"] == 0.0


def test_best_of_k_is_measured_by_every_aggregation_on_the_same_answers():
    # The first answer has the better mean and product, the second the better worst step, the third the better last one.
    scores = [(0.9, -0.1, 0.9), (0.3, 0.3, 0.3), (-0.9, -0.9, 0.95)]
    votes = [Vote(0, "correct" if one is scores[1] else "wrong", 0.0, step_scores=one) for one in scores]
    found = values(earned("sample", Answers((), 9, ()), votes, [3], scored=True))
    assert {name: found[f"best_by_{name}_of_3"] for name in AGGREGATIONS} == {"mean": 0, "min": 1, "last": 0, "product": 0}


def test_best_of_k_is_that_of_the_chosen_aggregation():
    scores = [(0.9, -0.1), (0.3, 0.3)]
    for name in AGGREGATIONS:
        votes = votes_of(answers(*(attempt(str(one), one) for one in scores)), name, FakeGrader())
        found = values(earned("sample", Answers((), 9, ()), votes, [2], scored=True))
        assert found["best_of_2"] == found[f"best_by_{name}_of_2"]


def test_a_problem_that_nothing_answers_earns_nothing_and_is_counted():
    nothing = [Vote(None, "wrong", None)] * 2
    assert set(values(earned("sample", Answers((), 8, ()), nothing, [2], scored=True)).values()) == {0.0}


@pytest.mark.parametrize("method", ["beam", "mcts"])
def test_the_first_answer_of_a_tree_is_the_ppms_choice(method):
    votes = [vote(right=False, score=0.5), vote(right=True, score=0.4), vote(right=True, score=0.4)]
    assert values(earned(method, Answers((), 70, ()), votes, [8], scored=True)) == {
        f"{method}_best": 0.0,
        f"{method}_weighted_maj": 1.0,
        f"{method}_pass": 1.0,
    }
    assert set(values(earned(method, Answers((), 70, ()), [], [8], scored=True)).values()) == {0.0}


def test_a_greedy_answer_that_cannot_be_graded_earns_nothing():
    assert values(earned("greedy", Answers((), 7, ()), [Vote(0, "unknown", None)], [8], scored=False)) == {"greedy_pass_1": 0.0}


def test_equal_answers_are_one_group_and_missing_ones_none():
    votes = votes_of(answers(attempt("1"), attempt(None), attempt("2"), attempt("1")), "mean", FakeGrader())
    assert [one.group for one in votes] == [0, None, 1, 0]


def test_the_score_of_a_vote_is_that_of_the_aggregation():
    scores = {
        how: votes_of(answers(attempt("1", (0.5, -0.5))), how, FakeGrader())[0].ppm_score for how in ("mean", "min", "last")
    }
    assert scores == {"mean": 0.0, "min": -0.5, "last": -0.5}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.floats(0, 1), st.floats(1, 100)), min_size=1, max_size=20))
def test_a_metric_is_the_mean_of_its_problems_over_all_levels_and_by_level(drawn):
    measured = [MeasuredProblem(level, Earned("m", value, tokens)) for level, value, tokens in drawn]
    metrics = {metric.level: metric for metric in summarised(measured)}
    assert metrics.keys() == {None, *(level for level, _, _ in drawn)}
    assert metrics[None].value == pytest.approx(sum(value for _, value, _ in drawn) / len(drawn))
    assert sum(metric.n_problems for level, metric in metrics.items() if level is not None) == len(drawn)
    for metric in metrics.values():
        assert metric.low <= metric.high


def test_the_same_answers_have_the_same_interval():
    measured = [MeasuredProblem(None, Earned("m", float(i % 3 == 0), 1.0)) for i in range(30)]
    assert summarised(measured) == summarised(measured)
