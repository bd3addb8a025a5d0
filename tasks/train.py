"""Tasks `sft_policy` and `train_ppm`: train the round's two models in their own processes and publish their checkpoints."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from models.checkpoints.store import Checkpoint as PublishedCheckpoint
from models.checkpoints.store import Lineage
from models.training.job import TrainingJob, TrainingMetric, TrainingOutcome
from models.training.launch import run_training
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import Resources, resources_of
from tasks.search.format import observed
from tasks.search.seeds import hashed_seed
from warehouse.records import Checkpoint, CheckpointKind, Evaluation
from warehouse.records import TrainingMetric as MetricRow
from warehouse.rounds.training_files import export_training_file

_SFT: Final = "sft policy"
_PPM: Final = "train ppm"
"""How progress calls the trainings."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """A published checkpoint and the final metrics of its training."""

    checkpoint_id: str
    metrics: dict[str, float]


@task(name="sft_policy", task_run_name="sft policy", tags=["training"], cache_policy=NO_CACHE)
def sft_policy(plan: RoundPlan, base_id: str) -> TrainingReport:
    """Fine-tune the base on the round's SFT set and publish the policy as a candidate."""
    resources = resources_of(plan.site)
    resources.progress.stage(plan.round, _SFT)
    work_dir = _work_dir(plan, "policy")
    examples = _export(resources, work_dir, "export_sft", round=plan.round)
    opening, closing = observed("\0").split("\0")
    job = TrainingJob(
        kind="sft",
        start_dir=resources.checkpoints.get(base_id).path,
        work_dir=work_dir,
        settings=plan.sft,
        seed=hashed_seed(plan.run_seed, plan.round, "sft") >> 31,
        examples=examples,
        observed=(opening, closing),
    )
    return _train(plan, resources, job, parent_id=base_id)


@task(name="train_ppm", task_run_name="train ppm", tags=["training"], cache_policy=NO_CACHE)
def train_ppm(plan: RoundPlan, policy_id: str) -> TrainingReport:
    """Train the PPM from the round's policy on the preference pairs of all rounds so far and publish it as a candidate."""
    resources = resources_of(plan.site)
    resources.progress.stage(plan.round, _PPM)
    work_dir = _work_dir(plan, "ppm")
    job = TrainingJob(
        kind="ppm",
        start_dir=resources.checkpoints.get(policy_id).path,
        work_dir=work_dir,
        settings=plan.ppm,
        seed=hashed_seed(plan.run_seed, plan.round, "ppm") >> 31,
        nodes=_export(resources, work_dir, "export_ppm_nodes", round=plan.round),
        pairs=_export(resources, work_dir, "export_ppm_pairs", round=plan.round),
    )
    return _train(plan, resources, job, parent_id=policy_id)


def _work_dir(plan: RoundPlan, kind: str) -> Path:
    path = plan.site.home / "jobs" / f"round-{plan.round}-{kind}"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _export(resources: Resources, work_dir: Path, query: str, **parameters: int) -> Path:
    """Write a query's rows, as the round has pinned them, as Parquet and return the file. It is recorded and reproducible."""
    path = work_dir / f"{query.removeprefix('export_')}.parquet"
    return export_training_file(resources.lake, parameters["round"], query, path, **parameters).path


def _train(plan: RoundPlan, resources: Resources, job: TrainingJob, parent_id: str) -> TrainingReport:
    """Train, publish the checkpoint, and record it with its curve. Nothing is done twice, whenever it was interrupted."""
    kind: CheckpointKind = "policy" if job.kind == "sft" else "ppm"
    stage = _SFT if job.kind == "sft" else _PPM
    snapshot_id = resources.lake.pin_training_snapshot(plan.round)
    started = time.perf_counter()
    curve: list[TrainingMetric] = []

    def on_metric(metric: TrainingMetric) -> None:
        curve.append(metric)
        resources.progress.metric(stage, metric.step, metric.n_steps, metric.loss)

    outcome = run_training(job, on_metric, resources.trainer_host)
    resources.progress.over(stage)
    lineage = Lineage(
        parent_id=parent_id,
        round=plan.round,
        snapshot_id=snapshot_id,
        fingerprint=plan.fingerprint,
        code_version=plan.code_version,
        metrics=outcome.metrics,
    )
    checkpoint = resources.checkpoints.publish(kind, outcome.model_dir, lineage)
    resources.lake.record_checkpoint(
        Checkpoint(
            checkpoint_id=checkpoint.checkpoint_id,
            kind=kind,
            round=plan.round,
            parent_id=parent_id,
            snapshot_id=snapshot_id,
            fingerprint=plan.fingerprint,
            uri=resources.checkpoints.uri(checkpoint),
            status="candidate",
            metrics_json=json.dumps(outcome.metrics, sort_keys=True),
        )
    )
    batch = plan.batch(f"train-{kind}")
    if not resources.lake.is_committed(batch.batch_id):
        batch = replace(batch, wall_seconds=time.perf_counter() - started)
        rows: dict[str, Sequence[object]] = {
            "training_metrics": _rows(kind, curve, outcome),
            "evaluations": _pair_accuracy(parent_id, checkpoint, outcome),
        }
        resources.lake.commit(batch, rows)
    return TrainingReport(checkpoint.checkpoint_id, outcome.metrics)


def _pair_accuracy(policy_id: str, checkpoint: PublishedCheckpoint, outcome: TrainingOutcome) -> list[Evaluation]:
    """Return the PPM's accuracy on the pairs of problems that its training held out, which the promotion gate reads."""
    if "held_out_accuracy" not in outcome.metrics:
        return []
    n_problems = int(outcome.metrics["n_held_out_problems"])
    accuracy = outcome.metrics["held_out_accuracy"]
    return [Evaluation(policy_id, checkpoint.checkpoint_id, "validation", "ppm_pair_accuracy", None, accuracy, n_problems)]


def _rows(kind: CheckpointKind, curve: list[TrainingMetric], outcome: TrainingOutcome) -> list[MetricRow]:
    """Return the training's curve as rows, and its final metrics under `final_` names at the last step."""
    rows: list[MetricRow] = []
    for point in curve:
        values = {
            "loss": point.loss,
            "accuracy": point.accuracy,
            "learning_rate": point.learning_rate,
            "held_out_accuracy": point.held_out_accuracy,
        }
        rows += [MetricRow(kind, point.step, name, value) for name, value in values.items() if value is not None]
    last = curve[-1].step if curve else 0
    return rows + [MetricRow(kind, last, f"final_{name}", value) for name, value in sorted(outcome.metrics.items())]
