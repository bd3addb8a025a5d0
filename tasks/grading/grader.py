"""Graders over a pool: what is easy at once, what is not in the pool, identical comparisons once; and that of mathematics."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from typing import Final, Generic, NoReturn, Protocol, TypeVar

from tasks.grading.base import Grade, Grader, GradingRequest
from tasks.grading.equality.decision import Decision
from tasks.grading.equality.table import decide
from tasks.grading.pool import WorkerPool
from tasks.grading.settings import GradingSettings
from tasks.grading.values.expressions import Expression
from warehouse.records import Verdict

RULES_VERSION: Final = "3"
"""Raised whenever a change of the rules may change a verdict."""
FORMULAS: Final = "tasks.grading.equality.judge:open_judge"
"""What opens the judge of formulas in a worker."""
_MAX_REMEMBERED: Final = 100_000

_Comparison = tuple[str, str, bool]
"""What is compared, whatever the request is called: answer, reference, between_answers."""


class Pool(Protocol):
    """Where comparisons go that are not decided at once. Driven by one thread."""

    def submit(self, job_id: int, answer: str, reference: str) -> None:
        """Queue a comparison. Never blocks."""
        ...

    def poll(self, timeout_seconds: float) -> list[tuple[int, Decision]]:
        """Return finished comparisons, waiting at most timeout_seconds for the first."""
        ...

    def close(self) -> None:
        """End every process of the pool."""
        ...


class _NeedsWorker(Exception):
    """Only a comparison of formulas can decide this pair."""


def open_grader(settings: GradingSettings) -> "PooledGrader[WorkerPool]":
    """Return the grader of mathematics. Its worker processes start with the first answer that needs them."""

    def at_once(request: GradingRequest) -> Decision | None:
        """Decide numbers, text, and sets and intervals of numbers, in microseconds. Equality is the same between answers."""
        try:
            return decide(request.answer, request.reference, settings, _LeftToWorkers())
        except _NeedsWorker:
            return None

    return PooledGrader(WorkerPool(settings, FORMULAS), at_once, grading_version())


@lru_cache(maxsize=1)
def grading_version() -> str:
    """Return the version that every grade carries: of the rules here and of mpmath, which computes the values of formulas."""
    return f"{RULES_VERSION}+mpmath-{version('mpmath')}"


class _LeftToWorkers:
    """The algebra of this process: none. Formulas may take long, and are compared where they can be ended."""

    def equal(self, left: Expression, right: Expression) -> NoReturn:
        """Leave the pair to a worker."""
        raise _NeedsWorker

    def proportional(self, left: Expression, right: Expression) -> NoReturn:
        """Leave the pair to a worker."""
        raise _NeedsWorker

    def value(self, expression: Expression) -> NoReturn:
        """Leave the pair to a worker."""
        raise _NeedsWorker


P = TypeVar("P", bound=Pool)


@dataclass(slots=True)
class PooledGrader(Generic[P]):
    """Grades answers; see base.Grader. Driven by one thread.

    at_once: decides what is easy, and leaves the rest to the pool with None. version: what every grade carries.
    """

    pool: P
    at_once: Callable[[GradingRequest], Decision | None]
    version: str
    _finished: deque[Grade] = field(default_factory=deque)
    _remembered: OrderedDict[_Comparison, Decision] = field(default_factory=OrderedDict)
    _waiting: dict[_Comparison, list[int]] = field(default_factory=dict)
    _jobs: dict[int, _Comparison] = field(default_factory=dict)
    _n_jobs: int = 0

    def submit(self, request: GradingRequest) -> None:
        """Queue a comparison; one that was decided before, or is easy, is decided here."""
        comparison = (request.answer, request.reference, request.between_answers)
        if comparison in self._remembered:
            self._finished.append(self._grade(request.request_id, self._remembered[comparison]))
        elif comparison in self._waiting:
            self._waiting[comparison].append(request.request_id)
        else:
            self._decide(request, comparison)

    def poll(self, timeout_seconds: float) -> list[Grade]:
        """Return finished grades, waiting at most timeout_seconds for the first."""
        for job_id, decision in self.pool.poll(0.0 if self._finished else timeout_seconds):
            comparison = self._jobs.pop(job_id)
            self._remember(comparison, decision)
            self._finished.extend(self._grade(request_id, decision) for request_id in self._waiting.pop(comparison))
        grades = list(self._finished)
        self._finished.clear()
        return grades

    @property
    def n_pending(self) -> int:
        """Comparisons submitted and not yet returned."""
        return len(self._finished) + sum(map(len, self._waiting.values()))

    def close(self) -> None:
        """End the worker processes."""
        self.pool.close()

    def _decide(self, request: GradingRequest, comparison: _Comparison) -> None:
        decision = self.at_once(request)
        if decision is None:
            self._n_jobs += 1
            self._jobs[self._n_jobs] = comparison
            self._waiting[comparison] = [request.request_id]
            self.pool.submit(self._n_jobs, request.answer, request.reference)
            return
        self._remember(comparison, decision)
        self._finished.append(self._grade(request.request_id, decision))

    def _remember(self, comparison: _Comparison, decision: Decision) -> None:
        self._remembered[comparison] = decision
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    def _grade(self, request_id: int, decision: Decision) -> Grade:
        verdict: Verdict = "unknown" if decision.equal is None else ("correct" if decision.equal else "wrong")
        return Grade(request_id, verdict, decision.method, self.version, decision.why)


def grade_all(pairs: Sequence[tuple[str, str]], grader: Grader, *, between_answers: bool = False) -> list[Grade]:
    """Return the grade of each (answer, reference), in their order. Blocks; nothing else may be pending in the grader."""
    if grader.n_pending:
        raise ValueError(f"{grader.n_pending} comparisons of somebody else are pending in this grader")
    grades: dict[int, Grade] = {}
    for request_id, (answer, reference) in enumerate(pairs):
        grader.submit(GradingRequest(request_id, answer, reference, between_answers))
    while len(grades) < len(pairs):
        grades.update((grade.request_id, grade) for grade in grader.poll(1.0))
    return [grades[request_id] for request_id in range(len(pairs))]
