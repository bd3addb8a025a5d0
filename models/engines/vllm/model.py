"""One model inside vLLM, in this process: started, fed with token ids, stepped, given other weights, closed."""

import gc
from pathlib import Path
from typing import Any, Final

from models.checkpoints.store import require_model_files
from models.engines.failures import engine_failures
from models.engines.prompt_tokens import PromptTokens
from models.engines.settings import EngineSettings
from models.engines.vllm.start import Use, computes_in_passes, engine_arguments, starting_vllm
from warehouse.errors import BadInput


class InProcess:
    """Starts the models of an engine in this process, where a turn of the engine is work and nothing is waited for."""

    turns_per_scoring: Final = 6
    """Turns of a busy policy after which the PPM takes one. Its turn costs nearly the same for 7 prefixes as for 3: the scores
    of 64 trees took 1.1 CPU-seconds instead of 1.6, at 1,180 turns of the policy instead of 1,130."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings

    def start(self, use: Use, directory: Path) -> "VllmModel":
        """Return the model, ready for requests."""
        return VllmModel(use, directory, self._settings)

    def wait(self, timeout_seconds: float) -> bool:
        """Return False: nothing finishes by itself."""
        return False

    def close(self) -> None:
        """Give back nothing: the models were closed one by one."""


class VllmModel:
    """A policy (generates) or a PPM (classifies). Not thread-safe: one thread starts it and steps it."""

    def __init__(self, use: Use, directory: Path, settings: EngineSettings) -> None:
        require_model_files(directory)
        self.use = use
        self.directory = directory
        self._in_flight: set[str] = set()
        self._in_int8 = use == "policy" and settings.quantization == "int8"
        with starting_vllm(settings.n_threads), engine_failures(f"starting vLLM with the {use} {directory}"):
            from vllm import EngineArgs
            from vllm.platforms import current_platform
            from vllm.v1.engine.llm_engine import LLMEngine

            from models.engines.vllm.int8 import int8_layers

            if self._in_int8 and not current_platform.is_cpu():
                raise BadInput('quantization = "int8" is for CPUs', hint='set engine.quantization = "none" on a GPU')
            with int8_layers(wanted=self._in_int8):
                self._engine: Any = LLMEngine.from_engine_args(
                    EngineArgs(**engine_arguments(use, directory, settings, on_cpu=current_platform.is_cpu()))
                )
            if computes_in_passes(settings, on_cpu=current_platform.is_cpu()):
                self._engine.collective_rpc("use_cpu_kernels")
            self.tokens = PromptTokens(self._engine.renderer.get_tokenizer())

    def add(self, key: str, prompt_ids: tuple[int, ...], params: Any, priority: int = 0) -> None:
        """Queue one vLLM request; `step` returns its output with the same key. The lowest priority is served first."""
        with engine_failures(f"queueing a request for the {self.use} {self.directory}"):
            prompt = {"type": "token", "prompt_token_ids": list(prompt_ids)}
            self._engine.add_request(key, prompt, params, priority=priority)
        self._in_flight.add(key)

    @property
    def busy(self) -> bool:
        """Whether any request is queued or being served."""
        return bool(self._in_flight)

    def step(self) -> list[Any]:
        """Return the outputs that one turn of the engine finished; nothing is done when nothing is queued."""
        if not self.busy:
            return []
        with engine_failures(f"a step of the {self.use} {self.directory}"):
            finished = [output for output in self._engine.step() if output.finished]
        self._in_flight.difference_update(output.request_id for output in finished)
        return finished

    def reload(self, directory: Path) -> None:
        """Serve the weights in `directory` from the next request on."""
        from models.engines.vllm.int8 import int8_layers

        require_model_files(directory)
        with engine_failures(f"loading the {self.use} {directory}"), int8_layers(wanted=self._in_int8):
            self._engine.collective_rpc("reload_weights", kwargs={"weights_path": str(directory)})
            if self.use == "policy":
                self._engine.collective_rpc("pack_output_layer")
            self._engine.reset_prefix_cache()
        self.directory = directory

    def close(self) -> None:
        """Give back the memory."""
        # vLLM's own shutdown tears down process groups that every other engine of this process stands on: the other model,
        # or that of another thread. So the worker lets go of its memory, and the groups, of one member each, stay.
        self._engine.engine_core._finalizer.detach()
        self._engine.model_executor.shutdown()
        del self._engine
        gc.collect()
