"""Metrics over k answers to a problem. Pure: verdicts and scores in, shares out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist
from typing import Final

from warehouse.records import Verdict


@dataclass(frozen=True, slots=True)
class Vote:
    """One of k answers: its group of equal answers (None: no answer), its verdict, and its PPM score in (-1, 1).

    share: how often the policy would write it, for answers that are not samples. step_scores: what the score is made of.
    """

    group: int | None
    verdict: Verdict
    ppm_score: float | None
    share: float = 1.0
    step_scores: tuple[float, ...] = ()


def majority(votes: Sequence[Vote]) -> bool:
    """Return whether the largest group of equal answers is correct. Ties go to the group that was seen first."""
    return _winner_is_correct(votes, [1.0] * len(votes))


def weighted_majority(votes: Sequence[Vote]) -> bool:
    """Return whether the group with the largest sum of weights is correct. Ties go to the group that was seen first.

    A PPM score s weighs (1 + s) / 2, as if it were the probability of being right, times the share of the answer; an answer
    without a score weighs nothing.
    """
    return _winner_is_correct(
        votes, [0.0 if vote.ppm_score is None else vote.share * (1 + vote.ppm_score) / 2 for vote in votes]
    )


def _winner_is_correct(votes: Sequence[Vote], weights: Sequence[float]) -> bool:
    sums: dict[int, float] = {}
    for vote, weight in zip(votes, weights, strict=True):
        if vote.group is not None:
            sums[vote.group] = sums.get(vote.group, 0.0) + weight
    if not sums:
        return False
    winner = max(sums, key=lambda group: sums[group])
    return any(vote.verdict == "correct" for vote in votes if vote.group == winner)


def best_of(votes: Sequence[Vote]) -> bool:
    """Return whether the answer with the highest PPM score is correct. Unscored answers lose; ties go to the first."""
    scored = [vote for vote in votes if vote.ppm_score is not None]
    return (
        bool(scored) and max(scored, key=lambda vote: -1.0 if vote.ppm_score is None else vote.ppm_score).verdict == "correct"
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to choose among k answers. is_right: whether it chooses a correct one. needs_scores: whether it needs a PPM."""

    is_right: Callable[[Sequence[Vote]], bool]
    needs_scores: bool


CHOICES: Final[dict[str, Choice]] = {
    "maj": Choice(majority, needs_scores=False),
    "weighted_maj": Choice(weighted_majority, needs_scores=True),
    "best_of": Choice(best_of, needs_scores=True),
}
"""By the beginning of the metric's name, which ends in k. To add a way to choose: a function above, and a row here."""


def mean_correct(votes: Sequence[Vote]) -> float:
    """Return the share of correct answers, which is what picking one of them at random earns."""
    return sum(vote.verdict == "correct" for vote in votes) / len(votes)


def pass_at_k(n: int, n_correct: int, k: int) -> float:
    """Return the unbiased estimate of P(at least one of k is correct) from n >= k answers. Source: arXiv 2107.03374."""
    if n - n_correct < k:
        return 1.0
    return 1.0 - comb(n - n_correct, k) / comb(n, k)


def wilson_interval(share: float, n_problems: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share of problems, by Wilson's score.

    Where problems earn parts of 1, their variance is at most that of right and wrong, so that the interval is rather too wide.
    """
    if n_problems < 1:
        raise ValueError("an interval needs at least one problem")
    z = NormalDist().inv_cdf(0.975)
    shrunk = 1 + z * z / n_problems
    centre = (share + z * z / (2 * n_problems)) / shrunk
    half = z * sqrt(share * (1 - share) / n_problems + (z / (2 * n_problems)) ** 2) / shrunk
    return max(0.0, centre - half), min(1.0, centre + half)


def paired_p_value(n_better: int, n_worse: int) -> float:
    """Return how probable so uneven numbers of problems are, on which one of two earns more or less, if neither were better.

    The exact sign test over problems, two-sided; for problems that are right or wrong it is McNemar's exact test.
    """
    from scipy.stats import binomtest  # here, because it takes a second to import

    return float(binomtest(n_better, n_better + n_worse).pvalue) if n_better + n_worse else 1.0
