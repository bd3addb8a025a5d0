"""Policy and PPM in vLLM. In this process `poll` advances the policy by one turn and the PPM now and then, and between polls
nothing happens; in processes of their own both compute all the time, and `poll` takes what they have finished.

Every candidate is its own vLLM request with its own seed, so that it depends on its prompt and seed alone: not on its
siblings, the batch, the cache or the order of arrival. (vLLM's n > 1 adds 1 to the seed per sample, and neighbouring
requests would repeat each other.)
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from models.engines.base import Answer, GenerationRequest, Rejection, Request, ScoringRequest
from models.engines.ppm_score import score_from_logit
from models.engines.prompt_tokens import PromptTokens
from models.engines.requests import OpenGeneration, OpenScorings, refuse_generation, refuse_prefix, refuse_text
from models.engines.settings import EngineSettings
from models.engines.vllm.model import InProcess
from models.engines.vllm.start import Use, shape_of
from warehouse.errors import EngineUnavailable


class Model(Protocol):
    """A policy or a PPM inside vLLM. Raises EngineUnavailable when it fails."""

    directory: Path
    tokens: PromptTokens

    @property
    def busy(self) -> bool:
        """Whether any request is queued or being served."""
        ...

    def add(self, key: str, prompt_ids: tuple[int, ...], params: Any, priority: int = 0) -> None:
        """Queue one vLLM request; `step` returns its output with the same key. The lowest priority is served first."""
        ...

    def step(self) -> list[Any]:
        """Return the outputs that are finished, after one turn of work where the model is in this process."""
        ...

    def reload(self, directory: Path) -> None:
        """Serve the weights in `directory`, of a model that differs in nothing else, from the next request on."""
        ...

    def close(self) -> None:
        """Give back the memory."""
        ...


class Models(Protocol):
    """Starts models, and waits for them."""

    @property
    def turns_per_scoring(self) -> int:
        """Polls of a busy policy after which the PPM is given its turn."""
        ...

    def start(self, use: Use, directory: Path) -> Model:
        """Return a model, ready for requests."""
        ...

    def wait(self, timeout_seconds: float) -> bool:
        """Return whether anything was finished since the last wait, waiting for it at most timeout_seconds."""
        ...

    def close(self) -> None:
        """Give back what the models shared, after they are closed."""
        ...


class VllmEngine:
    """The Engine of models.engines.base on vLLM. One thread at a time uses it; it need not be the main one."""

    def __init__(self, settings: EngineSettings, models: Models, policy: Path, ppm: Path | None) -> None:
        self._settings = settings
        self._models = models
        self._generations: dict[int, OpenGeneration] = {}
        self._scorings = OpenScorings(settings.score_cache_size)
        self._ready: list[Answer] = []
        self._n_turns_unscored = 0
        self._ppm: Model | None = None
        with ExitStack() as started:
            started.callback(models.close)
            self._policy = models.start("policy", policy)
            started.callback(self._policy.close)
            if ppm is not None:
                self._ppm = models.start("ppm", ppm)
            started.pop_all()

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Serve these checkpoints from now on. Only weights that differ are read; another architecture restarts vLLM."""
        if self.n_pending:
            raise EngineUnavailable(
                f"{self.n_pending} requests are pending, so no other weights can be loaded", hint="poll until they are answered"
            )
        self._policy = self._serve("policy", self._policy, policy)
        if self._ppm is None or self._ppm.directory != ppm:
            self._scorings.forget_scores()
        if ppm is not None:
            self._ppm = self._serve("ppm", self._ppm, ppm)
        elif self._ppm is not None:
            self._ppm.close()
            self._ppm = None

    def submit(self, request: Request) -> None:
        """Queue a request."""
        match request:
            case GenerationRequest():
                self._submit_generation(request)
            case ScoringRequest():
                self._submit_scoring(request)

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return the answers that one turn finishes, waiting for models in processes of their own at most timeout_seconds."""
        answers = self._turn()
        return answers or (self._turn() if self._models.wait(timeout_seconds) else [])

    def _turn(self) -> list[Answer]:
        for output in self._policy.step():
            self._take_candidate(output)
        self._n_turns_unscored += 1
        if self._ppm is not None and (not self._policy.busy or self._n_turns_unscored >= self._models.turns_per_scoring):
            self._n_turns_unscored = 0
            for output in self._ppm.step():
                self._take_score(output)
        answers, self._ready = [*self._ready, *self._scorings.take()], []
        return answers

    @property
    def n_pending(self) -> int:
        """Requests submitted and not yet answered."""
        return len(self._generations) + self._scorings.n_open + len(self._ready)

    def close(self) -> None:
        """Give back the memory of both models."""
        with ExitStack() as closing:
            closing.callback(self._models.close)
            closing.callback(self._policy.close)
            if self._ppm is not None:
                closing.callback(self._ppm.close)

    def _serve(self, use: Use, model: Model | None, directory: Path) -> Model:
        if model is not None and model.directory == directory:
            return model
        if model is not None and shape_of(directory) == shape_of(model.directory):
            model.reload(directory)
            return model
        if model is not None:
            model.close()
        return self._models.start(use, directory)

    def _submit_generation(self, request: GenerationRequest) -> None:
        reason = refuse_text(request.prompt)
        if reason is not None:
            self._ready.append(Rejection(request.request_id, reason))
            return
        prompt_ids = self._policy.tokens.encode(request.prompt)
        refusal = refuse_generation(request, len(prompt_ids), self._settings.max_model_len)
        if refusal is not None:
            self._ready.append(refusal)
            return
        self._generations[request.request_id] = OpenGeneration(request, prompt_ids)
        # Greedy candidates are all alike: one is generated.
        seeds = request.seeds if request.temperature > 0 else request.seeds[:1]
        for index, seed in enumerate(seeds):
            params = self._sampling(request, seed, len(prompt_ids))
            self._policy.add(f"{request.request_id}/{index}", prompt_ids, params, request.priority)

    def _sampling(self, request: GenerationRequest, seed: int, n_prompt_tokens: int) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        stop_ids = self._policy.tokens.single_tokens(request.stop)
        return SamplingParams(
            temperature=request.temperature,
            seed=seed if request.temperature > 0 else None,
            max_tokens=min(request.max_tokens, self._settings.max_model_len - n_prompt_tokens),
            output_kind=RequestOutputKind.FINAL_ONLY,
            skip_special_tokens=False,
            # Text is made once per candidate, unless a stop string of several tokens needs it token by token.
            detokenize=stop_ids is None,
            stop_token_ids=stop_ids,
            stop=list(request.stop) if stop_ids is None else None,
            include_stop_str_in_output=True,
            # These parameters belong to one request, so vLLM need not copy them deeply.
            skip_clone=True,
        )

    def _take_candidate(self, output: Any) -> None:
        request_id, index = (int(part) for part in output.request_id.split("/"))
        generation = self._generations[request_id]
        completion = output.outputs[0]
        candidate = self._policy.tokens.candidate(generation.prompt_ids, completion.token_ids, generation.request.stop)
        generation.candidates[index] = candidate
        if generation.request.temperature == 0:
            generation.candidates.update(dict.fromkeys(range(len(generation.request.seeds)), candidate))
        answer = generation.answer()
        if answer is not None:
            del self._generations[request_id]
            self._ready.append(answer)

    def _submit_scoring(self, request: ScoringRequest) -> None:
        if self._ppm is None:
            self._ready.append(Rejection(request.request_id, "no PPM is loaded, so prefixes have no score"))
            return
        ids: dict[str, tuple[int, ...]] = {}
        for prefix in request.prefixes:
            reason = refuse_text(prefix)
            if reason is None:
                ids[prefix] = self._ppm.tokens.encode(prefix)
                reason = refuse_prefix(len(ids[prefix]), self._settings.max_model_len)
            if reason is not None:
                self._ready.append(Rejection(request.request_id, reason))
                return
        for prefix in self._scorings.open(request):
            self._ppm.add(prefix, ids[prefix], _score_params())

    def _take_score(self, output: Any) -> None:
        self._scorings.put(output.request_id, score_from_logit(float(output.outputs.data)))


def open_engine(settings: EngineSettings, policy: Path, ppm: Path | None) -> VllmEngine:
    """Return the engine of the kind `vllm`, whose models compute in this process."""
    return VllmEngine(settings, InProcess(settings), policy, ppm)


def _score_params() -> Any:
    from vllm import PoolingParams

    return PoolingParams(task="classify", use_activation=False)
