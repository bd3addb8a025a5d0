"""Whether two reference answers say the same, as the grader of the problems' domain decides it."""

from collections.abc import Iterator
from contextlib import contextmanager

from flows.settings import Settings
from tasks.domains.registry import DOMAINS
from tasks.grading.grader import grade_all
from tasks.problems.answers import same_spelling
from tasks.problems.intake import SameAnswer


@contextmanager
def same_answers(settings: Settings) -> Iterator[SameAnswer]:
    """Return a context with the comparison. What cannot be decided is not the same. Its processes start when one is needed."""
    grader = DOMAINS[settings.problems.domain].open_grader(settings.grading, settings.sandbox)

    def same(answer: str, other: str) -> bool:
        return same_spelling(answer, other) or grade_all([(answer, other)], grader)[0].verdict == "correct"

    try:
        yield same
    finally:
        grader.close()
