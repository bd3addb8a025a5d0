"""What a model directory holds, read from its config and the headers of its weights. No torch, and no weights are read."""

import json
import math
import struct
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from models.checkpoints.store import WEIGHTS_SUFFIX, CheckpointBroken, require_model_files

MIB = 2**20
_TRAINING_BYTES = 16
"""Per parameter: float32 weights and gradient, and two float32 moments of AdamW."""
_SERVING_BYTES = 2
"""Per parameter and per number of the KV cache: bfloat16."""


class ModelShape(BaseModel):
    """The size of a model. Memory is in MiB."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    n_parameters: int
    n_layers: int
    hidden_size: int
    vocabulary_size: int
    context_tokens: int | None
    dtype: str
    is_tied: bool
    kv_bytes_per_token: int

    @property
    def serving_mib(self) -> int:
        """Its weights in bfloat16. The KV cache comes on top: engine.kv_cache_mib."""
        return math.ceil(self.n_parameters * _SERVING_BYTES / MIB)

    @property
    def training_mib(self) -> int:
        """Weights, gradients and optimizer of full fine-tuning. Activations come on top."""
        return math.ceil(self.n_parameters * _TRAINING_BYTES / MIB)


def shape_of(directory: Path) -> ModelShape:
    """Return what a model directory holds. Raises CheckpointBroken where its files cannot be read."""
    require_model_files(directory)
    try:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        sizes = [_sizes(path) for path in sorted(directory.glob(f"*{WEIGHTS_SUFFIX}"))]
        n_heads = config["num_attention_heads"]
        head_size = config.get("head_dim") or config["hidden_size"] // n_heads
        n_kv_heads = config.get("num_key_value_heads") or n_heads
        return ModelShape(
            architecture=config["architectures"][0],
            n_parameters=sum(sum(one.values()) for one in sizes),
            n_layers=config["num_hidden_layers"],
            hidden_size=config["hidden_size"],
            vocabulary_size=config["vocab_size"],
            context_tokens=config.get("max_position_embeddings"),
            dtype=str(config.get("dtype") or config.get("torch_dtype") or "float32"),
            is_tied="lm_head.weight" not in {name for one in sizes for name in one},
            kv_bytes_per_token=2 * config["num_hidden_layers"] * n_kv_heads * head_size * _SERVING_BYTES,
        )
    except (ValueError, KeyError, IndexError, struct.error) as error:
        raise CheckpointBroken(
            f"{directory} holds no causal language model that can be read: {type(error).__name__} {error}",
            hint="name a directory as transformers saves it: config.json, *.safetensors and the tokenizer",
        ) from error


def _sizes(weights: Path) -> dict[str, int]:
    """Return the number of parameters of each tensor of a file: its header is JSON behind its own length in 8 bytes."""
    with weights.open("rb") as file:
        (n_bytes,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(n_bytes))
    return {name: math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__"}
