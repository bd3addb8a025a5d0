"""How policy and PPM share a GPU or live apart: what vLLM is told, without a GPU."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.engines.settings import EngineSettings
from models.engines.vllm.start import engine_arguments

SETTINGS = EngineSettings(kv_cache_mib=2048, ppm_kv_cache_mib=512)


def test_each_model_takes_its_own_part_of_the_memory() -> None:
    policy, ppm = (engine_arguments(use, Path("x"), SETTINGS, on_cpu=False) for use in ("policy", "ppm"))
    assert (policy["kv_cache_memory_bytes"], ppm["kv_cache_memory_bytes"]) == (2048 << 20, 512 << 20)
    assert policy["gpu_memory_utilization"] + ppm["gpu_memory_utilization"] < 1
    assert policy["enable_prefix_caching"]
    assert ppm["enable_prefix_caching"]
    assert ppm["runner"] == "pooling"


def test_a_gpu_gets_chunked_prefill_and_graphs_and_a_cpu_neither() -> None:
    gpu, cpu = (engine_arguments("policy", Path("x"), SETTINGS, on_cpu=on_cpu) for on_cpu in (False, True))
    assert (gpu["enable_chunked_prefill"], gpu["enforce_eager"]) == (True, False)
    assert (cpu["enable_chunked_prefill"], cpu["enforce_eager"]) == (False, True)


def told(settings: EngineSettings, process: int) -> list[tuple[list[int] | None, int | None]]:
    """Return the GPUs of policy and PPM of one process, and over how many each model is split."""
    arguments = [engine_arguments(use, Path("x"), settings.of_process(process), on_cpu=False) for use in ("policy", "ppm")]
    return [(one.get("device_ids"), one.get("tensor_parallel_size")) for one in arguments]


def test_each_process_has_its_gpus() -> None:
    settings = EngineSettings(kind="vllm", n_processes=2, policy_gpus=("0", "3"))
    assert told(settings, 0) == [([0], 1), ([0], 1)]
    assert told(settings, 1) == [([3], 1), ([3], 1)]
    assert told(SETTINGS, 0) == [(None, None), (None, None)]


def test_a_policy_split_over_two_gpus_and_a_ppm_apart() -> None:
    settings = EngineSettings(kind="vllm-async", n_processes=2, policy_gpus=("0,1", "3,4"), ppm_gpus=("2", "5"))
    assert told(settings, 0) == [([0, 1], 2), ([2], 1)]
    assert told(settings, 1) == [([3, 4], 2), ([5], 1)]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"policy_gpus": ["0"], "n_processes": 2}, "policy_gpus has 1 entries for 2 processes"),
        ({"policy_gpus": ["cuda:0"], "n_processes": 1}, "'cuda:0' names no GPU"),
        ({"policy_gpus": ["0,1"], "n_processes": 1}, 'needs kind = "vllm-async"'),
        ({"policy_gpus": ["0"], "ppm_gpus": ["1"], "n_processes": 1}, 'needs kind = "vllm-async"'),
        ({"policy_gpus": ["0"], "n_processes": 1, "kind": "transformers"}, "for the kinds vllm and vllm-async"),
    ],
)
def test_gpus_that_cannot_be_used_are_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        EngineSettings.model_validate(settings)
