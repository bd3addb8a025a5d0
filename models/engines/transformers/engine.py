"""Policy and PPM on Hugging Face transformers: the fallback, and the second opinion that tests compare vLLM with.

Slow and simple: one turn answers one request. Its candidates share one batch of equal prompts, so nothing is padded and an
answer depends on its request alone.
"""

from collections import deque
from pathlib import Path

from models.engines.base import Answer, Generation, GenerationRequest, Rejection, Request, ScoringRequest
from models.engines.failures import engine_failures
from models.engines.requests import OpenScorings, refuse_generation, refuse_prefix, refuse_text
from models.engines.settings import EngineSettings
from models.engines.transformers.model import TorchModel
from warehouse.errors import EngineUnavailable


class TransformersEngine:
    """The Engine of models.engines.base on transformers."""

    def __init__(self, settings: EngineSettings, policy: Path, ppm: Path | None) -> None:
        self._settings = settings
        self._queue: deque[Request] = deque()
        self.load(policy, ppm)

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Serve these checkpoints from now on."""
        if self._queue:
            raise EngineUnavailable(
                f"{self.n_pending} requests are pending, so no other weights can be loaded", hint="poll until they are answered"
            )
        self._policy = TorchModel(policy, self._settings, "AutoModelForCausalLM")
        self._ppm = None if ppm is None else TorchModel(ppm, self._settings, "AutoModelForSequenceClassification")
        self._scorings = OpenScorings(self._settings.score_cache_size)

    def submit(self, request: Request) -> None:
        """Queue a request."""
        self._queue.append(request)

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return the answer to the oldest request; timeout_seconds is not waited, a turn is work."""
        if not self._queue:
            return []
        with engine_failures(f"serving {self._policy.directory} with transformers"):
            match self._queue.popleft():
                case GenerationRequest() as request:
                    return [self._generate(request)]
                case ScoringRequest() as request:
                    return [self._score(request)]

    @property
    def n_pending(self) -> int:
        """Requests submitted and not yet answered."""
        return len(self._queue)

    def close(self) -> None:
        """Give back the memory of both models."""
        del self._policy, self._ppm

    def _generate(self, request: GenerationRequest) -> Answer:
        reason = refuse_text(request.prompt)
        if reason is not None:
            return Rejection(request.request_id, reason)
        prompt_ids = self._policy.tokens.encode(request.prompt)
        refusal = refuse_generation(request, len(prompt_ids), self._settings.max_model_len)
        if refusal is not None:
            return refusal
        max_tokens = min(request.max_tokens, self._settings.max_model_len - len(prompt_ids))
        return Generation(request.request_id, self._policy.generate(request, prompt_ids, max_tokens), len(prompt_ids))

    def _score(self, request: ScoringRequest) -> Answer:
        if self._ppm is None:
            return Rejection(request.request_id, "no PPM is loaded, so prefixes have no score")
        for prefix in request.prefixes:
            reason = refuse_text(prefix) or refuse_prefix(len(self._ppm.tokens.encode(prefix)), self._settings.max_model_len)
            if reason is not None:
                return Rejection(request.request_id, reason)
        for prefix in self._scorings.open(request):
            self._scorings.put(prefix, self._ppm.score(self._ppm.tokens.encode(prefix)))
        return self._scorings.take()[0]
