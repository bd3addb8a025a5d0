"""Training of the process preference model on tree-packed batches, a subclass of trl.RewardTrainer.

Loss, as in arXiv 2501.04519, section 3.3: for each step with its chosen and rejected candidates,

    - 1 / (n_chosen * n_rejected) * sum log sigmoid(r(chosen) - r(rejected)),

where r is the logit at the last token of a prefix. The factor is the pair's `weight`; sums are divided by the mean weight of a
pack over the whole training set, so that a step counts the same whichever pack it is in.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel
from trl import RewardConfig, RewardTrainer

from models.training.length_batches import LengthBatches
from models.training.job import TrainingJob, TrainingMetric
from models.training.ppm_data import PpmData, build_packs, read_nodes, read_pairs
from models.training.settings import PpmSettings
from models.training.trainer import MetricReport, arguments, last_whole_checkpoint, save_model
from models.training.tree_packing import Pack, ancestor_mask
from warehouse.errors import TrainingFailed

Batch = dict[str, Tensor]


def collate_packs(packs: Sequence[dict[str, Any]], pad_token_id: int) -> Batch:
    """Return one batch of packs, padded on the right.

    input_ids, position_ids: int64 (packs, tokens). attention_mask: bool (packs, 1, tokens, tokens), true where a token sees
    another; padding sees itself, as a row without any true entry has no softmax. chosen, rejected: int64 (pairs,), indices into the
    flattened (packs * tokens). weights: float32 (pairs,). n_tokens: int64 (), without padding.
    """
    n_columns = max(len(pack["input_ids"]) for pack in packs)
    input_ids = torch.full((len(packs), n_columns), pad_token_id)
    position_ids = torch.zeros_like(input_ids)
    attention_mask = torch.eye(n_columns, dtype=torch.bool).repeat(len(packs), 1, 1, 1)
    chosen, rejected, weights = [], [], []
    for row, pack in enumerate(packs):
        n_tokens = len(pack["input_ids"])
        input_ids[row, :n_tokens] = torch.tensor(pack["input_ids"])
        position_ids[row, :n_tokens] = torch.tensor(pack["positions"])
        attention_mask[row, 0, :n_tokens, :n_tokens] = torch.from_numpy(ancestor_mask(pack["parents"]))
        chosen += [row * n_columns + index for index in pack["chosen"]]
        rejected += [row * n_columns + index for index in pack["rejected"]]
        weights += pack["weights"]
    return {
        "input_ids": input_ids,
        "position_ids": position_ids,
        "attention_mask": attention_mask,
        "chosen": torch.tensor(chosen),
        "rejected": torch.tensor(rejected),
        "weights": torch.tensor(weights, dtype=torch.float32),
        "n_tokens": torch.tensor(sum(len(pack["input_ids"]) for pack in packs)),
    }


def token_logits(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Return the logit at every token of a batch: float32 (packs * tokens,).

    The model's own forward reads one token per sequence, so backbone and head are called one after the other.
    """
    hidden = model.base_model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        position_ids=batch["position_ids"],
        use_cache=False,
    ).last_hidden_state
    return model.score(hidden).float().flatten()


class TreePpmTrainer(RewardTrainer):  # type: ignore[misc]  # TRL is untyped
    """RewardTrainer whose examples are packs. `mean_pack_weight` divides the summed loss of a pack."""

    def __init__(self, *args: Any, mean_pack_weight: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._mean_pack_weight = mean_pack_weight

    def _prepare_dataset(self, dataset: Dataset, *args: Any) -> Dataset:
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = ["input_ids", "parents", "positions", "chosen", "rejected", "weights"]

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> LengthBatches:
        lengths = [len(ids) for ids in self.train_dataset["input_ids"]]
        return LengthBatches(lengths, self.args.per_device_train_batch_size, self.args.seed)

    def compute_loss(
        self, model: PreTrainedModel, inputs: Batch, return_outputs: bool = False, num_items_in_batch: Any = None  # noqa: FBT001
    ) -> Tensor | tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted Bradley-Terry loss over all pairs of the batch."""
        logits = token_logits(model, inputs)
        margin = logits[inputs["chosen"]] - logits[inputs["rejected"]]
        weights = inputs["weights"]
        loss = -(weights * logsigmoid(margin)).sum() / (self._mean_pack_weight * len(inputs["input_ids"]))
        self._count(margin.detach(), int(inputs["n_tokens"]))
        return (loss, {"margin": margin}) if return_outputs else loss

    def prediction_step(
        self, model: PreTrainedModel, inputs: Batch, prediction_loss_only: bool, ignore_keys: Any = None  # noqa: FBT001
    ) -> tuple[Tensor, None, None]:
        """Return the loss alone; the pairs in the right order are counted on the way."""
        with torch.no_grad():
            loss = self.compute_loss(model, self._prepare_inputs(inputs))
        return loss, None, None

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log the accuracy over pairs, not the mean over batches that hold few pairs or many."""
        mode = "train" if self.model.training else "eval"
        ordered = self._metrics[mode].pop("ordered", None)
        if ordered:
            self._metrics[mode]["accuracy"] = [sum(ordered) / sum(self._metrics[mode].pop("pairs"))]
        super().log(logs, start_time)

    def _count(self, margin: Tensor, n_tokens: int) -> None:
        mode = "train" if self.model.training else "eval"
        self._metrics[mode]["ordered"].append(int((margin > 0).sum()))
        self._metrics[mode]["pairs"].append(len(margin))
        if mode == "train":
            self._total_train_tokens += n_tokens
        self._metrics[mode]["num_tokens"] = [self._total_train_tokens]


def train_ppm(job: TrainingJob, settings: PpmSettings, emit: Callable[[TrainingMetric], None]) -> dict[str, float]:
    """Train job.start_dir on the packs of job.nodes and job.pairs, save the PPM and return the final metrics."""
    assert job.nodes is not None and job.pairs is not None  # TrainingJob has checked it
    tokenizer = AutoTokenizer.from_pretrained(job.start_dir)
    data = build_packs(
        read_nodes(job.nodes),
        read_pairs(job.pairs),
        lambda texts: tokenizer(texts, add_special_tokens=False)["input_ids"],
        settings.max_length,
        settings.held_out_share,
    )
    if not data.train:
        raise TrainingFailed(
            f"no preference pair is left to train on: {data.n_dropped_pairs} dropped as longer than {settings.max_length} tokens "
            f"or as equal, {n_pairs(data.held_out)} of held-out problems",
            hint="pairs need problems with both correct and wrong rollouts: look at the coverage of the round",
        )
    torch.manual_seed(job.seed)  # decides the new head
    model = AutoModelForSequenceClassification.from_pretrained(job.start_dir, num_labels=1, dtype="float32")
    model.config.pad_token_id = tokenizer.pad_token_id
    report = MetricReport(job.kind, emit, accuracy_key="accuracy")
    config = RewardConfig(
        **arguments(job, settings),
        max_length=None,  # packs are cut to max_length above
        per_device_eval_batch_size=settings.micro_batch_size,
        eval_strategy="epoch" if data.held_out else "no",
    )
    trainer = TreePpmTrainer(
        model=model,
        args=config,
        data_collator=partial(collate_packs, pad_token_id=tokenizer.pad_token_id),
        train_dataset=_dataset(data.train),
        eval_dataset=_dataset(data.held_out) if data.held_out else None,
        processing_class=tokenizer,
        callbacks=[report],
        mean_pack_weight=sum(sum(pack.weights) for pack in data.train) / len(data.train),
    )
    trainer.train(resume_from_checkpoint=last_whole_checkpoint(Path(config.output_dir)))
    save_model(model, job)
    return {**report.final(), **_sizes(data)}


def n_pairs(packs: Sequence[Pack]) -> int:
    """Return how many pairs the packs hold."""
    return sum(len(pack.weights) for pack in packs)


def _dataset(packs: Sequence[Pack]) -> Dataset:
    return Dataset.from_list([asdict(pack) for pack in packs])


def _sizes(data: PpmData) -> dict[str, float]:
    return {
        "n_pairs": n_pairs(data.train),
        "n_held_out_pairs": n_pairs(data.held_out),
        "n_held_out_problems": len({pack.problem_id for pack in data.held_out}),
        "n_dropped_pairs": data.n_dropped_pairs,
        "n_packs": len(data.train) + len(data.held_out),
        "n_packed_tokens": sum(len(pack.input_ids) for pack in [*data.train, *data.held_out]),
        "n_separate_tokens": data.n_separate_tokens,
    }
