"""How a model is started inside vLLM: its arguments, and what is kept from vLLM while it starts."""

import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from models.engines.settings import EngineSettings

_ENVIRONMENT: Final = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""What this way of serving stands on: a process more only where one is asked for, spawned because this one holds threads, and
no network."""

_QUIET: Final = {"VLLM_LOGGING_LEVEL": "ERROR", "TORCH_CPP_LOG_LEVEL": "ERROR"}
"""vLLM warns of a dozen things that are chosen here on purpose. A user who sets these variables hears them."""

_TORCH_LOGS: Final = "-torch._library.triton"
"""The same for torch in processes that are started from now on; this one has imported it by then."""

_UNDONE: Final = ("LD_PRELOAD", "PYTHONWARNINGS")
"""What processes that vLLM starts get, and no others."""

_NEEDED_GPU_SHARE: Final = 0.05
"""vLLM refuses to start where less of a GPU is free than its own share, 0.92. Here the sizes of the KV caches decide what the
models take, and the second of two on one GPU finds less."""

_CPU_BLOCK_SIZE: Final = 32
"""Tokens per block of the KV cache: the smallest that vLLM's CPU attention takes, so that most of a shared prefix is reused."""

Use = Literal["policy", "ppm"]
"""What a model is for: a policy generates, a PPM classifies."""


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
        "scheduling_policy": "priority",
        # The sampling parameters of a request are all there is; a generation_config.json beside the weights adds none.
        "generation_config": "vllm",
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
        "worker_extension_cls": "models.engines.vllm.worker.Worker",
    }
    if not on_cpu:
        arguments["gpu_memory_utilization"] = _NEEDED_GPU_SHARE
        gpus = gpus_of(use, settings)
        if gpus:
            arguments |= {"device_ids": gpus, "tensor_parallel_size": len(gpus)}
    if use == "ppm":
        from vllm.config import PoolerConfig

        arguments |= {"runner": "pooling", "pooler_config": PoolerConfig(task="classify", use_activation=False)}
    return arguments


def computes_in_passes(settings: EngineSettings, *, on_cpu: bool) -> bool:
    """Return whether models.engines.vllm.cpu_kernels is of use: float32 models keep the very tokens that vLLM gives them."""
    return on_cpu and settings.dtype == "bfloat16"


def gpus_of(use: Use, settings: EngineSettings) -> list[int]:
    """Return the GPUs of one model of a process, in order; none where it takes the first that it sees."""
    named = settings.ppm_gpus if use == "ppm" and settings.ppm_gpus else settings.policy_gpus
    return [int(gpu) for entry in named[:1] for gpu in entry.split(",")]


@contextmanager
def starting_vllm(n_threads: int) -> Iterator[None]:
    """Start vLLM quietly, and undo what it does to the process that holds it.

    It puts allocators into LD_PRELOAD, which every process started later would inherit, and replaces
    torch.set_num_threads, which every other user of torch would miss. A variable that was not set is empty afterwards, which
    means the same, and not removed: another thread that copies the environment meanwhile would fail.
    """
    os.environ.update(_ENVIRONMENT)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("torch._library.triton").setLevel(logging.ERROR)
    before = {name: os.environ.get(name, "") for name in _UNDONE}
    import torch

    os.environ.setdefault("TORCH_LOGS", _TORCH_LOGS)
    os.environ["PYTHONWARNINGS"] = before["PYTHONWARNINGS"] or "ignore"
    set_num_threads = torch.set_num_threads
    set_num_threads(n_threads)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads = set_num_threads
        os.environ.update(before)


def shape_of(directory: Path) -> tuple[dict[str, Any], bytes]:
    """Return everything that two checkpoints must have in common for one to take the other's place: all but the weights."""
    config = json.loads((directory / "config.json").read_text())
    written_by = ("transformers_version", "_name_or_path")
    tokenizer = directory / "tokenizer.json"
    return (
        {key: value for key, value in config.items() if key not in written_by},
        tokenizer.read_bytes() if tokenizer.exists() else b"",
    )
