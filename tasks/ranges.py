"""Ranges of problems: a round is annotated one after the other, so that memory does not grow with it."""

from dataclasses import dataclass
from itertools import pairwise

from warehouse.store import Warehouse

PROBLEMS_PER_RANGE = 5_000
"""Training problems that one statement annotates. Fewer cost more commits, more cost more memory; the rows are the same."""


@dataclass(frozen=True, slots=True)
class ProblemRange:
    """The problems with first_problem <= problem_id < next_problem; None leaves the side open."""

    name: str
    first_problem: str | None
    next_problem: str | None

    @property
    def parameters(self) -> dict[str, str | None]:
        """The parameters of a shipped statement that keep it to this range."""
        return {"first_problem": self.first_problem, "next_problem": self.next_problem}


def problem_ranges(lake: Warehouse, size: int = PROBLEMS_PER_RANGE) -> list[ProblemRange]:
    """Return ranges of about `size` training problems; together they hold every id there can be, each once."""
    firsts = lake.query("range_starts", size=size)["problem_id"].to_list()
    borders = [None, *firsts[1:], None]
    return [ProblemRange(f"{i:03d}", first, following) for i, (first, following) in enumerate(pairwise(borders))]
