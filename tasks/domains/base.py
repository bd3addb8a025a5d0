"""What the loop asks of a kind of problem. Everything else - search, sandbox, training, tables - is the same for all.

The step format is: a step is a comment and Python code that runs, whatever the problem is about (tasks.search.format).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tasks.grading.base import Grader
from tasks.grading.settings import GradingSettings
from tasks.problems.rows import RawRow
from tasks.sandbox.settings import SandboxSettings
from tasks.search.format import Wording
from warehouse.records import Problem, Split


@dataclass(frozen=True, slots=True)
class Generator:
    """Where generated problems come from, as `sources` records it. source: what stands in problems.source too."""

    source: str
    licence: str
    address: str


@dataclass(frozen=True, slots=True)
class ChangedProgram:
    """A program with the numbers of another problem of the same shape, and that problem's answer."""

    code: str
    answer: str


class ProblemDomain(Protocol):
    """A kind of problem. Frozen: all its methods give the same for the same arguments, but for what a Grader holds open."""

    @property
    def generator(self) -> Generator:
        """Where the problems that `generate` makes come from."""
        ...

    @property
    def examples(self) -> str:
        """Which worked examples prompt a base that was never taught the step format: a shipped set's name, or a file."""
        ...

    @property
    def tags(self) -> tuple[str, ...]:
        """What a data set of such problems is about, as the head of its card lists it."""
        ...

    @property
    def wording(self) -> Wording:
        """How a problem is put to the policy, and where an answer stands in what it writes."""
        ...

    def generate(self, split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
        """Return distinct problems of a split, n_per_level[i] of level i + 1; no problem is in two splits.

        Raises BadInput where there are not so many. A problem's answer is its reference: all that grading needs, and nothing
        that is ever put to the policy.
        """
        ...

    def read(self, row: RawRow, split: Split, source: str) -> Problem:
        """Return the problem that a row of a file holds. Raises RowError with the reason, which quarantine shows."""
        ...

    def open_grader(self, settings: GradingSettings, sandbox: SandboxSettings) -> Grader:
        """Return what decides whether an answer satisfies its reference. sandbox: limits of code that it runs for that.

        Whatever takes long starts with the first comparison that needs it.
        """
        ...

    def changed(self, statement: str, program: str) -> ChangedProgram | None:
        """Return the program with other numbers, for telling lucky code from right code; None where that cannot be done."""
        ...
