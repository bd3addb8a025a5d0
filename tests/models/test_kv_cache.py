"""The KV cache in tokens: what decides how many trees are in flight."""

import json
from pathlib import Path

import pytest

from models.engines.kv_cache import kv_cache_tokens
from models.engines.settings import EngineSettings

QWEN_7B = {"num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "hidden_size": 3584}


def test_a_7b_model_needs_56_kib_per_token_in_bfloat16(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(QWEN_7B))
    settings = EngineSettings(kv_cache_mib=24576, dtype="bfloat16", n_processes=1)
    assert kv_cache_tokens(settings, tmp_path) == 24576 * 1024 // 56


@pytest.mark.parametrize(("n_processes", "n_tokens"), [(0, 65_536), (1, 65_536), (2, 131_072)])
def test_every_process_of_the_tiny_default_has_a_cache_of_its_own(n_processes: int, n_tokens: int) -> None:
    settings = EngineSettings(kv_cache_mib=128, n_processes=n_processes)
    assert kv_cache_tokens(settings, Path("models/tiny/base")) == n_tokens


def test_every_server_of_a_fleet_has_a_cache_of_its_own() -> None:
    urls = {"policy_urls": ("http://a:1", "http://b:1", "http://c:1"), "ppm_urls": ("http://d:1",)}
    settings = EngineSettings(kind="http", kv_cache_mib=128, **urls)
    assert kv_cache_tokens(settings, Path("models/tiny/base")) == 3 * 65_536


def test_every_gpu_of_a_policy_has_a_cache_of_its_own() -> None:
    settings = EngineSettings(kind="vllm-async", kv_cache_mib=128, n_processes=2, policy_gpus=("0,1", "2,3"))
    assert kv_cache_tokens(settings, Path("models/tiny/base")) == 4 * 65_536
    copies = EngineSettings(kind="vllm-async", kv_cache_mib=128, n_processes=1, policy_gpus=("0,1,2,3",))
    assert kv_cache_tokens(copies, Path("models/tiny/base")) == 2 * 65_536, "two heads on four GPUs: each twice"
