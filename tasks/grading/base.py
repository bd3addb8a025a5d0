"""The contract of a grader: does an answer satisfy its problem's reference? Pure data.

In mathematics the reference is the answer itself; elsewhere it may be what a verifier needs, or hidden tests. Cheap comparisons
answer inside `submit`; what takes long or runs code does so in processes with a hard kill. A grade that could not be
decided is `unknown`, which is neither correct nor wrong. GraderUnavailable is raised when no worker can be kept alive.
"""

from dataclasses import dataclass
from typing import Protocol

from warehouse.records import Verdict


@dataclass(frozen=True, slots=True)
class GradingRequest:
    """Compare an answer with a reference answer; `request_id` matches the grade to it.

    between_answers: the reference is another answer, not the problem's, and the question is whether a vote counts both as one.
    """

    request_id: int
    answer: str
    reference: str
    between_answers: bool = False


@dataclass(frozen=True, slots=True)
class Grade:
    """The verdict, which method reached it (exact, rational, unit, symbolic, ...) in which version, and why in a few words."""

    request_id: int
    verdict: Verdict
    method: str
    version: str
    why: str = ""

    @property
    def how(self) -> str:
        """Return method and version in one text, as it is stored beside the verdict."""
        return f"{self.method} {self.version}"


class Grader(Protocol):
    """Grades many answers at once."""

    def submit(self, request: GradingRequest) -> None:
        """Queue a comparison. Never blocks for long."""
        ...

    def poll(self, timeout_seconds: float) -> list[Grade]:
        """Return finished grades, waiting at most timeout_seconds for the first."""
        ...

    @property
    def n_pending(self) -> int:
        """Comparisons submitted and not yet returned."""
        ...

    def close(self) -> None:
        """End the worker processes."""
        ...
