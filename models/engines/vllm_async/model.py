"""A model inside vLLM, in a process of its own (vLLM's AsyncLLM): policy and PPM compute at the same time, each on its GPUs.

A thread of this process runs the event loop that AsyncLLM needs; requests go to it, and finished outputs come back from it. A
vLLM process that dies makes the engine unavailable; who replaces it is models.engines.pool.engine.
"""

import asyncio
import gc
import threading
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from models.checkpoints.store import require_model_files
from models.engines.failures import engine_failures
from models.engines.prompt_tokens import PromptTokens
from models.engines.settings import EngineSettings
from models.engines.vllm.start import Use, engine_arguments, starting_vllm


class OwnProcesses:
    """Starts the models of an engine in vLLM processes of their own, and waits for what they finish."""

    turns_per_scoring: Final = 1
    """Scores cost the policy no time here, so they are taken at every turn."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._arrived = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vllm requests", daemon=True)
        self._thread.start()

    def start(self, use: Use, directory: Path) -> "AsyncVllmModel":
        """Return the model, ready for requests."""
        return AsyncVllmModel(use, directory, self._settings, self._loop, self._arrived)

    def wait(self, timeout_seconds: float) -> bool:
        """Return whether anything was finished since the last wait, waiting for it at most timeout_seconds."""
        arrived = self._arrived.wait(timeout_seconds)
        self._arrived.clear()
        return arrived

    def close(self) -> None:
        """End the event loop, after the models are closed."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class AsyncVllmModel:
    """A policy or a PPM behind AsyncLLM. One thread uses it; what the event loop finishes waits in a queue."""

    def __init__(
        self, use: Use, directory: Path, settings: EngineSettings, loop: asyncio.AbstractEventLoop, arrived: threading.Event
    ) -> None:
        require_model_files(directory)
        self.use = use
        self.directory = directory
        self._settings = settings
        self._loop = loop
        self._arrived = arrived
        self._in_flight: set[str] = set()
        self._outputs: deque[Any] = deque()
        self._failure: Exception | None = None
        with engine_failures(f"starting vLLM with the {use} {directory}"):
            self._engine: Any = self._in_loop(self._start())
            self.tokens = PromptTokens(self._engine.renderer.get_tokenizer())

    @property
    def busy(self) -> bool:
        """Whether any request is queued or being served."""
        return bool(self._in_flight)

    def add(self, key: str, prompt_ids: tuple[int, ...], params: Any, priority: int = 0) -> None:
        """Queue one vLLM request; `step` returns its output with the same key. The lowest priority is served first."""
        self._in_flight.add(key)
        asyncio.run_coroutine_threadsafe(self._serve(key, list(prompt_ids), params, priority), self._loop)

    def step(self) -> list[Any]:
        """Return the outputs that were finished since the last call."""
        if self._failure is not None:
            with engine_failures(f"a request to the {self.use} {self.directory}"):
                raise self._failure
        # Others are appended meanwhile; they wait for the next call.
        outputs = [self._outputs.popleft() for _ in range(len(self._outputs))]
        self._in_flight.difference_update(output.request_id for output in outputs)
        return outputs

    def reload(self, directory: Path) -> None:
        """Serve the weights in `directory` from the next request on."""
        require_model_files(directory)
        with engine_failures(f"loading the {self.use} {directory}"):
            self._in_loop(self._load(directory))
        self.directory = directory

    def close(self) -> None:
        """End the vLLM process."""
        self._in_loop(self._end())
        # AsyncLLM ends itself once more when it is freed, which fails when that happens as the interpreter ends.
        del self._engine
        gc.collect()

    def _in_loop(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start(self) -> Any:
        with starting_vllm(self._settings.n_threads):
            from vllm import AsyncEngineArgs
            from vllm.platforms import current_platform
            from vllm.v1.engine.async_llm import AsyncLLM

            arguments = engine_arguments(self.use, self.directory, self._settings, on_cpu=current_platform.is_cpu())
            return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments, enable_log_requests=False))

    async def _serve(self, key: str, prompt_ids: list[int], params: Any, priority: int) -> None:
        prompt = {"type": "token", "prompt_token_ids": prompt_ids}
        answer = self._engine.generate if self.use == "policy" else self._engine.encode
        try:
            async for output in answer(prompt, params, key, priority=priority):
                self._outputs.append(output)
        except Exception as error:  # noqa: BLE001 - raised by the next step, in the thread that asked
            self._failure = error
        self._arrived.set()

    async def _load(self, directory: Path) -> None:
        await self._engine.collective_rpc("reload_weights", kwargs={"weights_path": str(directory)})
        if self.use == "policy":
            await self._engine.collective_rpc("pack_output_layer")
        await self._engine.reset_prefix_cache()

    async def _end(self) -> None:
        self._engine.shutdown()
