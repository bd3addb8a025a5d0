"""Task `summarise`: what the shares of a measured selection of problems come to."""

from dataclasses import replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.measurement import Contestants, evaluation_row
from tasks.evaluation.scoreboard import Earned, MeasuredProblem, summarised
from tasks.runtime.measure_plan import MeasurePlan, Selection
from tasks.runtime.resources import resources_of
from warehouse.ids import content_id
from warehouse.stages import MEASURE


@task(
    name="summarise",
    task_run_name=f"{MEASURE.label} summary of {{selection.name}}",
    tags=["evaluation"],
    cache_policy=NO_CACHE,
)
def summarise(plan: MeasurePlan, selection: Selection, batch_ids: list[str]) -> str:
    """Write what the shares of a selection come to into `evaluations`, and return the id of that batch."""
    lake = resources_of(plan.round_plan.site).lake
    rows = lake.query(
        """select problems.level, problem_metrics.metric, problem_metrics.value, problem_metrics.n_tokens
        from problem_metrics inner join problems on problems.problem_id = problem_metrics.problem_id
        where problem_metrics.batch_id in (select unnest($ids))
        order by problem_metrics.metric, problem_metrics.problem_id""",
        ids=batch_ids,
    )
    shares = [MeasuredProblem(level, Earned(metric, value, n_tokens)) for level, metric, value, n_tokens in rows.iter_rows()]
    metrics = summarised(shares)
    fingerprint = content_id(" ".join(batch_ids))
    batch = replace(plan.round_plan.batch(MEASURE, f"{selection.name} summary"), fingerprint=fingerprint)
    contestants = Contestants(plan.policy_id, plan.ppm_id)
    evaluations = [evaluation_row(contestants, selection.split, metric, selection.name) for metric in metrics]
    lake.commit(batch, {"evaluations": evaluations})
    return batch.batch_id
