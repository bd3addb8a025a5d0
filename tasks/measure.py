"""Task `measure`: how good checkpoints are by one method when they think at test time. Decides nothing."""

import time
from dataclasses import replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.measurement import Contestants, answered, measured
from tasks.evaluation.methods import TestTime
from tasks.runtime.measure_plan import MeasurePlan, Selection
from tasks.runtime.resources import resources_of
from warehouse.measured import AnswerMethod
from warehouse.records import Batch, Problem
from warehouse.stages import MEASURE


@task(
    name=MEASURE.name,
    task_run_name=f"{MEASURE.label} {{method}} on {{selection.name}}",
    tags=["evaluation"],
    cache_policy=NO_CACHE,
)
def measure(plan: MeasurePlan, selection: Selection, method: AnswerMethod) -> list[str]:
    """Let a method answer the selection's problems, share by share, and return the ids of the shares' batches."""
    resources = resources_of(plan.round_plan.site)
    problems = selection.problems(resources.lake)
    shares = [problems[start : start + plan.share_size] for start in range(0, len(problems), plan.share_size)]
    batches = [plan.batch(selection, method, share, f"{number:03d}") for number, share in enumerate(shares)]
    for share, batch in zip(shares, batches, strict=True):
        if not resources.lake.is_committed(batch.batch_id):
            label = f"{MEASURE.label} {method} on {selection.name} {batch.shard.split()[-1]}"
            resources.progress.stage(0, label, len(share))
            _measure_share(plan, batch, share, method, label)
    return [batch.batch_id for batch in batches]


def _measure_share(plan: MeasurePlan, batch: Batch, problems: list[Problem], method: AnswerMethod, label: str) -> None:
    resources = resources_of(plan.round_plan.site)
    wording = resources.domain.wording
    how = TestTime(plan.round_plan.evaluation, plan.round_plan.search, plan.ppm_id is not None, wording)
    with resources.machinery(plan.policy_id, plan.ppm_id) as machinery:
        started = time.perf_counter()
        answers = answered(
            problems,
            [method],
            how,
            machinery,
            f"{plan.round_plan.run_seed}/measure",
            lambda n_done, n_total, n_tokens: resources.progress.trees(label, n_done, n_total, 0, n_tokens),
        )
        done = measured(problems, [method], Contestants(plan.policy_id, plan.ppm_id), how, answers, machinery.grader)
    batch = replace(
        batch,
        sandbox_level=resources.sandbox_level,
        n_tokens=answers.costs.n_tokens,
        engine_seconds=answers.costs.engine_wall_seconds,
        sandbox_seconds=answers.costs.sandbox_seconds,
        wall_seconds=time.perf_counter() - started,
    )
    resources.lake.commit(batch, {"evaluation_answers": done.answers, "problem_metrics": done.metrics})
