"""A grader whose users end when the work is stopped, also those that wait for thousands of comparisons one after another."""

from collections.abc import Callable
from typing import Final

from tasks.grading.base import Grade, Grader, GradingRequest

_LONGEST_WAIT_SECONDS: Final = 1.0


class ObedientGrader:
    """Another grader, asked as before; `obey` raises where the work is to end. Driven by one thread."""

    def __init__(self, grader: Grader, obey: Callable[[], None]) -> None:
        self._grader = grader
        self._obey = obey

    def submit(self, request: GradingRequest) -> None:
        """Queue a comparison."""
        self._grader.submit(request)

    def poll(self, timeout_seconds: float) -> list[Grade]:
        """Return finished grades, waiting at most timeout_seconds, and never long, for the first."""
        self._obey()
        return self._grader.poll(min(timeout_seconds, _LONGEST_WAIT_SECONDS))

    @property
    def n_pending(self) -> int:
        """Comparisons submitted and not yet returned."""
        return self._grader.n_pending

    def close(self) -> None:
        """End the worker processes."""
        self._grader.close()
