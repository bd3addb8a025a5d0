"""Grade stored answers again: which verdicts are others by the rules of today?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.grading.base import Grade, Grader
from tasks.grading.grader import grade_all
from warehouse.records import Verdict

_AT_ONCE: Final = 1_000
"""Graded together, so that what waits for workers does not grow with the lake."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer, the reference answer and the stored verdict; n_rows: how many rows say so. Graded once for all of them."""

    answer: str
    reference_answer: str
    verdict: Verdict
    n_rows: int


@dataclass(frozen=True, slots=True)
class Regraded:
    """A stored answer with its grade by the rules of today."""

    stored: StoredAnswer
    grade: Grade

    @property
    def is_changed(self) -> bool:
        """Whether the rules of today say otherwise."""
        return self.grade.verdict != self.stored.verdict


def regraded(answers: Sequence[StoredAnswer], grader: Grader) -> Iterator[Regraded]:
    """Yield each answer with its grade of today, in their order. Blocks; nothing else may be pending in the grader."""
    for start in range(0, len(answers), _AT_ONCE):
        chunk = answers[start : start + _AT_ONCE]
        grades = grade_all([(one.answer, one.reference_answer) for one in chunk], grader)
        yield from map(Regraded, chunk, grades)
