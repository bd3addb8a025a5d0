"""Settings of a base model trained from scratch: the stand-in for a downloaded LLM. No torch here."""

from pydantic import BaseModel, ConfigDict, Field


class BaseSettings(BaseModel):
    """Size and training of a Qwen3 model trained from scratch. Defaults: the tiny base that the repository ships."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_texts: int = Field(default=60_000, ge=1)
    """Pieces of student work. A file gives what it has."""

    n_variations: int = Field(default=1, ge=1)
    """Times that each solution of a file is read: once as it is, then with other numbers."""

    hidden_size: int = Field(default=128, ge=16)
    """Width of the residual stream."""

    n_layers: int = Field(default=4, ge=1)
    """Transformer layers."""

    n_heads: int = Field(default=4, ge=1)
    """Query heads."""

    n_kv_heads: int = Field(default=2, ge=1)
    """Key and value heads; divides n_heads."""

    feed_forward_size: int = Field(default=384, ge=16)
    """Width of the gated feed-forward layer."""

    vocabulary_size: int = Field(default=2048, ge=300)
    """Entries of a BPE tokenizer. A word-level tokenizer has as many as its language has words."""

    max_length: int = Field(default=512, ge=32)
    """Longest text in tokens; longer texts of the corpus are dropped and counted."""

    n_epochs: int = Field(default=1, ge=1)
    """Passes over the corpus."""

    batch_tokens: int = Field(default=2048, ge=64)
    """Tokens of one optimizer step, padding included."""

    learning_rate: float = Field(default=2e-3, gt=0)
    """Peak learning rate of AdamW: 2 % warm-up, constant until 40 %, then a cosine to 3 % of it."""

    seed: int = Field(default=0, ge=0)
    """Of the initial weights and the order of the corpus."""

    n_threads: int = Field(default=1, ge=1)
    """CPU threads of a matrix operation. Another number gives weights that differ in the last bits."""
