"""Group equal answers, for the majority vote of k samples (maj@k)."""

from collections.abc import Sequence

from tasks.grading.base import Grader
from tasks.grading.grader import grade_all


def group_equivalent(answers: Sequence[str], grader: Grader) -> list[tuple[int, ...]]:
    """Return the indices of `answers` in groups of equal ones, in order of first appearance.

    An answer joins the first group whose first member it equals; one that equals none, or none decidably, stays alone. Equality
    is the grader's between answers. In mathematics it is that of grading, so that answers of one group get the same verdict but
    for what is optional in an answer (a unit, a label).
    Blocks; nothing else may be pending in the grader.
    """
    groups: list[list[int]] = []
    for index, answer in enumerate(answers):
        grades = grade_all([(answer, answers[group[0]]) for group in groups], grader, between_answers=True)
        equal = next((group for group, grade in zip(groups, grades, strict=True) if grade.verdict == "correct"), None)
        if equal is None:
            groups.append([index])
        else:
            equal.append(index)
    return [tuple(group) for group in groups]
