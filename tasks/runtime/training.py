"""What the trainings share: the job that follows from a plan, and a training from its start to the recorded checkpoint."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.checkpoints.store import Lineage
from models.training.job import TrainingJob, TrainingMetric, TrainingOutcome
from models.training.launch import run_training
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import Resources
from tasks.search.format import observed
from tasks.search.seeds import hashed_seed
from warehouse.measured import Evaluation, TrainingMetricRow
from warehouse.records import CheckpointKind, CheckpointRow, CheckpointStatus
from warehouse.rounds.training_files import export_training_file
from warehouse.stages import Stage


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """A published checkpoint and the final metrics of its training."""

    checkpoint_id: str
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Trained:
    """A training that is over: its published checkpoint, what it left behind, and how long all of it took."""

    checkpoint_id: str
    outcome: TrainingOutcome
    wall_seconds: float


def policy_job(plan: RoundPlan, start_dir: Path, work_dir: Path, examples: Path) -> TrainingJob:
    """Return the training of a policy from the base in start_dir on a file of SFT examples."""
    opening, closing = observed("\0").split("\0")
    return TrainingJob(
        kind="policy",
        start_dir=start_dir,
        work_dir=work_dir,
        settings=plan.sft,
        seed=hashed_seed(plan.run_seed, plan.round, "sft") >> 31,  # named by the method: another name, another training
        examples=examples,
        observed=(opening, closing),
    )


def ppm_job(plan: RoundPlan, start_dir: Path, work_dir: Path, nodes: Path, pairs: Path) -> TrainingJob:
    """Return the training of a PPM from the policy in start_dir on files of nodes and preference pairs."""
    return TrainingJob(
        kind="ppm",
        start_dir=start_dir,
        work_dir=work_dir,
        settings=plan.ppm,
        seed=hashed_seed(plan.run_seed, plan.round, "ppm") >> 31,
        nodes=nodes,
        pairs=pairs,
    )


def work_dir_of(plan: RoundPlan, kind: CheckpointKind) -> Path:
    """Return the directory of a round's training, made where it is missing."""
    path = plan.site.home / "jobs" / f"round-{plan.round}-{kind}"
    path.mkdir(parents=True, exist_ok=True)
    return path


def exported(plan: RoundPlan, resources: Resources, work_dir: Path, query: str, **parameters: str) -> Path:
    """Return the Parquet file of a query's rows, as the round has pinned them. It is recorded and reproducible."""
    path = work_dir / f"{query.removeprefix('export_')}.parquet"
    return export_training_file(resources.lake, plan.round, query, path, round=plan.round, **parameters).path


def train(
    plan: RoundPlan,
    resources: Resources,
    label: str,
    job: TrainingJob,
    parent_id: str,
    *,
    snapshot_id: int | None,
    status: CheckpointStatus,
) -> Trained:
    """Train, publish the checkpoint and record it with this status. Nothing is done twice, whenever it was interrupted."""
    started = time.perf_counter()

    def on_metric(metric: TrainingMetric) -> None:
        resources.progress.metric(label, metric.step, metric.n_steps, metric.loss)

    outcome = run_training(job, on_metric, resources.trainer_host, resources.progress.message)
    resources.progress.over(label)
    lineage = Lineage(parent_id, plan.round, snapshot_id, plan.fingerprint, plan.code_version, outcome.metrics)
    checkpoint = resources.checkpoints.publish(job.kind, outcome.model_dir, lineage)
    resources.lake.record_checkpoint(
        CheckpointRow(
            checkpoint_id=checkpoint.checkpoint_id,
            kind=job.kind,
            round=plan.round,
            parent_id=parent_id,
            snapshot_id=snapshot_id,
            fingerprint=plan.fingerprint,
            uri=resources.checkpoints.uri(checkpoint),
            status=status,
            metrics_json=json.dumps(outcome.metrics, sort_keys=True),
        )
    )
    return Trained(checkpoint.checkpoint_id, outcome, time.perf_counter() - started)


def train_candidate(plan: RoundPlan, resources: Resources, stage: Stage, job: TrainingJob, parent_id: str) -> Trained:
    """Return a round's training on the rows that the round has pinned, recorded as its candidate."""
    snapshot_id = resources.lake.pin_training_snapshot(plan.round)
    return train(plan, resources, stage.label, job, parent_id, snapshot_id=snapshot_id, status="candidate")


def commit_training(
    plan: RoundPlan, resources: Resources, stage: Stage, trained: Trained, evaluations: Sequence[Evaluation] = ()
) -> TrainingReport:
    """Commit the curve of a training, and what it measured, unless an earlier run did."""
    batch = plan.batch(stage)
    if not resources.lake.is_committed(batch.batch_id):
        rows: dict[str, Sequence[object]] = {"training_metrics": curve_rows(trained.outcome)}
        if evaluations:
            rows["evaluations"] = evaluations
        resources.lake.commit(replace(batch, wall_seconds=trained.wall_seconds), rows)
    return TrainingReport(trained.checkpoint_id, trained.outcome.metrics)


def curve_rows(outcome: TrainingOutcome) -> list[TrainingMetricRow]:
    """Return the training's curve as rows, each value once. Its final metrics stand with its checkpoint, in metrics_json."""
    return [
        TrainingMetricRow(point.kind, point.step, name, value) for point in outcome.curve for name, value in _new_values(point)
    ]


def _new_values(point: TrainingMetric) -> tuple[tuple[str, float], ...]:
    """Return what a report says that the one before it did not: held-out accuracy comes with the progress once more."""
    if point.ppm_pair_accuracy is not None:
        return (("ppm_pair_accuracy", point.ppm_pair_accuracy),)
    return ("loss", point.loss), ("accuracy", point.accuracy), ("learning_rate", point.learning_rate)
