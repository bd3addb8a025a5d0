"""How many tokens the policy's KV cache holds, from the settings and a checkpoint's shape. No torch."""

import json
from pathlib import Path
from typing import Final

from models.engines.registry import KINDS
from models.engines.settings import EngineSettings

_BYTES: Final = {"float32": 4, "bfloat16": 2}


def kv_cache_tokens(settings: EngineSettings, policy: Path) -> int:
    """Return the tokens whose attention keys and values fit into the caches of all engine processes or servers together."""
    shape = json.loads((policy / "config.json").read_text())
    n_heads = shape.get("num_key_value_heads", shape["num_attention_heads"])
    head_size = shape.get("head_dim") or shape["hidden_size"] // shape["num_attention_heads"]
    bytes_per_token = 2 * shape["num_hidden_layers"] * n_heads * head_size * _BYTES[settings.dtype]
    return _n_caches(settings, n_heads) * (settings.kv_cache_mib << 20) // int(bytes_per_token)


def _n_caches(settings: EngineSettings, n_heads: int) -> int:
    """Return how many caches of kv_cache_mib there are. GPUs that share a policy have one each, for a part of its heads.

    More GPUs than heads hold copies.
    """
    if KINDS[settings.kind].asks_servers:
        return len(settings.policy_urls)
    return sum(min(len(entry.split(",")), n_heads) for entry in settings.policy_gpus) or max(1, settings.n_processes)
