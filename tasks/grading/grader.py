"""The grader: numbers, text and their lists at once, formulas in worker processes, identical comparisons once."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from typing import Final, NoReturn

from tasks.grading.base import Grade, Grader, GradingRequest
from tasks.grading.equality.decision import Decision
from tasks.grading.equality.table import decide
from tasks.grading.pool import WorkerPool
from tasks.grading.settings import GradingSettings
from tasks.grading.values.expressions import Expression
from warehouse.records import Verdict

RULES_VERSION: Final = "3"
"""Raised whenever a change of the rules may change a verdict."""
_MAX_REMEMBERED: Final = 100_000

_Pair = tuple[str, str]


class _NeedsWorker(Exception):
    """Only a comparison of formulas can decide this pair."""


def open_grader(settings: GradingSettings) -> "ProcessGrader":
    """Return a grader. Its worker processes start with the first answer that needs them."""
    return ProcessGrader(WorkerPool(settings))


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


@dataclass(slots=True)
class ProcessGrader:
    """Grades answers; see base.Grader. Driven by one thread."""

    pool: WorkerPool
    _finished: deque[Grade] = field(default_factory=deque)
    _remembered: OrderedDict[_Pair, Decision] = field(default_factory=OrderedDict)
    _waiting: dict[_Pair, list[int]] = field(default_factory=dict)
    _jobs: dict[int, _Pair] = field(default_factory=dict)
    _n_jobs: int = 0

    def submit(self, request: GradingRequest) -> None:
        """Queue a comparison; numbers, text, and sets and intervals of numbers are decided here, in microseconds."""
        pair = (request.answer, request.reference)
        if pair in self._remembered:
            self._finished.append(_grade(request.request_id, self._remembered[pair]))
        elif pair in self._waiting:
            self._waiting[pair].append(request.request_id)
        else:
            self._decide(request.request_id, pair)

    def poll(self, timeout_seconds: float) -> list[Grade]:
        """Return finished grades, waiting at most timeout_seconds for the first."""
        for job_id, decision in self.pool.poll(0.0 if self._finished else timeout_seconds):
            pair = self._jobs.pop(job_id)
            self._remember(pair, decision)
            self._finished.extend(_grade(request_id, decision) for request_id in self._waiting.pop(pair))
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

    def _decide(self, request_id: int, pair: _Pair) -> None:
        try:
            decision = decide(*pair, self.pool.settings, _LeftToWorkers())
        except _NeedsWorker:
            self._n_jobs += 1
            self._jobs[self._n_jobs] = pair
            self._waiting[pair] = [request_id]
            self.pool.submit(self._n_jobs, *pair)
            return
        self._remember(pair, decision)
        self._finished.append(_grade(request_id, decision))

    def _remember(self, pair: _Pair, decision: Decision) -> None:
        self._remembered[pair] = decision
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)


def _grade(request_id: int, decision: Decision) -> Grade:
    verdict: Verdict = "unknown" if decision.equal is None else ("correct" if decision.equal else "wrong")
    return Grade(request_id, verdict, decision.method, grading_version(), decision.why)


def grade_all(pairs: Sequence[tuple[str, str]], grader: Grader) -> list[Grade]:
    """Return the grade of each (answer, reference), in their order. Blocks; nothing else may be pending in the grader."""
    if grader.n_pending:
        raise ValueError(f"{grader.n_pending} comparisons of somebody else are pending in this grader")
    grades: dict[int, Grade] = {}
    for request_id, (answer, reference) in enumerate(pairs):
        grader.submit(GradingRequest(request_id, answer, reference))
    while len(grades) < len(pairs):
        grades.update((grade.request_id, grade) for grade in grader.poll(1.0))
    return [grades[request_id] for request_id in range(len(pairs))]
