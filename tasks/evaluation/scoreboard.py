"""What a method's answers to a problem earned, by metric; and what that comes to over problems, with its uncertainty."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tasks.evaluation.methods import Answers
from tasks.evaluation.metrics import (
    CHOICES,
    Vote,
    best_of,
    mean_correct,
    pass_at_k,
    weighted_majority,
    wilson_interval,
)
from tasks.grading.base import Grader
from tasks.grading.grouping import group_equivalent
from tasks.search.aggregation import AGGREGATIONS, Aggregation, trajectory_score
from warehouse.measured import AnswerMethod


@dataclass(frozen=True, slots=True)
class Earned:
    """The share in [0, 1] that one problem earned under a metric, and the tokens that such an answer takes."""

    metric: str
    value: float
    n_tokens: float


@dataclass(frozen=True, slots=True)
class Metric:
    """The mean over n_problems of what each earned, with its 95 % interval. level None: over all levels."""

    name: str
    level: int | None
    value: float
    low: float
    high: float
    n_problems: int
    tokens_per_problem: float


@dataclass(frozen=True, slots=True)
class MeasuredProblem:
    """One problem's share under one metric, with its level."""

    level: int | None
    earned: Earned


def votes_of(answers: Answers, aggregation: Aggregation, grader: Grader) -> list[Vote]:
    """Return the answers as votes, equal ones in one group."""
    attempts = answers.attempts
    answered = [index for index, attempt in enumerate(attempts) if attempt.answer is not None]
    groups = group_equivalent([attempts[index].answer or "" for index in answered], grader)
    group_of = {answered[member]: number for number, members in enumerate(groups) for member in members}
    return [
        Vote(
            group=group_of.get(index),
            verdict=attempt.grade.verdict if attempt.grade else "wrong",
            ppm_score=trajectory_score(attempt.step_scores, aggregation),
            share=share,
            step_scores=attempt.step_scores,
        )
        for index, (attempt, share) in enumerate(zip(attempts, answers.shares, strict=True))
    ]


def earned(method: AnswerMethod, answers: Answers, votes: Sequence[Vote], ks: Sequence[int], *, scored: bool) -> list[Earned]:
    """Return what the answers of one method to one problem earned under each of its metrics.

    scored: whether a PPM scores. Then its metrics are there for every problem: one without any answer earns nothing.
    Answers of a tree are best first, so the first is the chosen one.
    """
    match method:
        case "greedy":
            return [Earned("greedy_pass_1", mean_correct(votes), answers.n_tokens)]
        case "sample":
            return [one for k in sorted(set(ks)) for one in _sampled(answers, votes, k, scored=scored)]
        case "beam" | "mcts":
            return _searched(method, answers, votes)


def _sampled(answers: Answers, votes: Sequence[Vote], k: int, *, scored: bool) -> list[Earned]:
    """Return the metrics at k, each the mean over the disjoint groups of k answers; pass@k is the unbiased estimate."""
    n_correct = sum(vote.verdict == "correct" for vote in votes)
    n_tokens = answers.n_tokens * k / len(votes)
    values = {f"random_of_{k}": mean_correct(votes), f"pass_{k}": pass_at_k(len(votes), n_correct, k)}
    for name, choice in CHOICES.items():
        if scored or not choice.needs_scores:
            values[f"{name}_{k}"] = _mean(map(choice.is_right, _groups(votes, k)))
    for name in AGGREGATIONS if scored else ():
        values[f"best_by_{name}_of_{k}"] = _mean(map(best_of, _groups([_scored_by(name, vote) for vote in votes], k)))
    return [Earned(metric, value, n_tokens) for metric, value in values.items()]


def _groups(votes: Sequence[Vote], k: int) -> list[Sequence[Vote]]:
    return [votes[start : start + k] for start in range(0, len(votes) - k + 1, k)]


def _scored_by(aggregation: Aggregation, vote: Vote) -> Vote:
    """Return the vote with the score that another aggregation gives it."""
    return replace(vote, ppm_score=trajectory_score(vote.step_scores, aggregation))


def _searched(method: AnswerMethod, answers: Answers, votes: Sequence[Vote]) -> list[Earned]:
    values = {
        f"{method}_best": float(bool(votes) and votes[0].verdict == "correct"),
        f"{method}_weighted_maj": float(weighted_majority(votes)),
        f"{method}_pass": float(any(vote.verdict == "correct" for vote in votes)),
    }
    return [Earned(metric, value, answers.n_tokens) for metric, value in values.items()]


def summarised(measured: Iterable[MeasuredProblem]) -> list[Metric]:
    """Return every metric over all levels and by level."""
    by_metric: dict[str, list[MeasuredProblem]] = {}
    for problem in measured:
        by_metric.setdefault(problem.earned.metric, []).append(problem)
    metrics = []
    for name, problems in by_metric.items():
        levels = sorted({problem.level for problem in problems if problem.level is not None})
        for level in (None, *levels):
            group = [problem.earned for problem in problems if level in (None, problem.level)]
            values = [one.value for one in group]
            share = sum(values) / len(values)
            low, high = wilson_interval(share, len(values))
            tokens = sum(one.n_tokens for one in group) / len(group)
            metrics.append(Metric(name, level, share, low, high, len(values), tokens))
    return metrics


def _mean(values: Iterable[bool]) -> float:
    collected = list(values)
    return sum(collected) / len(collected)
