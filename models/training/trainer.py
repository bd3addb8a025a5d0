"""What both trainings share: arguments of the Trainer, progress reports, resume points and the saved model."""

import json
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any, Final

import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from models.training.job import TrainingJob, TrainingKind, TrainingMetric
from models.training.lora import merged
from models.training.settings import TrainerSettings

WARMUP_SHARE: Final = 0.03
"""Share of the optimizer steps in which the rate rises from 0."""

N_REPORTS: Final = 40
"""Progress reports per training: enough for a smooth curve, few enough for a log."""

_TOKENIZER_FILES: Final = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
)


def arguments(job: TrainingJob, settings: TrainerSettings, n_examples: int) -> dict[str, Any]:
    """Return the arguments that SFTConfig and RewardConfig take alike. Nothing is reported to other services.

    The first step of a warm-up has the rate 0, so a training of one step has none: it would learn nothing.
    """
    n_steps = math.ceil(n_examples / settings.batch_size) * settings.n_epochs
    return {
        "output_dir": str(job.resume_dir),
        "seed": job.seed % 2**32,  # numpy takes 32 bits
        "learning_rate": settings.learning_rate,
        "num_train_epochs": settings.n_epochs,
        "per_device_train_batch_size": settings.micro_batch_size,
        "gradient_accumulation_steps": settings.batch_size // settings.micro_batch_size,
        "lr_scheduler_type": "linear",
        "warmup_steps": WARMUP_SHARE if n_steps > 1 else 0,
        "optim": "adamw_torch_fused",
        "bf16": settings.bf16,
        "gradient_checkpointing": settings.gradient_checkpointing,
        "logging_steps": 1 / N_REPORTS,
        "use_cpu": not torch.cuda.is_available(),
        "save_strategy": "no",  # ResumePoints says when
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
        "remove_unused_columns": False,
    }


class MetricReport(TrainerCallback):
    """Turns the Trainer's logs into TrainingMetrics, and remembers them for the final metrics."""

    def __init__(self, kind: TrainingKind, emit: Callable[[TrainingMetric], None], accuracy_key: str) -> None:
        self._kind = kind
        self._emit = emit
        self._accuracy_key = accuracy_key
        self._started_at = time.monotonic()
        self._metrics: list[TrainingMetric] = []

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Report progress, and held-out accuracy at the end of an epoch together with the progress before it."""
        logs: dict[str, float] = kwargs["logs"]
        if "loss" in logs:
            self._report(self._progress(state, logs))
        elif "eval_accuracy" in logs and self._metrics:
            self._report(self._metrics[-1].model_copy(update={"ppm_pair_accuracy": logs["eval_accuracy"]}))

    def final(self) -> dict[str, float]:
        """Return the means of the last epoch, the last held-out accuracy if any, and the number of steps and tokens."""
        last = self._metrics[-1]
        epoch = [metric for metric in self._metrics if metric.epoch > last.epoch - 1 and metric.ppm_pair_accuracy is None]
        held_out = [metric.ppm_pair_accuracy for metric in self._metrics if metric.ppm_pair_accuracy is not None]
        return {
            "loss": mean(metric.loss for metric in epoch),
            "accuracy": mean(metric.accuracy for metric in epoch),
            **({"ppm_pair_accuracy": held_out[-1]} if held_out else {}),
            "n_steps": last.n_steps,
            "n_tokens": last.n_tokens,
        }

    def _progress(self, state: TrainerState, logs: dict[str, float]) -> TrainingMetric:
        return TrainingMetric(
            kind=self._kind,
            step=state.global_step,
            n_steps=state.max_steps,
            epoch=state.epoch or 0.0,
            loss=logs["loss"],
            accuracy=logs[self._accuracy_key],
            learning_rate=logs["learning_rate"],
            n_tokens=int(logs["num_tokens"]),
            elapsed_seconds=time.monotonic() - self._started_at,
        )

    def _report(self, metric: TrainingMetric) -> None:
        self._metrics.append(metric)
        self._emit(metric)


class ResumePoints(TrainerCallback):
    """Saves a resume point whenever so many minutes have passed since the last: what a killed training loses at most."""

    def __init__(self, minutes: float) -> None:
        self._seconds = 60.0 * minutes
        self._saved_at = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Ask for a resume point where it is time, but for none after the last step, when the model itself is saved."""
        if time.monotonic() - self._saved_at >= self._seconds and state.global_step < state.max_steps:
            control.should_save = True

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Count from the end of a save, which takes a while for a large model."""
        self._saved_at = time.monotonic()


def trainer_callbacks(report: MetricReport, settings: TrainerSettings) -> list[TrainerCallback]:
    """Return what watches a training."""
    return [report, *([ResumePoints(settings.checkpoint_minutes)] if settings.checkpoint_minutes else [])]


def last_whole_checkpoint(trainer: Trainer) -> str | None:
    """Return the newest resume point whose trainer_state.json parses, or None. A torn one is left by a kill while saving."""
    assert trainer.args.output_dir is not None  # `arguments` set it
    found = sorted(
        Path(trainer.args.output_dir).glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]), reverse=True
    )
    return next((str(path) for path in found if _is_whole(path)), None)


def save_model(model: Any, job: TrainingJob) -> None:
    """Write configuration and weights to job.model_dir and copy the tokenizer of start_dir, byte for byte.

    What was computed in bfloat16 is saved in bfloat16, in which it is served: half the bytes.
    """
    shutil.rmtree(job.model_dir, ignore_errors=True)
    model = merged(model)
    if job.settings.bf16:
        model = model.to(torch.bfloat16)
    model.save_pretrained(job.model_dir)
    for name in _TOKENIZER_FILES:
        if (job.start_dir / name).exists():
            shutil.copyfile(job.start_dir / name, job.model_dir / name)


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text())
    except (OSError, ValueError):
        return False
    return True
