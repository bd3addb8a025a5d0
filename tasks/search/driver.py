"""One loop that keeps a window of searches in flight and the engine, the sandbox and the grader busy.

Nothing waits for a slow tree: each search is resumed as soon as its own Ask is answered, and its place in the window is
refilled as soon as it ends. In-process engines advance one batch step per turn, while the sandbox's processes work on the
other cores. Which answers arrive first changes the order in which searches end, never what they find.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from models.engine import Answer, Candidate, Engine, Generation, GenerationRequest, Rejection, Scoring, ScoringRequest
from tasks.grading.base import Grade, Grader, GradingRequest
from tasks.sandbox.base import Execution, ExecutionRequest, Sandbox
from tasks.search.ask import Ask, Replies, Search
from warehouse.errors import EngineUnavailable, Interrupted

T = TypeVar("T")

_REMOTE_WAIT_SECONDS = 0.005
"""How long to wait for an engine that computes elsewhere when nothing else is ready; in-process engines compute instead."""
_IDLE_WAIT_SECONDS = 0.05
"""How long to wait for the sandbox or the grader when the engine has nothing to do."""


_request_ids = itertools.count(1)
"""Ids for the life of the process: machinery is shared, and what an aborted run still had in flight must find no new owner."""


@dataclass(slots=True)
class SearchCosts:
    """What a run of the driver used. Mutable: it counts. Wall seconds are those of the driver's thread."""

    n_tokens: int = 0
    n_prompt_tokens: int = 0
    n_proposals: int = 0
    n_executions: int = 0
    n_scores: int = 0
    n_grades: int = 0
    sandbox_seconds: float = 0.0
    engine_wall_seconds: float = 0.0
    wait_wall_seconds: float = 0.0


@dataclass(slots=True, eq=False)
class _Flight(Generic[T]):
    """A search between an Ask and its Replies. Mutable: the slots fill as answers come."""

    key: str
    search: Search[T]
    n_open: int = 0
    candidates: list[tuple[Candidate, ...]] = field(default_factory=list)
    executions: list[Execution | None] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    grades: list[Grade | None] = field(default_factory=list)

    def expect(self, ask: Ask) -> None:
        self.n_open = len(ask.propose) + len(ask.execute) + len(ask.score) + len(ask.grade)
        self.candidates = [()] * len(ask.propose)
        self.executions = [None] * len(ask.execute)
        self.scores = [None] * len(ask.score)
        self.grades = [None] * len(ask.grade)

    def replies(self) -> Replies:
        return Replies(
            tuple(self.candidates),
            tuple(execution for execution in self.executions if execution is not None),
            tuple(self.scores),
            tuple(grade for grade in self.grades if grade is not None),
        )


@dataclass(frozen=True, slots=True)
class Machinery:
    """What a driver drives. clock: seconds, for costs alone. cancelled: asked every turn whether to give up."""

    engine: Engine
    sandbox: Sandbox
    grader: Grader
    clock: Callable[[], float]
    cancelled: Callable[[], bool]


class Driver(Generic[T]):
    """Runs searches to their end. Owns none of its machinery: whoever opened that closes it."""

    def __init__(self, machinery: Machinery, *, window: int) -> None:
        self.costs = SearchCosts()
        self._engine = machinery.engine
        self._sandbox = machinery.sandbox
        self._grader = machinery.grader
        self._clock = machinery.clock
        self._cancelled = machinery.cancelled
        self._window = window
        self._waiting: dict[int, tuple[_Flight[T], int]] = {}
        self._n_flying = 0

    def run(self, searches: Iterable[tuple[str, Search[T]]]) -> Iterator[tuple[str, T]]:
        """Yield (key, result) of each search as it ends. Searches are drawn only as places in the window become free.

        Raises Interrupted as soon as `cancelled` says so, and what the engine, the sandbox or the grader raise when their
        machinery fails; nothing is labelled by that.
        """
        todo = iter(searches)
        exhausted = False
        while True:
            while not exhausted and self._n_flying < self._window:
                started = next(todo, None)
                if started is None:
                    exhausted = True
                    break
                self._n_flying += 1
                yield from self._advance(_Flight(*started), None)
            if exhausted and self._n_flying == 0:
                return
            if self._cancelled():
                raise Interrupted(
                    "the search was cancelled", hint="run the same command again: finished shards are not repeated"
                )
            for flight in self._turn():
                yield from self._advance(flight, flight.replies())

    def _advance(self, flight: _Flight[T], replies: Replies | None) -> Iterator[tuple[str, T]]:
        """Resume a search until it needs something; yield its result if it ended instead."""
        try:
            while True:
                ask = next(flight.search) if replies is None else flight.search.send(replies)
                flight.expect(ask)
                if flight.n_open:
                    self._submit(flight, ask)
                    return
                replies = flight.replies()
        except StopIteration as end:
            self._n_flying -= 1
            self._sandbox.release(flight.key)
            yield flight.key, end.value

    def _submit(self, flight: _Flight[T], ask: Ask) -> None:
        for slot, proposal in enumerate(ask.propose):
            request = GenerationRequest(
                self._new_id(flight, slot),
                proposal.prefix,
                proposal.seeds,
                proposal.temperature,
                proposal.stop,
                proposal.max_tokens,
            )
            self._engine.submit(request)
        for slot, prefix in enumerate(ask.score):
            self._engine.submit(ScoringRequest(self._new_id(flight, slot), (prefix,)))
        for slot, path in enumerate(ask.execute):
            self._sandbox.submit(ExecutionRequest(self._new_id(flight, slot), flight.key, path))
        for slot, comparison in enumerate(ask.grade):
            request_id = self._new_id(flight, slot)
            self._grader.submit(GradingRequest(request_id, comparison.answer, comparison.reference))

    def _new_id(self, flight: _Flight[T], slot: int) -> int:
        request_id = next(_request_ids)
        self._waiting[request_id] = (flight, slot)
        return request_id

    def _turn(self) -> list[_Flight[T]]:
        """Return the searches whose Ask is now answered in full."""
        came = self._collect(0.0)
        if self._engine.n_pending:
            start = self._clock()
            answers = self._engine.poll(0.0 if came else _REMOTE_WAIT_SECONDS)
            self.costs.engine_wall_seconds += self._clock() - start
            for answer in answers:
                came += self._fill_from_engine(answer)
        elif not came:
            start = self._clock()
            came = self._collect(_IDLE_WAIT_SECONDS)
            self.costs.wait_wall_seconds += self._clock() - start
        return came

    def _collect(self, timeout_seconds: float) -> list[_Flight[T]]:
        came: list[_Flight[T]] = []
        if self._sandbox.n_pending:
            for execution in self._sandbox.poll(timeout_seconds):
                came += self._fill_execution(execution)
        if self._grader.n_pending:
            for grade in self._grader.poll(0.0 if came else timeout_seconds):
                came += self._fill_grade(grade)
        return came

    def _fill_execution(self, execution: Execution) -> list[_Flight[T]]:
        owner = self._waiting.pop(execution.request_id, None)
        if owner is None:
            return []
        flight, slot = owner
        flight.executions[slot] = execution
        self.costs.n_executions += 1
        self.costs.sandbox_seconds += execution.duration_seconds
        return self._filled(flight)

    def _fill_grade(self, grade: Grade) -> list[_Flight[T]]:
        owner = self._waiting.pop(grade.request_id, None)
        if owner is None:
            return []
        flight, slot = owner
        flight.grades[slot] = grade
        self.costs.n_grades += 1
        return self._filled(flight)

    def _fill_from_engine(self, answer: Answer) -> list[_Flight[T]]:
        owner = self._waiting.pop(answer.request_id, None)
        if owner is None:
            return []
        flight, slot = owner
        match answer:
            case Generation(candidates=candidates, n_prompt_tokens=n_prompt_tokens):
                flight.candidates[slot] = candidates
                self.costs.n_proposals += 1
                self.costs.n_tokens += sum(candidate.n_tokens for candidate in candidates)
                self.costs.n_prompt_tokens += n_prompt_tokens
            case Scoring(scores=(score, *_)):
                flight.scores[slot] = _finite(score)
                self.costs.n_scores += 1
            case Rejection():
                pass  # The slot keeps its empty value, which the search reads as "no room to go on".
        return self._filled(flight)

    def _filled(self, flight: _Flight[T]) -> list[_Flight[T]]:
        flight.n_open -= 1
        return [] if flight.n_open else [flight]


def _finite(score: float) -> float:
    """Return the score, which must be a number: a NaN would silently order every tree."""
    if not math.isfinite(score):
        raise EngineUnavailable(
            f"the PPM returned {score} as a score",
            hint="its checkpoint is damaged or diverged in training: retrain or replace it",
        )
    return score
