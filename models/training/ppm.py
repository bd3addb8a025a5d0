"""Training of the process preference model on tree-packed batches, a subclass of trl.RewardTrainer.

Loss, as in arXiv 2501.04519, section 3.3: for each step with its chosen and rejected candidates,

    - 1 / (n_chosen * n_rejected) * sum log sigmoid(r(chosen) - r(rejected)),

where r is the logit at the last token of a prefix (losses.py has the two losses that the paper compares it with, and what keeps
logits around zero). The factor is the pair's `weight`; sums are divided by the mean weight of a pack over the whole training
set, so that a step counts the same whichever pack it is in.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import torch
from datasets import Dataset
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from trl.trainer.reward_config import RewardConfig
from trl.trainer.reward_trainer import RewardTrainer

from models.training.job import TrainingJob, TrainingMetric
from models.training.length_batches import LengthBatches
from models.training.lora import adapters
from models.training.losses import PairLoss, pair_loss
from models.training.packed_batch import hidden_states, padded
from models.training.ppm_data import HELD_OUT_SHARE, PpmData, build_packs, read_nodes, read_pairs
from models.training.settings import PpmSettings
from models.training.trainer import MetricReport, arguments, last_whole_checkpoint, save_model, trainer_callbacks
from models.training.tree_packing import Pack
from warehouse.errors import TrainingFailed

Batch = dict[str, Tensor]
Collate = Callable[..., Batch]
PER_PAIR: Final = ("weights", "chosen_q", "rejected_q")


def collate_packs(packs: Sequence[dict[str, Any]], pad_token_id: int) -> Batch:
    """Return one batch of packs: what `padded` makes of them, and their pairs.

    chosen, rejected: int64 (pairs,), indices into the flattened (packs * tokens). weights, chosen_q, rejected_q: float32
    (pairs,).
    """
    batch = padded(packs, pad_token_id)
    n_columns = batch["input_ids"].shape[1]
    return (
        batch
        | {
            name: torch.tensor([row * n_columns + index for row, pack in enumerate(packs) for index in pack[name]])
            for name in ("chosen", "rejected")
        }
        | {name: torch.tensor([x for pack in packs for x in pack[name]]) for name in PER_PAIR}
    )


def token_logits(model: Any, batch: Batch) -> Tensor:
    """Return the logit at every token of a batch: float32 (packs * tokens,).

    The model's own forward reads one token per sequence, so backbone and head are called one after the other.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    logits: Tensor = inner.score(hidden_states(model, batch)).float().flatten()
    return logits


class TreePpmTrainer(RewardTrainer):
    """RewardTrainer whose examples are packs. `mean_pack_weight` divides the summed loss of a pack."""

    def __init__(self, *args: Any, pair_loss: PairLoss, mean_pack_weight: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pair_loss = pair_loss
        self._mean_pack_weight = mean_pack_weight

    def _prepare_dataset(self, dataset: Dataset, *args: Any) -> Dataset:
        return dataset

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> LengthBatches:
        return LengthBatches.of(self)

    def compute_loss(self, model: Any, inputs: Batch, *args: Any, **kwargs: Any) -> Tensor:
        """Return the weighted loss over all pairs of the batch."""
        logits = token_logits(model, inputs)
        chosen, rejected = logits[inputs["chosen"]], logits[inputs["rejected"]]
        losses = self._pair_loss(chosen, rejected, inputs["chosen_q"], inputs["rejected_q"])
        loss = (inputs["weights"] * losses).sum() / (self._mean_pack_weight * len(inputs["input_ids"]))
        margin = (chosen - rejected).detach()
        self._count(margin, int(inputs["n_tokens"]))
        return loss

    def prediction_step(self, model: Any, inputs: Batch, *args: Any, **kwargs: Any) -> tuple[Tensor, None, None]:
        """Return the loss alone; the pairs in the right order are counted on the way."""
        with torch.no_grad():
            loss = self.compute_loss(model, self._prepare_inputs(inputs))
        return loss, None, None

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log the accuracy over pairs, not the mean over batches that hold few pairs or many."""
        mode = self._mode()
        ordered = self._metrics[mode].pop("ordered", None)
        if ordered:
            self._metrics[mode]["accuracy"] = [sum(ordered) / sum(self._metrics[mode].pop("pairs"))]
        super().log(logs, start_time)

    def _mode(self) -> str:
        assert self.model is not None
        return "train" if self.model.training else "eval"

    def _count(self, margin: Tensor, n_tokens: int) -> None:
        mode = self._mode()
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
        [pair for pair in read_pairs(job.pairs) if settings.loss_kind != "orm" or pair.kind == "answer"],
        lambda texts: tokenizer(texts, add_special_tokens=False)["input_ids"],
        settings.max_length,
        HELD_OUT_SHARE,
        repeats=settings.repeated_pairs == "all",
    )
    if not data.train:
        raise TrainingFailed(
            f"no preference pair is left to train on: {data.n_dropped_pairs} are longer than {settings.max_length} tokens "
            f"or of equal prefixes, {n_pairs(data.held_out)} are of held-out problems",
            hint="pairs need problems with both correct and wrong rollouts: look at the coverage of the round",
        )
    report = MetricReport(job.kind, emit, accuracy_key="accuracy")
    trainer = ppm_trainer(job, settings, data, report)
    trainer.train(resume_from_checkpoint=last_whole_checkpoint(trainer))
    save_model(trainer.model, job)
    return {**report.final(), **_sizes(data)}


def ppm_trainer(
    job: TrainingJob, settings: PpmSettings, data: PpmData, report: MetricReport, collate: Collate = collate_packs
) -> TreePpmTrainer:
    """Return a trainer of a new PPM: the policy's backbone, and a head that job.seed or settings.head_init decides."""
    tokenizer = AutoTokenizer.from_pretrained(job.start_dir)
    torch.manual_seed(job.seed)
    model = AutoModelForSequenceClassification.from_pretrained(job.start_dir, num_labels=1, dtype="float32")
    if settings.head_init == "zero":
        torch.nn.init.zeros_(model.score.weight)
    config = RewardConfig(
        **arguments(job, settings, len(data.train)),
        max_length=None,  # packs keep to max_length already
        per_device_eval_batch_size=settings.micro_batch_size,
        eval_strategy="epoch" if data.held_out else "no",
    )
    return TreePpmTrainer(
        model=model,
        args=config,
        data_collator=partial(collate, pad_token_id=tokenizer.pad_token_id or 0),
        train_dataset=_dataset(data.train),
        eval_dataset=_dataset(data.held_out) if data.held_out else None,
        processing_class=tokenizer,
        callbacks=trainer_callbacks(report, settings),
        peft_config=adapters(settings, "ppm"),
        pair_loss=pair_loss(settings),
        mean_pack_weight=sum(sum(pack.weights) for pack in data.train) / len(data.train),
    )


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
        "n_repeated_pairs": data.n_repeated_pairs,
        "n_packs": len(data.train) + len(data.held_out),
        "n_packed_tokens": sum(len(pack.input_ids) for pack in [*data.train, *data.held_out]),
        "n_separate_tokens": data.n_separate_tokens,
    }
