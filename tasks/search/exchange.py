"""Where the searches of all drivers that share one machinery meet it.

One thread at a time pumps: it starts searches, passes requests on, collects answers and resumes whoever has all of his. The
others wait for their results; when the pumping one takes a result away to its caller, another goes on. So a shard whose last
trees are still growing leaves its places to the next shard, and writing finished trees down holds up nobody.
"""

import itertools
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from models.engines.base import Answer, Engine, Generation, GenerationRequest, Rejection, Scoring, ScoringRequest
from tasks.grading.base import Grade, Grader, GradingRequest
from tasks.sandbox.base import Execution, ExecutionRequest, Sandbox
from tasks.search.ask import Ask, Replies, Search, Stopped
from tasks.search.lane import Flight, Lane, Running
from warehouse.errors import EngineUnavailable, Interrupted, StargroveError
from warehouse.records import StoppedEnding

_REMOTE_WAIT_SECONDS: Final = 0.005
"""How long to wait for an engine that computes elsewhere when nothing else is ready; in-process engines compute instead."""
_IDLE_WAIT_SECONDS: Final = 0.05
"""How long to wait for the sandbox or the grader when the engine has nothing to do."""
_MAX_UNSCORED: Final = 64
"""Scores in a row that are no numbers before the PPM, not a prefix, is taken to be at fault."""

_request_ids = itertools.count(1)
"""Ids for the life of the process: machinery is shared, and what an aborted run still had in flight must find no new owner."""


@dataclass(frozen=True, slots=True)
class Machinery:
    """What a driver drives. clock: seconds, for costs and deadlines. cancelled: asked every turn whether to give up.

    Drivers that are given one Machinery share it; one thread each.
    """

    engine: Engine
    sandbox: Sandbox
    grader: Grader
    clock: Callable[[], float]
    cancelled: Callable[[], bool]
    exchange: "Exchange" = field(default_factory=lambda: Exchange())


class Exchange:
    """State of what is in flight between searches and machinery."""

    def __init__(self) -> None:
        self._lanes: list[Lane] = []
        self._waiting: dict[int, tuple[Flight, int]] = {}
        self._condition = threading.Condition()
        self._is_pumped = False
        self._failure: Exception | None = None
        self._since = 0.0
        self._n_unscored = 0

    def join(self, lane: Lane, clock: Callable[[], float]) -> None:
        """Let a driver's searches take part, after those of the drivers that came before."""
        with self._condition:
            if not self._lanes:
                self._since = clock()
            self._lanes.append(lane)

    def leave(self, lane: Lane) -> None:
        """Forget a driver's searches; what they still have in flight is dropped when it is answered."""
        with self._condition:
            self._lanes.remove(lane)
            lane.is_closed = True
            self._condition.notify_all()

    def next_result(self, lane: Lane, machinery: Machinery) -> tuple[str, Any] | None:
        """Return the key and result of a search that ended; None when every one has. Pumps where nobody else does."""
        while True:
            with self._condition:
                while self._is_pumped and not (lane.finished or lane.is_done or self._failure):
                    self._condition.wait()
                if self._failure is not None:
                    raise self._failure_of_another()
                if lane.finished or lane.is_done:
                    self._condition.notify_all()
                    return lane.finished.popleft() if lane.finished else None
                self._is_pumped = True
            self._pump(machinery)

    def _pump(self, machinery: Machinery) -> None:
        try:
            self._turn(machinery)
        except Exception as error:
            with self._condition:
                self._failure = error
            raise
        finally:
            with self._condition:
                self._is_pumped = False
                if self._failure is not None or any(lane.finished or lane.is_done for lane in self._lanes):
                    self._condition.notify_all()

    def _failure_of_another(self) -> Exception:
        match self._failure:
            case StargroveError() as error:
                return type(error)(error.message, hint=error.hint)
            case error:
                return RuntimeError(f"another search of the same machinery failed: {error}")

    def _turn(self, machinery: Machinery) -> None:
        """Start what there is room for, collect what has come, and resume the searches whose Ask is answered in full."""
        if machinery.cancelled():
            raise Interrupted("the search was cancelled", hint="run the same command again: finished shards are not repeated")
        with self._condition:
            lanes = tuple(self._lanes)
        for lane in lanes:
            self._start(lane, lanes, machinery)
            if not lane.is_exhausted:
                break  # Places are for the oldest driver first, so that shards end in their order.
        now = machinery.clock()
        for lane in lanes:
            if not lane.is_closed:
                self._stop_late(lane, now, machinery)
        head = lanes[0]
        for flight in self._collect_all(head, machinery):
            if not (flight.running.is_over or flight.running.lane.is_closed):
                flight.running.n_open -= 1
                self._resume(flight.running, flight.replies(), machinery)
        now = machinery.clock()
        head.costs.wall_seconds += now - self._since
        self._since = now

    # Searches

    def _start(self, lane: Lane, lanes: tuple[Lane, ...], machinery: Machinery) -> None:
        """Draw searches while there are places, the sandbox keeps up and finished trees are taken away."""
        window = lane.window
        while (
            not (lane.is_exhausted or lane.is_closed)
            and sum(len(other.running) for other in lanes) < window.size
            and len(lane.finished) < window.size
            and machinery.sandbox.n_pending <= window.size
        ):
            started = next(lane.todo, None)
            if started is None:
                lane.is_exhausted = True
                return
            running = Running(*started, lane, machinery.clock())
            lane.running[running] = None
            self._resume(running, None, machinery)

    def _stop_late(self, lane: Lane, now: float, machinery: Machinery) -> None:
        """End trees whose time is over, and those that somebody gave up."""
        if lane.deadline_seconds is not None:
            late = itertools.takewhile(lambda one: now - one.started >= (lane.deadline_seconds or 0.0), lane.running)
            for running in list(late):
                self._throw(running, "deadline", machinery)
        if lane.cancelled:
            for running in [one for one in lane.running if one.key in lane.cancelled]:
                self._throw(running, "cancelled", machinery)

    def _throw(self, running: Running, ending: StoppedEnding, machinery: Machinery) -> None:
        try:
            running.search.throw(Stopped(ending))
        except StopIteration as end:
            self._end(running, end.value, machinery)
        else:
            raise RuntimeError(f"the search {running.key} went on after it was stopped")

    def _resume(self, running: Running, replies: Replies | None, machinery: Machinery) -> None:
        """Resume a search until it needs something that is on its way; take its result if it ended instead."""
        try:
            while True:
                ask = _next_ask(running.search, replies)
                if ask.n_requests:
                    running.n_open += 1
                    self._submit(Flight(running, ask), ask, machinery)
                if ask.wait and running.n_open:
                    return
                replies = Replies(strand=ask.strand)
        except StopIteration as end:
            self._end(running, end.value, machinery)

    def _end(self, running: Running, result: object, machinery: Machinery) -> None:
        running.is_over = True
        del running.lane.running[running]
        running.lane.finished.append((running.key, result))
        machinery.sandbox.release(running.key)

    # Requests and answers

    def _submit(self, flight: Flight, ask: Ask, machinery: Machinery) -> None:
        for slot, proposal in enumerate(ask.propose):
            request = GenerationRequest(
                self._new_id(flight, slot),
                proposal.prefix,
                proposal.seeds,
                proposal.temperature,
                proposal.stop,
                proposal.max_tokens,
            )
            machinery.engine.submit(request)
        for slot, prefix in enumerate(ask.score):
            machinery.engine.submit(ScoringRequest(self._new_id(flight, slot), (prefix,)))
        for slot, path in enumerate(ask.execute):
            machinery.sandbox.submit(ExecutionRequest(self._new_id(flight, slot), flight.running.key, path))
        for slot, comparison in enumerate(ask.grade):
            request_id = self._new_id(flight, slot)
            machinery.grader.submit(GradingRequest(request_id, comparison.answer, comparison.reference))

    def _new_id(self, flight: Flight, slot: int) -> int:
        request_id = next(_request_ids)
        self._waiting[request_id] = (flight, slot)
        return request_id

    def _collect_all(self, head: Lane, machinery: Machinery) -> list[Flight]:
        """Return the Asks that are now answered in full, after a turn of the engine or a short wait."""
        clock = machinery.clock
        came = self._collect(machinery, 0.0)
        if machinery.engine.n_pending:
            start = clock()
            answers = machinery.engine.poll(0.0 if came else _REMOTE_WAIT_SECONDS)
            head.costs.engine_wall_seconds += clock() - start
            for answer in answers:
                came += self._fill_from_engine(answer)
        elif not came:
            start = clock()
            came = self._collect(machinery, _IDLE_WAIT_SECONDS)
            head.costs.wait_wall_seconds += clock() - start
        return came

    def _collect(self, machinery: Machinery, timeout_seconds: float) -> list[Flight]:
        came: list[Flight] = []
        if machinery.sandbox.n_pending:
            for execution in machinery.sandbox.poll(timeout_seconds):
                came += self._fill_execution(execution)
        if machinery.grader.n_pending:
            for grade in machinery.grader.poll(0.0 if came else timeout_seconds):
                came += self._fill_grade(grade)
        return came

    def _fill_execution(self, execution: Execution) -> list[Flight]:
        owner = self._waiting.pop(execution.request_id, None)
        if owner is None:
            return []
        flight, slot = owner
        flight.executions[slot] = execution
        costs = flight.running.lane.costs
        costs.n_executions += 1
        costs.sandbox_seconds += execution.duration_seconds
        return _filled(flight)

    def _fill_grade(self, grade: Grade) -> list[Flight]:
        owner = self._waiting.pop(grade.request_id, None)
        if owner is None:
            return []
        flight, slot = owner
        flight.grades[slot] = grade
        flight.running.lane.costs.n_grades += 1
        return _filled(flight)

    def _fill_from_engine(self, answer: Answer) -> list[Flight]:
        owner = self._waiting.pop(answer.request_id, None)
        if owner is None:
            return []
        flight, slot = owner
        lane = flight.running.lane
        match answer:
            case Generation(candidates=candidates, n_prompt_tokens=n_prompt_tokens, n_shared_tokens=n_shared_tokens):
                flight.candidates[slot] = candidates
                n_tokens = sum(candidate.n_tokens for candidate in candidates)
                lane.costs.n_proposals += 1
                lane.costs.n_tokens += n_tokens
                lane.costs.n_prompt_tokens += n_prompt_tokens
                lane.window.observe(n_prompt_tokens - n_shared_tokens + n_tokens)
            case Scoring(scores=(score, *_)):
                flight.scores[slot] = self._counted(score)
                lane.costs.n_scores += 1
            case Rejection():
                pass  # The slot keeps its empty value, which the search reads as "no room to go on".
        return _filled(flight)

    def _counted(self, score: float) -> float:
        """Return the score, NaN for whatever is no number. Many of those in a row are the fault of the checkpoint."""
        if math.isfinite(score):
            self._n_unscored = 0
            return score
        self._n_unscored += 1
        if self._n_unscored >= _MAX_UNSCORED:
            raise EngineUnavailable(
                f"the PPM gave no number for {_MAX_UNSCORED} prefixes in a row, the last score was {score}",
                hint="its checkpoint is damaged or diverged in training: retrain or replace it",
            )
        return math.nan


def _next_ask(search: Search[Any], replies: Replies | None) -> Ask:
    return next(search) if replies is None else search.send(replies)


def _filled(flight: Flight) -> list[Flight]:
    flight.n_open -= 1
    return [] if flight.n_open else [flight]
