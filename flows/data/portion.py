"""Which of a file's usable problems are taken: all, the first N, or N at random, the same for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from warehouse.errors import BadInput
from warehouse.ids import content_id
from warehouse.records import Problem


@dataclass(frozen=True, slots=True)
class Portion:
    """The first `limit` problems, or `sample` that the seed chooses; None: all. Raises BadInput for both."""

    limit: int | None = None
    sample: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.limit is not None and self.sample is not None:
            raise BadInput("--limit and --sample both say how many problems to take", hint="give one of them")

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.limit is None and self.sample is None

    @property
    def spelled(self) -> str:
        """What was asked for, as on the command line; empty where all is taken."""
        if self.limit is not None:
            return f"--limit {self.limit}"
        return "" if self.sample is None else f"--sample {self.sample} --seed {self.seed}"

    def of(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return the problems that are taken, in their order. Whether one is taken depends on no order: a hash decides."""
        if self.sample is None:
            return list(problems[: self.limit])
        drawn = sorted(problems, key=lambda problem: content_id(f"{self.seed}\x1f{problem.problem_id}"))
        taken = {problem.problem_id for problem in drawn[: self.sample]}
        return [problem for problem in problems if problem.problem_id in taken]


WHOLE: Final = Portion()
