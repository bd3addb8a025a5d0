"""Requests on their way from searches to the engine, the sandbox and the grader, and answers on their way back."""

import itertools
import math
from collections.abc import Callable
from typing import Final

from models.engines.base import Answer, Engine, Generation, GenerationRequest, Rejection, Scoring, ScoringRequest
from tasks.grading.base import Grade, Grader, GradingRequest
from tasks.sandbox.base import Execution, ExecutionRequest, Sandbox
from tasks.search.ask import Ask
from tasks.search.lane import Flight, SearchCosts
from warehouse.errors import EngineUnavailable

_REMOTE_WAIT_SECONDS: Final = 0.005
"""How long to wait for an engine that computes elsewhere when nothing else is ready; in-process engines compute instead."""
_IDLE_WAIT_SECONDS: Final = 0.05
"""How long to wait for the sandbox or the grader when the engine has nothing to do."""
_MAX_UNSCORED: Final = 64
"""Scores in a row that are no numbers before the PPM, not a prefix, is taken to be at fault."""

_request_ids = itertools.count(1)
"""Ids for the life of the process: machinery is shared, and what an aborted run still had in flight must find no new owner."""


class Traffic:
    """Which request belongs to which Ask. Mutable; used by whichever thread pumps the exchange."""

    def __init__(self, engine: Engine, sandbox: Sandbox, grader: Grader, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._sandbox = sandbox
        self._grader = grader
        self._clock = clock
        self._waiting: dict[int, tuple[Flight, int]] = {}
        self._n_unscored = 0

    @property
    def n_executing(self) -> int:
        """Steps that the sandbox has not run yet."""
        return self._sandbox.n_pending

    def release(self, key: str) -> None:
        """Let the sandbox forget the states of a search that is over."""
        self._sandbox.release(key)

    def submit(self, flight: Flight, ask: Ask) -> None:
        """Pass the requests of an Ask on, each to whoever answers it."""
        for slot, proposal in enumerate(ask.propose):
            request = GenerationRequest(
                self._new_id(flight, slot),
                proposal.prefix,
                proposal.seeds,
                proposal.temperature,
                proposal.stop,
                proposal.max_tokens,
                # Whoever came first goes first, so that shards end in their order and no tree is the last for long.
                priority=flight.running.number,
            )
            self._engine.submit(request)
        for slot, prefix in enumerate(ask.score):
            self._engine.submit(ScoringRequest(self._new_id(flight, slot), (prefix,)))
        for slot, path in enumerate(ask.execute):
            self._sandbox.submit(ExecutionRequest(self._new_id(flight, slot), flight.running.key, path))
        for slot, comparison in enumerate(ask.grade):
            request_id = self._new_id(flight, slot)
            self._grader.submit(GradingRequest(request_id, comparison.answer, comparison.reference))

    def _new_id(self, flight: Flight, slot: int) -> int:
        request_id = next(_request_ids)
        self._waiting[request_id] = (flight, slot)
        return request_id

    def collect(self, costs: SearchCosts) -> list[Flight]:
        """Return the Asks that are now answered in full, after a turn of the engine or a short wait, which `costs` hold."""
        clock = self._clock
        came = self._from_sandbox_and_grader(0.0)
        if self._engine.n_pending:
            start = clock()
            answers = self._engine.poll(0.0 if came else _REMOTE_WAIT_SECONDS)
            costs.engine_wall_seconds += clock() - start
            for answer in answers:
                came += self._fill_from_engine(answer)
        elif not came:
            start = clock()
            came = self._from_sandbox_and_grader(_IDLE_WAIT_SECONDS)
            costs.wait_wall_seconds += clock() - start
        return came

    def _from_sandbox_and_grader(self, timeout_seconds: float) -> list[Flight]:
        came: list[Flight] = []
        if self._sandbox.n_pending:
            for execution in self._sandbox.poll(timeout_seconds):
                came += self._fill_execution(execution)
        if self._grader.n_pending:
            for grade in self._grader.poll(0.0 if came else timeout_seconds):
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


def _filled(flight: Flight) -> list[Flight]:
    flight.n_open -= 1
    return [] if flight.n_open else [flight]
