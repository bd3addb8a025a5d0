"""Supervised fine-tuning of the policy with trl.SFTTrainer. Source: arXiv 2501.04519, section 3.1.

TRL uses a `labels` column as it is (checked in 1.16: only a dataset without one gets labels from masks), so the loss is decided
here: the prompt and the blocks that code printed get IGNORED.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import torch
from datasets import Dataset
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from models.training.job import TrainingJob, TrainingMetric
from models.training.length_batches import LengthBatches
from models.training.lora import adapters
from models.training.packed_batch import hidden_states, padded
from models.training.settings import SftSettings
from models.training.sft_data import SftExamples, packed_examples, read_examples, tokenize_examples
from models.training.trainer import MetricReport, arguments, last_whole_checkpoint, save_model, trainer_callbacks
from warehouse.errors import TrainingFailed

_TARGETS_AT_ONCE: Final = 512
"""Positions whose logits exist at the same time: 300 MB in float32 at a vocabulary of 152,000."""


class GroupedSftTrainer(SFTTrainer):
    """SFTTrainer whose batches hold sequences of similar length."""

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> LengthBatches:
        return LengthBatches.of(self)


class PackedSftTrainer(GroupedSftTrainer):
    """SFTTrainer whose examples are SftPacks. Logits are made only where a token is learned: with a large vocabulary they and
    their gradients are otherwise half of the work."""

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """Return the mean loss per learned token, over the whole optimizer step where num_items_in_batch says its size."""
        hidden = hidden_states(model, inputs)[inputs["predictors"]]
        head = model.get_output_embeddings()
        weights, targets = inputs["target_weights"], inputs["targets"]
        total, n_right = hidden.new_zeros(()).float(), 0.0
        for start in range(0, len(targets), _TARGETS_AT_ONCE):
            part = slice(start, start + _TARGETS_AT_ONCE)
            logits = head(hidden[part]).float()
            total = total + (weights[part] * cross_entropy(logits, targets[part], reduction="none")).sum()
            n_right += float((weights[part] * (logits.detach().argmax(-1) == targets[part])).sum())
        n_learned = float(weights.sum())
        self._metrics["train"]["mean_token_accuracy"].append(n_right / max(1.0, n_learned))
        self._total_train_tokens += int(inputs["n_tokens"])
        self._metrics["train"]["num_tokens"] = [self._total_train_tokens]
        return total / max(1.0, float(kwargs.get("num_items_in_batch") or n_learned))


def collate_examples(packs: Sequence[dict[str, Any]], pad_token_id: int) -> dict[str, Tensor]:
    """Return one batch of SftPacks: what `padded` makes of them, and what is learned.

    predictors, targets: int64 (learned,): index into the flattened (packs * tokens) at which a token is predicted, and that
    token. target_weights: float32 (learned,): how many examples learn it. labels: the targets, each as often as it is learned:
    what the Trainer counts.
    """
    batch = padded(packs, pad_token_id)
    n_columns = batch["input_ids"].shape[1]
    learned = [
        (row * n_columns + pack["parents"][index], pack["input_ids"][index], n_learned)
        for row, pack in enumerate(packs)
        for index, n_learned in enumerate(pack["n_learned"])
        if n_learned
    ]
    predictors, targets, counts = (torch.tensor(column) for column in zip(*learned, strict=True))
    return batch | {
        "predictors": predictors,
        "targets": targets,
        "target_weights": counts.float(),
        "labels": targets.repeat_interleave(counts),
    }


def train_policy(job: TrainingJob, settings: SftSettings, emit: Callable[[TrainingMetric], None]) -> dict[str, float]:
    """Train job.start_dir on job.examples, save the policy under job.model_dir and return the final metrics."""
    assert job.examples is not None and job.observed is not None  # TrainingJob has checked it
    tokenizer = AutoTokenizer.from_pretrained(job.start_dir)
    told = read_examples(job.examples)
    examples = tokenize_examples(told, tokenizer, job.observed, settings.max_length)
    if not examples.rows:
        raise TrainingFailed(
            f"no SFT example is left to train on: {examples.n_dropped_too_long} are longer than {settings.max_length} tokens",
            hint="raise sft.max_length, or look at why no trajectory was verified",
        )
    report = MetricReport(job.kind, emit, accuracy_key="mean_token_accuracy")
    trainer, sizes = sft_trainer(job, settings, examples, tokenizer, report)
    trainer.train(resume_from_checkpoint=last_whole_checkpoint(trainer))
    save_model(trainer.model, job)
    return {**report.final(), **sizes}


def sft_trainer(
    job: TrainingJob, settings: SftSettings, examples: SftExamples, tokenizer: Any, report: MetricReport
) -> tuple[GroupedSftTrainer, dict[str, float]]:
    """Return a trainer on the examples, packed where the settings say so, and the sizes of its data."""
    sizes: dict[str, float] = {"n_examples": len(examples.rows), "n_dropped_too_long": examples.n_dropped_too_long}
    rows: list[dict[str, Any]] = [dict(row) for row in examples.rows]
    own: dict[str, Any] = {}
    trainer_class = GroupedSftTrainer
    if settings.packing == "tree":
        trainer_class = PackedSftTrainer
        rows = [asdict(pack) for pack in packed_examples(examples.rows, examples.prompts)]
        own["data_collator"] = partial(collate_examples, pad_token_id=tokenizer.pad_token_id or 0)
        sizes |= {
            "n_separate_tokens": sum(len(row["input_ids"]) for row in examples.rows),
            "n_packed_tokens": sum(len(row["input_ids"]) for row in rows),
        }
    trainer = trainer_class(
        model=AutoModelForCausalLM.from_pretrained(job.start_dir, dtype="float32"),
        args=SFTConfig(
            **arguments(job, settings, len(rows)),
            max_length=None,  # sequences over max_length are dropped before, never cut
            packing=False,  # TRL's packing lets examples see each other where flash attention is missing
            dataset_kwargs={"skip_prepare_dataset": True},
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=trainer_callbacks(report, settings),
        peft_config=adapters(settings, "policy"),
        **own,
    )
    return trainer, sizes
