"""Task `evaluate`: measure a round's models on held-out problems: greedy pass@1, maj@k, best-of-k, pass@k.

The policy has answered already, in the task `answer`; here the PPM scores what was answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.measurement import Answered, Contestants, evaluation_row, measured, with_scores
from tasks.evaluation.methods import METHODS_OF_SPLIT, TestTime
from tasks.evaluation.scoreboard import summarised
from tasks.runtime.answers import answer_log
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.records import Split
from warehouse.stages import EVALUATE


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The measured metrics over all levels, by name; each in [0, 1]."""

    split: Split
    metrics: dict[str, float]


@task(name=EVALUATE.name, task_run_name=f"{EVALUATE.label} {{split}}", tags=["evaluation"], cache_policy=NO_CACHE)
def evaluate(
    plan: RoundPlan, split: Split, policy_id: str, ppm_id: str | None, answers: Answered | None
) -> EvaluationReport | None:
    """Let the PPM score the policy's answers, and commit them with the metrics; None where an earlier run did."""
    resources = resources_of(plan.site)
    batch = plan.batch(EVALUATE, split)
    if answers is None or resources.lake.is_committed(batch.batch_id):
        return None
    problems = resources.lake.problems(split, held_out=True)
    methods = METHODS_OF_SPLIT[split]
    contestants = Contestants(policy_id, ppm_id)
    how = TestTime(plan.evaluation, plan.search, ppm_id is not None, resources.domain.wording)
    resources.progress.stage(plan.round, f"{EVALUATE.label} {split}")
    with resources.machinery(policy_id, ppm_id) as machinery:
        if how.scored:
            answers = with_scores(problems, answers, how, machinery)
        done = measured(problems, methods, contestants, how, answers, machinery.grader)
    metrics = summarised(done.problems)
    batch = replace(
        batch,
        sandbox_level=resources.sandbox_level,
        n_tokens=answers.costs.n_tokens,
        engine_seconds=answers.costs.engine_wall_seconds,
        sandbox_seconds=answers.costs.sandbox_seconds,
        wall_seconds=answers.costs.wall_seconds,
    )
    rows: dict[str, Sequence[object]] = {
        "evaluation_answers": done.answers,
        "problem_metrics": done.metrics,
        "evaluations": [evaluation_row(contestants, split, metric, benchmark=None) for metric in metrics],
    }
    resources.lake.commit(batch, rows)
    answer_log(plan, split, policy_id).remove()
    return EvaluationReport(split, {metric.name: metric.value for metric in metrics if metric.level is None})
