"""An engine whose policy may be a model that was never taught the step format: prefixes go in, steps of the format come out."""

from dataclasses import replace
from pathlib import Path

from models.engines.base import Answer, Candidate, Engine, Generation, GenerationRequest, Request
from tasks.bootstrap.budget import TokenBudget
from tasks.bootstrap.prompting import Prompting, opening_of, prompting_of
from tasks.bootstrap.repair import mended_answer, mended_program, mended_step
from tasks.search.format import ANSWER, END_OF_CODE, END_OF_STEP, OUTPUT


class PromptedEngine:
    """The Engine of models.engines.base, over another one that it owns. A policy that knows the format passes untouched."""

    def __init__(self, engine: Engine, prompting: Prompting | None, budget: TokenBudget | None = None) -> None:
        self._engine = engine
        self._prompting = prompting
        self._budget = budget
        self._asked: dict[int, GenerationRequest] = {}

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Serve these checkpoints from now on, the policy prompted as its directory says."""
        self._engine.load(policy, ppm)
        self._prompting = prompting_of(policy)

    def submit(self, request: Request) -> None:
        """Queue a request."""
        if self._prompting is not None and isinstance(request, GenerationRequest):
            self._asked[request.request_id] = request
            request = _presented(request, self._prompting)
        self._engine.submit(request)

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return the answers that are ready, generations as the step format has them."""
        return [self._mended(answer) for answer in self._engine.poll(timeout_seconds)]

    @property
    def n_pending(self) -> int:
        """Requests submitted and not yet answered."""
        return self._engine.n_pending

    def close(self) -> None:
        """Close the engine underneath."""
        self._engine.close()

    def _mended(self, answer: Answer) -> Answer:
        request = self._asked.pop(answer.request_id, None)
        if request is None or self._prompting is None or not isinstance(answer, Generation):
            return answer
        if self._budget is not None:
            # Such a server is sent the prompt once per candidate.
            read = answer.n_prompt_tokens * len(answer.candidates)
            self._budget.spend(read + sum(candidate.n_tokens for candidate in answer.candidates))
        candidates = tuple(mended(one, request, self._prompting.foreign_stops) for one in answer.candidates)
        # Tokens are about as long on average in the examples as in the rest.
        n_chars = len(self._prompting.presented(request.prompt, ""))
        n_shared_tokens = answer.n_prompt_tokens * len(self._prompting.head) // n_chars
        return replace(answer, candidates=candidates, n_shared_tokens=n_shared_tokens)


def mended(candidate: Candidate, request: GenerationRequest, foreign_stops: tuple[str, ...]) -> Candidate:
    """Return a candidate as the step format has it; what was asked for is told by where it was to stop."""
    # An engine calls the model's own end of text a length; only fewer tokens than were allowed tell the two apart.
    ended = candidate.n_tokens < request.max_tokens
    candidate = _with_opening(candidate, request.stop, foreign_stops)
    if END_OF_STEP in request.stop:
        return mended_step(candidate, foreign_stops, ended=ended)
    if END_OF_CODE in request.stop:
        return mended_program(candidate, foreign_stops, ended=ended)
    return mended_answer(candidate, request.prompt, foreign_stops)


def _with_opening(candidate: Candidate, stop: tuple[str, ...], foreign_stops: tuple[str, ...]) -> Candidate:
    """Return a candidate that begins with what was written for the model; one that added nothing to it stays empty."""
    if candidate.text.strip() in ("", *stop, *foreign_stops, OUTPUT, ANSWER):
        return candidate
    return replace(candidate, text=opening_of(stop) + candidate.text)


def _presented(request: GenerationRequest, prompting: Prompting) -> GenerationRequest:
    ends_code = END_OF_CODE in request.stop
    stop = (*request.stop, *((OUTPUT, ANSWER) if ends_code else ()), *prompting.foreign_stops)
    return replace(
        request,
        prompt=prompting.presented(request.prompt, opening_of(request.stop)),
        stop=stop,
        n_shared_chars=len(prompting.head),
    )
