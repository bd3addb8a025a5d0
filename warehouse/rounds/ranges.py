"""Ranges of problems: a round is annotated and exported one after the other, so that memory does not grow with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

PROBLEMS_PER_RANGE: Final = 4_000
"""Training problems of one range. Fewer cost more statements, more cost more memory; the rows are the same."""

RANGE_PARAMETERS: Final = frozenset({"first_problem", "next_problem"})
"""Parameters that keep a shipped statement to a range."""


@dataclass(frozen=True, slots=True)
class ProblemRange:
    """The problems with first_problem <= problem_id < next_problem; None leaves the side open."""

    name: str
    first_problem: str | None
    next_problem: str | None

    @property
    def parameters(self) -> dict[str, str | None]:
        """The parameters that keep a shipped statement to this range."""
        return {"first_problem": self.first_problem, "next_problem": self.next_problem}


def ranges_from(firsts: Sequence[str]) -> list[ProblemRange]:
    """Return the ranges that begin at these problems; together they hold every id there can be, each once."""
    borders = [None, *firsts[1:], None]
    return [ProblemRange(f"{i:03d}", first, following) for i, (first, following) in enumerate(pairwise(borders))]


def can_be_ranged(sql: str) -> bool:
    """Return whether SQL can be kept to a range of problems."""
    return all(f"${name}" in sql for name in RANGE_PARAMETERS)
