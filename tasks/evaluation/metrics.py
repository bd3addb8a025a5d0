"""Metrics over k answers to a problem. Pure: verdicts and scores in, shares out."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from warehouse.records import Verdict


@dataclass(frozen=True, slots=True)
class Vote:
    """One of k answers: the group of equal answers it belongs to (None: no answer), its verdict and its PPM score."""

    group: int | None
    verdict: Verdict
    ppm_score: float | None


def trajectory_score(step_scores: Sequence[float]) -> float | None:
    """Return the PPM score of a whole trajectory, the mean over its steps; None without scores.

    The mean beat the minimum and the last step's score on held-out problems of the tiny default.
    """
    return sum(step_scores) / len(step_scores) if step_scores else None


def majority(votes: Sequence[Vote]) -> bool:
    """Return whether the largest group of equal answers is correct. Ties go to the group that was seen first."""
    sizes: dict[int, int] = {}
    for vote in votes:
        if vote.group is not None:
            sizes[vote.group] = sizes.get(vote.group, 0) + 1
    if not sizes:
        return False
    winner = max(sizes, key=lambda group: sizes[group])
    return any(vote.verdict == "correct" for vote in votes if vote.group == winner)


def best_of(votes: Sequence[Vote]) -> bool:
    """Return whether the answer with the highest PPM score is correct. Unscored answers lose; ties go to the first."""
    scored = [vote for vote in votes if vote.ppm_score is not None]
    return (
        bool(scored) and max(scored, key=lambda vote: -1.0 if vote.ppm_score is None else vote.ppm_score).verdict == "correct"
    )


def mean_correct(votes: Sequence[Vote]) -> float:
    """Return the share of correct answers, which is what picking one of them at random earns."""
    return sum(vote.verdict == "correct" for vote in votes) / len(votes)


def pass_at_k(n: int, n_correct: int, k: int) -> float:
    """Return the unbiased estimate of P(at least one of k is correct) from n >= k answers. Source: arXiv 2107.03374."""
    if n - n_correct < k:
        return 1.0
    return 1.0 - comb(n - n_correct, k) / comb(n, k)


def bootstrap_interval(values: Sequence[float], seed: int, n_resamples: int = 1000) -> tuple[float, float]:
    """Return the 95 % confidence interval of the mean of per-problem values, by resampling problems with replacement."""
    rng = random.Random(seed)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(n_resamples))
    return means[int(0.025 * n_resamples)], means[int(0.975 * n_resamples) - 1]
