"""Task `evaluate`: measure a round's policy and PPM on held-out problems: greedy pass@1, maj@k, best-of-k, pass@k."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.measurement import Contestants, evaluation_row, measured
from tasks.evaluation.methods import TestTime
from tasks.evaluation.scoreboard import summarised
from tasks.plan import RoundPlan
from tasks.resources import resources_of
from warehouse.records import AnswerMethod, Split

BOOTSTRAP_SEED: Final = 0
"""Fixed, so that the intervals of the same answers are the same."""


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The measured metrics over all levels, by name; each in [0, 1]."""

    split: Split
    metrics: dict[str, float]


METHODS: Final[dict[Split, tuple[AnswerMethod, ...]]] = {
    "train": ("greedy", "sample"),
    "validation": ("greedy",),
    "test": ("greedy", "sample"),
}
"""How the problems of a split are answered. A promotion reads greedy answers alone, so no others are paid for."""


@task(name="evaluate", task_run_name="evaluate {split}", tags=["evaluation"], cache_policy=NO_CACHE)
def evaluate(plan: RoundPlan, split: Split, policy_id: str, ppm_id: str | None) -> EvaluationReport | None:
    """Attempt every problem of the split, and commit answers and metrics; None where an earlier run did."""
    resources = resources_of(plan.site)
    batch = plan.batch("evaluate", split)
    if resources.lake.is_committed(batch.batch_id):
        return None
    problems = resources.lake.problems(split)
    methods = METHODS[split]
    contestants = Contestants(policy_id, ppm_id)
    resources.progress.stage(plan.round, f"evaluate {split}", len(methods) * len(problems))
    with resources.machinery(policy_id, ppm_id) as machinery:
        started = time.perf_counter()
        done = measured(
            problems,
            methods,
            contestants,
            TestTime(plan.evaluation, plan.search, scored=ppm_id is not None),
            machinery,
            f"{plan.run_seed}/{plan.round}",
            lambda n_done, n_total, n_tokens: resources.progress.trees(n_done, n_total, 0, n_tokens),
        )
    metrics = summarised(done.problems, BOOTSTRAP_SEED)
    batch = replace(
        batch,
        sandbox_level=resources.sandbox_level,
        n_tokens=done.costs.n_tokens,
        engine_seconds=done.costs.engine_wall_seconds,
        sandbox_seconds=done.costs.sandbox_seconds,
        wall_seconds=time.perf_counter() - started,
    )
    evaluations = [evaluation_row(contestants, split, metric, benchmark=None) for metric in metrics]
    rows: dict[str, Sequence[object]] = {
        "evaluation_answers": done.answers,
        "problem_metrics": done.metrics,
        "evaluations": evaluations,
    }
    resources.lake.commit(batch, rows)
    return EvaluationReport(split, {metric.name: metric.value for metric in metrics if metric.level is None})
