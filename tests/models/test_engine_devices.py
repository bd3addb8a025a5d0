"""How policy and PPM share one GPU: what vLLM is told, without a GPU."""

from pathlib import Path

from models.settings import EngineSettings
from models.vllm_model import engine_arguments

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
