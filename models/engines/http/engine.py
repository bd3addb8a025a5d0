"""Policy and PPM on servers that run already: any number of them, each speaking OpenAI's protocol, the PPM's with /classify.

Every candidate is a request with its own seed, so it does not matter which server answers, nor how often it was asked. A
thread of its own runs the event loop; `submit` and `poll` hand over and take back.
"""

import asyncio
import os
import queue
import random
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from models.engines.base import Answer, Candidate, Generation, GenerationRequest, Rejection, Request, ScoringRequest
from models.engines.http.fleet import Fleet
from models.engines.http.server import Use
from models.engines.http.wire import Refused, classify_body, completion_body, read_completion, read_logit
from models.engines.ppm_score import score_from_logit
from models.engines.requests import OpenScorings, refuse_generation, refuse_text
from models.engines.settings import EngineSettings
from warehouse.errors import EngineUnavailable

T = TypeVar("T")

API_KEYS: Final[dict[Use, str]] = {"policy": "STARGROVE_POLICY_API_KEY", "ppm": "STARGROVE_PPM_API_KEY"}
"""Environment variables, because settings are stored beside the data."""

_CONNECT_SECONDS: Final = 10.0
_KEEPALIVE_SECONDS: Final = 2.0
"""Servers hang up after 5 s without a request; a connection that is used at that moment is a request lost."""


class HttpEngine:
    """The Engine of models.engines.base on a fleet of servers. Driven by one thread."""

    def __init__(self, settings: EngineSettings, policy: Path, ppm: Path | None) -> None:
        self._settings = settings
        self._scorings = OpenScorings(settings.score_cache_size)
        self._answers: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        self._n_pending = 0
        self._served_ppm: Path | None = None
        self._watched: set[Fleet] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stargrove http engine", daemon=True)
        self._thread.start()
        try:
            self._run(self._open())
            self.load(policy, ppm)
        except BaseException:
            self.close()
            raise

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Have the servers serve these checkpoints from now on."""
        if self.n_pending:
            raise EngineUnavailable(
                f"{self.n_pending} requests are pending, so no other weights can be loaded", hint="poll until they are answered"
            )
        self._run(self._serve(policy, ppm))

    def submit(self, request: Request) -> None:
        """Queue a request."""
        self._n_pending += 1
        self._loop.call_soon_threadsafe(self._begin, request)

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return the answers that have come, waiting at most timeout_seconds for the first."""
        answers: list[Answer] = []
        while self._failure is None:
            try:
                came = self._answers.get(block=not answers, timeout=timeout_seconds)
            except queue.Empty:
                break
            if isinstance(came, BaseException):
                self._failure = came
            else:
                answers.append(came)
        if self._failure is not None:
            raise self._failure
        self._n_pending -= len(answers)
        return answers

    @property
    def n_pending(self) -> int:
        """Requests submitted and not yet answered."""
        return self._n_pending

    def close(self) -> None:
        """Leave the servers, which go on running."""
        if self._loop.is_closed():
            return
        self._run(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        rng = random.Random()
        self._clients = {use: client_for(use) for use in API_KEYS}
        self._policy = Fleet("policy", self._settings, self._clients["policy"], rng)
        self._ppm = Fleet("ppm", self._settings, self._clients["ppm"], rng)

    async def _serve(self, policy: Path, ppm: Path | None) -> None:
        await self._policy.serve(policy)
        if ppm is not None:
            await self._ppm.serve(ppm)
        if ppm != self._served_ppm:
            self._scorings.forget_scores()
        self._served_ppm = ppm
        for fleet in {self._policy, self._ppm} - self._watched:
            if fleet.model:
                self._watched.add(fleet)
                for watch in fleet.watches():
                    self._spawn(watch)

    async def _leave(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients.values():
            await client.aclose()

    def _begin(self, request: Request) -> None:
        match request:
            case GenerationRequest():
                self._spawn(self._generate(request))
            case ScoringRequest():
                self._score(request)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._answers.put(failure)

    async def _generate(self, request: GenerationRequest) -> None:
        refusal = refuse_generation(request, min(1, len(request.prompt)), self._settings.max_model_len)
        reason = refusal.reason if refusal else refuse_text(request.prompt)
        if reason is not None:
            self._answers.put(Rejection(request.request_id, reason))
            return
        # Greedy candidates are all alike: one is generated.
        seeds = request.seeds if request.temperature > 0 else request.seeds[:1]
        replies = await asyncio.gather(*(self._candidate(request, seed) for seed in seeds), return_exceptions=True)
        for reply in replies:
            if isinstance(reply, Refused):
                self._answers.put(Rejection(request.request_id, str(reply)))
                return
            if isinstance(reply, BaseException):
                raise reply
        came = [reply for reply in replies if not isinstance(reply, BaseException)]
        candidates = tuple(candidate for candidate, _ in came)
        if len(candidates) < len(request.seeds):
            candidates *= len(request.seeds)
        self._answers.put(Generation(request.request_id, candidates, came[0][1]))

    async def _candidate(self, request: GenerationRequest, seed: int) -> tuple[Candidate, int]:
        body = completion_body(self._policy.model, request, seed, lent=self._settings.weights == "held")
        return await self._policy.ask(body, request.own_prompt, lambda content: read_completion(content, request.stop))

    def _score(self, request: ScoringRequest) -> None:
        reason = "no PPM is loaded, so prefixes have no score" if self._served_ppm is None else None
        for prefix in request.prefixes:
            reason = reason or refuse_text(prefix)
        if reason is not None:
            self._answers.put(Rejection(request.request_id, reason))
            return
        for prefix in self._scorings.open(request):
            self._spawn(self._score_prefix(prefix))
        self._hand_over_scorings()

    async def _score_prefix(self, prefix: str) -> None:
        try:
            logit = await self._ppm.ask(classify_body(self._ppm.model, prefix), prefix, read_logit)
        except Refused as refused:
            self._scorings.refuse(prefix, str(refused))
        else:
            self._scorings.put(prefix, score_from_logit(logit))
        self._hand_over_scorings()

    def _hand_over_scorings(self) -> None:
        for scoring in self._scorings.take():
            self._answers.put(scoring)


def client_for(use: Use) -> httpx.AsyncClient:
    """Return a client that knows the key of the policy's or the PPM's servers, where the environment has one."""
    key = os.environ.get(API_KEYS[use])
    return httpx.AsyncClient(
        headers={"Authorization": f"Bearer {key}"} if key else {},
        # How many requests are open is decided by the fleet, and how long one may take by the clock around it.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=_KEEPALIVE_SECONDS),
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
    )
