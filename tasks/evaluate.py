"""Tasks `answer` and `evaluate`: measure a round's models on held-out problems: greedy pass@1, maj@k, best-of-k, pass@k.

The policy answers first, while the PPM is still trained; then the PPM scores what was answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.measurement import Answered, Contestants, answered, evaluation_row, measured, with_scores
from tasks.evaluation.methods import TestTime
from tasks.evaluation.scoreboard import summarised
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
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


@task(name="answer", task_run_name="answer {split}", tags=["evaluation"], cache_policy=NO_CACHE)
def answer(plan: RoundPlan, split: Split, policy_id: str) -> Answered | None:
    """Let a policy attempt every problem of the split; None where an earlier run has measured them.

    No PPM is needed, so this can run while one is trained. The answers are not kept: a run that is interrupted before they
    are measured writes the same ones again.
    """
    resources = resources_of(plan.site)
    if resources.lake.is_committed(plan.batch("evaluate", split).batch_id):
        return None
    problems = resources.lake.problems(split, held_out=True)
    stage = f"answer {split}"
    with resources.machinery(policy_id) as machinery:
        resources.progress.stage(plan.round, stage, len(METHODS[split]) * len(problems), beside=True)
        answers = answered(
            problems,
            METHODS[split],
            TestTime(plan.evaluation, plan.search, scored=False, wording=resources.domain.wording),
            machinery,
            f"{plan.run_seed}/{plan.round}",
            lambda n_done, n_total, n_tokens: resources.progress.trees(stage, n_done, n_total, 0, n_tokens),
        )
    resources.progress.over(stage)
    return answers


@task(name="evaluate", task_run_name="evaluate {split}", tags=["evaluation"], cache_policy=NO_CACHE)
def evaluate(
    plan: RoundPlan, split: Split, policy_id: str, ppm_id: str | None, answers: Answered | None
) -> EvaluationReport | None:
    """Let the PPM score the policy's answers, and commit them with the metrics; None where an earlier run did."""
    resources = resources_of(plan.site)
    batch = plan.batch("evaluate", split)
    if answers is None or resources.lake.is_committed(batch.batch_id):
        return None
    problems = resources.lake.problems(split, held_out=True)
    methods = METHODS[split]
    contestants = Contestants(policy_id, ppm_id)
    how = TestTime(plan.evaluation, plan.search, ppm_id is not None, resources.domain.wording)
    resources.progress.stage(plan.round, f"evaluate {split}")
    with resources.machinery(policy_id, ppm_id) as machinery:
        if how.scored:
            answers = with_scores(problems, answers, how, machinery)
        done = measured(problems, methods, contestants, how, answers, machinery.grader)
    metrics = summarised(done.problems, BOOTSTRAP_SEED)
    batch = replace(
        batch,
        sandbox_level=resources.sandbox_level,
        n_tokens=answers.costs.n_tokens,
        engine_seconds=answers.costs.engine_wall_seconds,
        sandbox_seconds=answers.costs.sandbox_seconds,
        wall_seconds=answers.costs.wall_seconds,
    )
    evaluations = [evaluation_row(contestants, split, metric, benchmark=None) for metric in metrics]
    rows: dict[str, Sequence[object]] = {
        "evaluation_answers": done.answers,
        "problem_metrics": done.metrics,
        "evaluations": evaluations,
    }
    resources.lake.commit(batch, rows)
    return EvaluationReport(split, {metric.name: metric.value for metric in metrics if metric.level is None})
