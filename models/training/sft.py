"""Supervised fine-tuning of the policy with trl.SFTTrainer. Source: arXiv 2501.04519, section 3.1.

TRL uses a `labels` column as it is (checked in 1.16: only a dataset without one gets labels from masks), so the loss is decided
here: the prompt and the blocks that code printed get IGNORED.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from models.training.job import TrainingJob, TrainingMetric
from models.training.length_batches import LengthBatches
from models.training.observed_blocks import loss_mask
from models.training.settings import SftSettings
from models.training.trainer import MetricReport, arguments, last_whole_checkpoint, save_model
from warehouse.errors import TrainingFailed

IGNORED: Final = -100
"""The label that torch's cross entropy skips."""


@dataclass(frozen=True, slots=True)
class SftExamples:
    """Tokenized examples, and how many were longer than max_length and dropped."""

    rows: list[dict[str, list[int]]]
    n_dropped_too_long: int


class GroupedSftTrainer(SFTTrainer):
    """SFTTrainer whose batches hold sequences of similar length."""

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> LengthBatches:
        return LengthBatches.of(self)


def read_examples(path: Path) -> list[tuple[str, str]]:
    """Return (prompt, completion) of each row of a Parquet file."""
    columns = pq.read_table(path, columns=["prompt", "completion"], use_threads=False).to_pydict()
    return list(zip(columns["prompt"], columns["completion"], strict=True))


def tokenize_examples(
    examples: list[tuple[str, str]], tokenizer: PreTrainedTokenizerBase, observed: tuple[str, str], max_length: int
) -> SftExamples:
    """Return input_ids and labels per example: a token is learned if it ends in the completion, outside observed blocks."""
    texts = [prompt + completion for prompt, completion in examples]
    encoded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True)
    rows = []
    for (prompt, completion), ids, offsets in zip(examples, encoded["input_ids"], encoded["offset_mapping"], strict=True):
        if len(ids) <= max_length:
            learned = loss_mask(len(prompt), completion, offsets, observed)
            labels = [token if is_learned else IGNORED for token, is_learned in zip(ids, learned, strict=True)]
            rows.append({"input_ids": ids, "labels": labels})
    return SftExamples(rows, len(texts) - len(rows))


def train_policy(job: TrainingJob, settings: SftSettings, emit: Callable[[TrainingMetric], None]) -> dict[str, float]:
    """Train job.start_dir on job.examples, save the policy under job.model_dir and return the final metrics."""
    assert job.examples is not None and job.observed is not None  # TrainingJob has checked it
    tokenizer = AutoTokenizer.from_pretrained(job.start_dir)
    examples = tokenize_examples(read_examples(job.examples), tokenizer, job.observed, settings.max_length)
    if not examples.rows:
        raise TrainingFailed(
            f"no SFT example is left to train on: {examples.n_dropped_too_long} are longer than {settings.max_length} tokens",
            hint="raise sft.max_length, or look at why no trajectory was verified",
        )
    model = AutoModelForCausalLM.from_pretrained(job.start_dir, dtype="float32")
    config = SFTConfig(
        **arguments(job, settings, len(examples.rows)),
        max_length=None,  # sequences over max_length are dropped above, never cut
        packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    report = MetricReport(job.kind, emit, accuracy_key="mean_token_accuracy")
    trainer = GroupedSftTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(examples.rows),
        processing_class=tokenizer,
        callbacks=[report],
    )
    trainer.train(resume_from_checkpoint=last_whole_checkpoint(trainer))
    save_model(model, job)
    sizes = {"n_examples": len(examples.rows), "n_dropped_too_long": examples.n_dropped_too_long}
    return {**report.final(), **sizes}
