"""Tasks of an ablation: train what one choice of the recipe would have given from a round's trees, and search in either way.

Nothing here becomes current, and no row of the round changes: variants are checkpoints of their own.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from prefect import task
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, ConfigDict

from models.checkpoints.store import Lineage
from models.training.job import TrainingJob, TrainingMetric
from models.training.launch import run_training
from tasks.annotate import SFT_STATEMENTS
from tasks.evaluate import BOOTSTRAP_SEED
from tasks.evaluation.scoreboard import Earned, MeasuredProblem, Metric, summarised
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import Resources, resources_of
from tasks.search.driver import Driver
from tasks.search.expansion import Guidance
from tasks.search.format import observed
from tasks.search.mcts import grow_tree
from tasks.search.seeds import hashed_seed, tree_id
from tasks.search.tree import SearchTree
from warehouse.records import Ablation, Checkpoint, CheckpointKind, Problem
from warehouse.sql.statements import bound, find

STAGE: Final = "ablate"
Question = Literal["sft-data", "ppm-loss", "q-source"]


class Variant(BaseModel):
    """One choice. checkpoints: those that answer or search; the policy or the PPM is None until it is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Question
    name: str
    policy_id: str | None = None
    ppm_id: str | None = None

    @property
    def label(self) -> str:
        """What names its work directory and runs."""
        return f"{self.question}-{self.name}"


@task(name="train_variant", task_run_name="train {variant.label}", tags=["training"], cache_policy=NO_CACHE)
def train_variant(plan: RoundPlan, variant: Variant, start_id: str) -> Variant:
    """Train the variant's policy from the base, or its PPM from the policy, and return it with the checkpoint's id."""
    resources = resources_of(plan.site)
    stage = f"train {variant.label}"
    resources.progress.stage(plan.round, stage)
    work_dir = plan.site.home / "ablations" / f"round-{plan.round}-{variant.label}"
    work_dir.mkdir(parents=True, exist_ok=True)
    is_policy = variant.question == "sft-data"
    make_job = _sft_job if is_policy else _ppm_job
    job = make_job(plan, variant, resources, work_dir, resources.checkpoints.get(start_id).path)
    kind: CheckpointKind = "policy" if is_policy else "ppm"

    def on_metric(metric: TrainingMetric) -> None:
        resources.progress.metric(stage, metric.step, metric.n_steps, metric.loss)

    outcome = run_training(job, on_metric, resources.trainer_host)
    lineage = Lineage(start_id, plan.round, None, plan.fingerprint, plan.code_version, outcome.metrics)
    published = resources.checkpoints.publish("policy" if is_policy else "ppm", outcome.model_dir, lineage)
    row = Checkpoint(
        published.checkpoint_id, kind, plan.round, start_id, None, plan.fingerprint, published.uri, status="ablation"
    )
    resources.lake.record_checkpoint(row)
    return variant.model_copy(update={"policy_id" if is_policy else "ppm_id": published.checkpoint_id})


def _sft_job(plan: RoundPlan, variant: Variant, resources: Resources, work_dir: Path, start_dir: Path) -> TrainingJob:
    """Return the training that differs from the round's own in the selection of its examples alone."""
    statement = find(SFT_STATEMENTS[variant.name])
    values = bound(statement, {"round": plan.round, "n_per_problem": plan.annotation.n_sft_per_problem})
    texts = f"""
        with chosen as (
        {statement.sql}
        )
        select chosen.problem_id, chosen.trajectory_id, chosen.rank, texts.prompt, texts.completion
        from chosen
        inner join v_trajectory_texts as texts
            on texts.round = chosen.trajectory_round and texts.trajectory_id = chosen.trajectory_id
        order by chosen.problem_id, chosen.rank, chosen.trajectory_id
    """
    examples = work_dir / "sft.parquet"
    resources.lake.export(texts, examples, **values)
    opening, closing = observed("\0").split("\0")
    return TrainingJob(
        kind="sft",
        start_dir=start_dir,
        work_dir=work_dir,
        settings=plan.sft,
        seed=hashed_seed(plan.run_seed, plan.round, "sft") >> 31,
        examples=examples,
        observed=(opening, closing),
    )


def _ppm_job(plan: RoundPlan, variant: Variant, resources: Resources, work_dir: Path, start_dir: Path) -> TrainingJob:
    """Return the training that differs from the round's own in the loss alone."""
    files = {name: work_dir / f"{name}.parquet" for name in ("ppm_nodes", "ppm_pairs")}
    for name, path in files.items():
        resources.lake.export(f"export_{name}", path, round=plan.round)
    return TrainingJob(
        kind="ppm",
        start_dir=start_dir,
        work_dir=work_dir,
        settings=plan.ppm.model_copy(update={"loss_kind": variant.name}),
        seed=hashed_seed(plan.run_seed, plan.round, "ppm") >> 31,
        nodes=files["ppm_nodes"],
        pairs=files["ppm_pairs"],
    )


@task(name="search_variant", task_run_name="search {variant.label}", tags=["search"], cache_policy=NO_CACHE)
def search_variant(plan: RoundPlan, variant: Variant, n_problems: int) -> list[Ablation]:
    """Search in the hardest training problems with Q-values of this source; the trees are counted and not kept.

    coverage: problems with a correct rollout. correct_rollouts: share of rollouts that ended correct.
    """
    resources = resources_of(plan.site)
    assert variant.policy_id is not None  # the caller names the round's own
    problems = hardest(resources.lake.problems("train"), n_problems)
    stage = f"search {variant.label}"
    resources.progress.stage(plan.round, stage, len(problems))
    scored = variant.name == "ppm"
    settings = plan.search.model_copy(update={"q_source": variant.name, "n_extra_rollouts": 0})
    with resources.machinery(variant.policy_id, variant.ppm_id if scored else None) as machinery:
        driver: Driver[SearchTree] = Driver(machinery, window=settings.window)
        trees: dict[str, SearchTree] = {}
        for key, tree in driver.run(
            (
                problem.problem_id,
                grow_tree(
                    tree_id(plan.run_seed, plan.round, problem.problem_id, 0),
                    problem.problem_id,
                    problem.statement,
                    settings,
                    Guidance(problem.answer, scored),
                ),
            )
            for problem in problems
        ):
            trees[key] = tree
            n_solved = sum(one.solved for one in trees.values())
            resources.progress.trees(stage, len(trees), len(problems), n_solved, driver.costs.n_tokens)
    measured = [one for problem in problems for one in _searched(problem, trees[problem.problem_id])]
    metrics = [metric for metric in summarised(measured, BOOTSTRAP_SEED) if metric.level is None]
    return [ablation_row(variant, metric, f"{len(problems)} hardest of train") for metric in metrics]


def hardest(problems: list[Problem], n_problems: int) -> list[Problem]:
    """Return the n problems of the highest levels; ties go to the smaller id."""
    return sorted(problems, key=lambda problem: (-(problem.level or 0), problem.problem_id))[:n_problems]


def _searched(problem: Problem, tree: SearchTree) -> list[MeasuredProblem]:
    values = {"coverage": float(tree.solved), "correct_rollouts": tree.root.n_correct / tree.n_rollouts}
    return [MeasuredProblem(problem.level, Earned(metric, value, tree.n_tokens)) for metric, value in values.items()]


def ablation_row(variant: Variant, metric: Metric, problems: str) -> Ablation:
    """Return a metric of a variant as a row of `ablations`."""
    assert variant.policy_id is not None
    return Ablation(
        variant.question,
        variant.name,
        metric.name,
        metric.value,
        metric.low,
        metric.high,
        metric.n_problems,
        metric.tokens_per_problem,
        problems,
        variant.policy_id,
        variant.ppm_id,
    )


@task(name="record_ablation", cache_policy=NO_CACHE)
def record_ablation(plan: RoundPlan, shard: str, rows: list[Ablation], wall_seconds: float) -> str:
    """Commit the rows of an ablation and return the id of their batch; those of the same ablation before are replaced."""
    batch = replace(plan.batch(STAGE, shard), wall_seconds=wall_seconds)
    resources_of(plan.site).lake.commit(batch, {"ablations": rows})
    return batch.batch_id


def measured_rows(plan: RoundPlan, variant: Variant, summary_batch_id: str, problems: str) -> list[Ablation]:
    """Return what `stargrove evaluate` would have shown of a variant, as rows of `ablations`."""
    found = resources_of(plan.site).lake.query(
        """select metric, value, low, high, n_problems, tokens_per_problem from evaluations
        where batch_id = $id and level is null order by metric""",
        id=summary_batch_id,
    )
    return [
        ablation_row(variant, Metric(name, None, value, low, high, n_problems, tokens), problems)
        for name, value, low, high, n_problems, tokens in found.iter_rows()
    ]


def now_seconds() -> float:
    """Return a clock's reading, for how long an ablation took."""
    return time.perf_counter()
