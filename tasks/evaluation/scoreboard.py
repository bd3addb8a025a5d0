"""The metrics of a set of attempted problems, over all levels and for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.evaluation.metrics import Vote, best_of, majority, mean_correct, pass_at_k, trajectory_score
from tasks.grading.base import Grader
from tasks.grading.grouping import group_equivalent
from tasks.search.sampling import Attempt


@dataclass(frozen=True, slots=True)
class ProblemAnswers:
    """What was answered to one problem: the greedy attempt and k samples, or none."""

    level: int | None
    greedy: Attempt
    samples: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A share in [0, 1] over n_problems. level None: over all levels."""

    name: str
    level: int | None
    value: float
    n_problems: int


def scoreboard(answered: Sequence[ProblemAnswers], grader: Grader, *, scored: bool) -> list[Metric]:
    """Return every metric over all levels and by level; best-of-k only where a PPM scored the samples."""
    shares = [(problem.level, _shares(problem, grader, scored=scored)) for problem in answered]
    levels = sorted({level for level, _ in shares if level is not None})
    metrics = []
    for level in (None, *levels):
        group = [values for one, values in shares if level is None or one == level]
        if group:
            metrics += [Metric(name, level, sum(v[name] for v in group) / len(group), len(group)) for name in group[0]]
    return metrics


def votes_of(samples: Sequence[Attempt], grader: Grader) -> list[Vote]:
    """Return the samples as votes, equal answers in one group."""
    answered = [index for index, sample in enumerate(samples) if sample.answer is not None]
    groups = group_equivalent([samples[index].answer or "" for index in answered], grader)
    group_of = {answered[member]: number for number, members in enumerate(groups) for member in members}
    return [
        Vote(
            group=group_of.get(index),
            verdict=sample.grade.verdict if sample.grade else "wrong",
            ppm_score=trajectory_score(sample.step_scores),
        )
        for index, sample in enumerate(samples)
    ]


def _shares(problem: ProblemAnswers, grader: Grader, *, scored: bool) -> dict[str, float]:
    greedy = problem.greedy.grade
    shares = {"greedy_pass_1": float(greedy is not None and greedy.verdict == "correct")}
    if not problem.samples:
        return shares
    votes = votes_of(problem.samples, grader)
    k = len(votes)
    shares |= {
        f"maj_{k}": float(majority(votes)),
        f"random_of_{k}": mean_correct(votes),
        f"pass_{k}": pass_at_k(k, sum(vote.verdict == "correct" for vote in votes), k),
    }
    if scored:
        shares[f"best_of_{k}"] = float(best_of(votes))
    return shares
