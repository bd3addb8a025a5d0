"""Policy and PPM on Hugging Face transformers: the fallback, and the second opinion that tests compare vLLM with.

Slow and simple: one turn answers one request. Its candidates share one batch of equal prompts, so nothing is padded and an
answer depends on its request alone.
"""

from collections import deque
from pathlib import Path
from typing import Any

from models.checkpoints.store import require_model_files
from models.engines.base import Answer, Candidate, Generation, GenerationRequest, Rejection, Request, ScoringRequest
from models.engines.failures import engine_failures
from models.engines.ppm_score import score_from_logit
from models.engines.prompt_tokens import PromptTokens
from models.engines.requests import OpenScorings, refuse_generation, refuse_prefix, refuse_text
from models.engines.settings import EngineSettings
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
        self._policy = _TorchModel(policy, self._settings, "AutoModelForCausalLM")
        self._ppm = None if ppm is None else _TorchModel(ppm, self._settings, "AutoModelForSequenceClassification")
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


class _TorchModel:
    """A model with its tokenizer, in evaluation mode on the CPU."""

    def __init__(self, directory: Path, settings: EngineSettings, auto_class: str) -> None:
        require_model_files(directory)
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.set_num_threads(settings.n_threads)
        self.directory = directory
        with engine_failures(f"loading {directory} with transformers"):
            tokenizer: Any = transformers.AutoTokenizer.from_pretrained(directory, local_files_only=True)
            self.tokens = PromptTokens(tokenizer)
            self._model: Any = getattr(transformers, auto_class).from_pretrained(
                directory, local_files_only=True, dtype=getattr(torch, settings.dtype)
            )
        self._model.eval()

    def generate(self, request: GenerationRequest, prompt_ids: tuple[int, ...], max_tokens: int) -> tuple[Candidate, ...]:
        """Return one candidate per seed."""
        import torch

        generators = [torch.Generator().manual_seed(seed) for seed in request.seeds]
        input_ids = torch.tensor([prompt_ids] * len(generators))
        new_ids: list[list[int]] = [[] for _ in generators]
        open_rows = set(range(len(generators)))
        cache = None
        with torch.inference_mode():
            while open_rows:
                outputs = self._model(input_ids=input_ids, past_key_values=cache, use_cache=True)
                cache = outputs.past_key_values
                logits = outputs.logits[:, -1].float()
                input_ids = _next_tokens(logits, request.temperature, generators)
                for row in sorted(open_rows):
                    new_ids[row].append(int(input_ids[row, 0]))
                    if len(new_ids[row]) == max_tokens or self.tokens.is_over(prompt_ids, new_ids[row], request.stop):
                        open_rows.remove(row)
        return tuple(self.tokens.candidate(prompt_ids, row_ids, request.stop) for row_ids in new_ids)

    def score(self, prefix_ids: tuple[int, ...]) -> float:
        """Return the PPM score of a prefix, in (-1, 1), or NaN."""
        import torch

        with torch.inference_mode():
            logit = float(self._model(input_ids=torch.tensor([prefix_ids])).logits[0, 0])
        return score_from_logit(logit)


def _next_tokens(logits: Any, temperature: float, generators: list[Any]) -> Any:
    """Return int64 (batch, 1): each row's next token, drawn with its own generator; greedy at temperature 0."""
    import torch

    if temperature == 0:
        return logits.argmax(dim=-1, keepdim=True)
    probabilities = torch.softmax(logits / temperature, dim=-1)
    rows = [torch.multinomial(row, 1, generator=generator) for row, generator in zip(probabilities, generators, strict=True)]
    return torch.stack(rows)
