"""One model inside vLLM, in this process: started, fed with token ids, stepped, given other weights, closed."""

import gc
import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from models.checkpoints import require_model_files
from models.failures import engine_failures
from models.prompt_tokens import PromptTokens
from models.settings import EngineSettings

_ENVIRONMENT: Final = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""What this way of serving stands on: one process, and no network."""

_QUIET: Final = {"VLLM_LOGGING_LEVEL": "ERROR", "TORCH_CPP_LOG_LEVEL": "ERROR"}
"""vLLM warns of a dozen things that are chosen here on purpose. A user who sets these variables hears them."""

_NEEDED_GPU_SHARE: Final = 0.05
"""vLLM refuses to start where less of a GPU is free than its own share, 0.92. Here the sizes of the KV caches decide what the
models take, and the second of two on one GPU finds less."""

_CPU_BLOCK_SIZE: Final = 32
"""Tokens per block of the KV cache: the smallest that vLLM's CPU attention takes, so that most of a shared prefix is reused."""

Use = Literal["policy", "ppm"]


class VllmModel:
    """A policy (generates) or a PPM (classifies). Not thread-safe: one thread starts it and steps it."""

    def __init__(self, use: Use, directory: Path, settings: EngineSettings) -> None:
        require_model_files(directory)
        self.use = use
        self.directory = directory
        self._in_flight: set[str] = set()
        with _one_process(settings.n_threads), engine_failures(f"starting vLLM with the {use} {directory}"):
            from vllm import EngineArgs
            from vllm.platforms import current_platform
            from vllm.v1.engine.llm_engine import LLMEngine

            self._engine: Any = LLMEngine.from_engine_args(
                EngineArgs(**engine_arguments(use, directory, settings, on_cpu=current_platform.is_cpu()))
            )
            self.tokens = PromptTokens(self._engine.renderer.get_tokenizer())

    def add(self, key: str, prompt_ids: tuple[int, ...], params: Any) -> None:
        """Queue one vLLM request; `step` returns its output with the same key."""
        with engine_failures(f"queueing a request for the {self.use} {self.directory}"):
            self._engine.add_request(key, {"type": "token", "prompt_token_ids": list(prompt_ids)}, params)
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

    def can_reload(self, directory: Path) -> bool:
        """Return whether the model in `directory` differs from this one in its weights alone."""
        return _shape_of(directory) == _shape_of(self.directory)

    def reload(self, directory: Path) -> None:
        """Serve the weights in `directory` from the next request on."""
        require_model_files(directory)
        with engine_failures(f"loading the {self.use} {directory}"):
            self._engine.collective_rpc("reload_weights", kwargs={"weights_path": str(directory)})
            if self.use == "policy":
                self._engine.apply_model(_pack_output_layer)
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


def engine_arguments(use: Use, directory: Path, settings: EngineSettings, *, on_cpu: bool) -> dict[str, Any]:
    """Return vLLM's arguments for one model."""
    kv_cache_mib = settings.kv_cache_mib if use == "policy" else settings.ppm_kv_cache_mib
    arguments: dict[str, Any] = {
        "model": str(directory),
        "dtype": settings.dtype,
        "max_model_len": settings.max_model_len,
        "max_num_seqs": settings.max_num_seqs,
        # A prefill that is split fails on the CPU for requests with seeds of their own (vLLM 0.32), so a whole one must fit.
        "max_num_batched_tokens": max(settings.max_batched_tokens, settings.max_model_len),
        "enable_chunked_prefill": not on_cpu,
        "enforce_eager": on_cpu,
        "block_size": _CPU_BLOCK_SIZE if on_cpu else None,
        "kv_cache_memory_bytes": kv_cache_mib << 20,
        "enable_prefix_caching": True,
        # The sampling parameters of a request are all there is; a generation_config.json beside the weights adds none.
        "generation_config": "vllm",
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
    }
    if not on_cpu:
        arguments["gpu_memory_utilization"] = _NEEDED_GPU_SHARE
    if use == "ppm":
        from vllm.config import PoolerConfig

        arguments |= {"runner": "pooling", "pooler_config": PoolerConfig(task="classify", use_activation=False)}
    return arguments


@contextmanager
def _one_process(n_threads: int) -> Iterator[None]:
    """Start vLLM quietly, and undo what it does to the process that holds it.

    It puts allocators into LD_PRELOAD, which every process started later would inherit, and replaces
    torch.set_num_threads, which every other user of torch would miss.
    """
    os.environ.update(_ENVIRONMENT)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("torch._library.triton").setLevel(logging.ERROR)
    preload = os.environ.get("LD_PRELOAD")
    import torch

    set_num_threads = torch.set_num_threads
    set_num_threads(n_threads)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads = set_num_threads
        if preload is None:
            os.environ.pop("LD_PRELOAD", None)
        else:
            os.environ["LD_PRELOAD"] = preload


def _pack_output_layer(model: Any) -> None:
    """Pack the weights of the output layer again, as vLLM does when it starts.

    On the CPU vLLM computes with packed copies of the weights. reload_weights packs each layer that it loads; an output layer
    that shares the weights of the embedding is not loaded by itself, and would go on computing with the old ones (vLLM 0.32).
    """
    model.lm_head.quant_method.process_weights_after_loading(model.lm_head)


def _shape_of(directory: Path) -> tuple[dict[str, Any], bytes]:
    """Return everything that two checkpoints must have in common for one to take the other's place: all but the weights."""
    config = json.loads((directory / "config.json").read_text())
    written_by = ("transformers_version", "_name_or_path")
    tokenizer = directory / "tokenizer.json"
    return (
        {key: value for key, value in config.items() if key not in written_by},
        tokenizer.read_bytes() if tokenizer.exists() else b"",
    )
