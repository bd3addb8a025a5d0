"""Settings of serving: which engine proposes steps and scores prefixes, and how large it may grow. No torch here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EngineSettings(BaseModel):
    """How the policy and the PPM are served. Defaults: the tiny model on two CPU cores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["vllm", "transformers"] = "vllm"
    """vllm: continuous batching. transformers: slow and simple, for machines without vLLM."""

    n_processes: int = Field(default=2, ge=0, le=64)
    """Processes that each hold the policy and the PPM and share the requests; 0: everything in the calling process."""

    stall_seconds: float = Field(default=300.0, gt=0)
    """A process that owes answers and says nothing for so long is replaced, and its requests are repeated."""

    dtype: Literal["float32", "bfloat16"] = "float32"
    """float32 gives the same tokens whatever else is in the batch; bfloat16 is for GPUs, where memory decides."""

    max_model_len: int = Field(default=512, ge=32)
    """Tokens of the longest prefix and its continuation. A longer prompt is rejected."""

    max_num_seqs: int = Field(default=256, ge=1)
    """Candidates generated at once; more wait in the engine's queue."""

    max_batched_tokens: int = Field(default=4096, ge=32)
    """Tokens of one turn of the engine, prompts that are read included; never less than max_model_len."""

    kv_cache_mib: int = Field(default=128, ge=16)
    """Memory for the attention keys and values, for the policy and again for the PPM. On a GPU too."""

    n_threads: int = Field(default=1, ge=1)
    """CPU threads of one matrix operation. The tiny model is too small to share between threads."""

    score_cache_size: int = Field(default=200_000, ge=0)
    """Prefixes whose PPM score is remembered until the PPM changes; about 300 bytes each."""
