"""The rows of a training's curve."""

from pathlib import Path

from models.training.job import TrainingMetric, TrainingOutcome
from tasks.runtime.training import curve_rows


def test_every_value_of_a_curve_is_a_row_once_under_one_name() -> None:
    first = TrainingMetric(
        kind="ppm", step=1, n_steps=2, epoch=0.5, loss=0.7, accuracy=0.5, learning_rate=1e-3, n_tokens=9, elapsed_seconds=1.0
    )
    last = first.model_copy(update={"step": 2, "loss": 0.4})
    held_out = last.model_copy(update={"ppm_pair_accuracy": 0.75})
    outcome = TrainingOutcome(
        model_dir=Path("model"), metrics={"ppm_pair_accuracy": 0.75}, curve=(first, last, held_out), fingerprint="f"
    )
    rows = [(row.optimizer_step, row.metric, row.value) for row in curve_rows(outcome)]
    assert rows == [
        *[(1, "loss", 0.7), (1, "accuracy", 0.5), (1, "learning_rate", 1e-3)],
        *[(2, "loss", 0.4), (2, "accuracy", 0.5), (2, "learning_rate", 1e-3)],
        (2, "ppm_pair_accuracy", 0.75),
    ]
