"""Settings of the two trainings. Defaults are those of the tiny-cpu profile; docstrings name the paper's numbers.

Source of the paper's numbers: arXiv 2501.04519, sections 3.3, 4.1 and A.1.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from warehouse.no_data import SPEED, Later

Rate = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
LossKind = Literal["ppm", "orm", "pqm"]


class TrainerSettings(BaseModel):
    """What both trainings need to know about the machine and the optimizer: AdamW, and a rate that falls linearly to 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: Rate
    """Peak rate. Paper: 7e-6 for both trainings."""
    n_epochs: Count
    """Passes over the training data."""
    batch_size: Count
    """Sequences per optimizer step."""
    micro_batch_size: Count
    """Sequences per forward pass; batch_size must be a multiple of it. 1 wastes no padding, which pays on a CPU."""
    max_length: Count
    """Most tokens of a sequence."""
    bf16: bool = False
    """Compute in bfloat16: true on a GPU, slower than float32 on a CPU at the tiny size."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass to save memory: true for models of billions of parameters."""
    n_threads: Count = 1
    """CPU threads. They decide the order of sums, and so the bits of the weights."""
    checkpoint_minutes: Annotated[float, SPEED] = Field(default=0.0, ge=0)
    """Minutes between resume points, which is what a killed training loses at most; 0: it starts again, which is right for
    runs of seconds. A resume point of a model of 0.5 billion parameters takes 6 GB."""
    lora_rank: int = Field(default=0, ge=0, le=1024)
    """Rank of low-rank adapters on every linear layer, merged when the model is saved; 0: every weight is trained."""

    @model_validator(mode="after")
    def _micro_batches_fill_a_batch(self) -> Self:
        if self.batch_size % self.micro_batch_size:
            raise ValueError(f"batch_size = {self.batch_size} must be a multiple of micro_batch_size = {self.micro_batch_size}")
        return self


class SftSettings(TrainerSettings):
    """Supervised fine-tuning of the policy on verified trajectories, from the base every round."""

    learning_rate: Rate = 2e-4
    """Peak rate. Paper: 7e-6."""
    n_epochs: Count = 4
    """Passes over the examples. Paper: 2."""
    batch_size: Count = 16
    """Sequences per optimizer step. Paper: 128."""
    micro_batch_size: Count = 16
    """Sequences per forward pass; batch_size must be a multiple of it."""
    packing: Literal["none", "tree"] = "none"
    """none: a sequence per example. tree: a problem's examples as one sequence in which their common beginning stands once, and
    logits only where a token is learned; batch_size and micro_batch_size then count problems. The loss is the same."""
    max_length: Count = 512
    """Longest sequence in tokens; longer ones are dropped and counted. Paper: 4096."""
    n_threads: Count = 2
    """CPU threads. They decide the order of sums, and so the bits of the weights."""


class PpmSettings(TrainerSettings):
    """Training of the process preference model on pairs, from the round's policy."""

    loss_kind: LossKind = "ppm"
    """ppm: preference pairs; orm: outcome of whole trajectories; pqm: regression on Q-values. The paper compares the three."""
    learning_rate: Rate = 1e-3
    """Peak rate. Paper: 7e-6."""
    n_epochs: Count = 3
    """Passes over the problems. Paper: 1."""
    batch_size: Count = 1
    """Packs (a problem's search trees as one sequence) per optimizer step. Paper: 512 pairs."""
    micro_batch_size: Count = 1
    """Packs per forward pass; batch_size must be a multiple of it."""
    max_length: Count = 1536
    """Most tokens of a pack; the pairs of a problem that need more are spread over several packs."""
    center_rewards_coefficient: float = Field(default=0.01, ge=0, allow_inf_nan=False)
    """Weight of the squared sum of a pair's logits, which keeps them around zero. TRL's name; of use to the kind ppm alone.
    Paper: none."""
    head_init: Annotated[Literal["random", "zero"], Later("random")] = "random"
    """How the head starts, which turns the last hidden state into a logit. random: as the architecture draws it, with the same
    spread for every size of model. zero: every prefix starts with the logit 0, where the hidden states of a large model would
    give logits of several units, which a short training does not get over."""
    repeated_pairs: Annotated[Literal["once", "all"], Later("all")] = "once"
    """once: of pairs with the same prefix, chosen and rejected text, from several rounds or trees, the newest is trained on.
    all: each of them, so that what every round finds weighs the more."""
