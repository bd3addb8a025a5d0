"""Tasks `measure` and `summarise`: how good checkpoints are on benchmarks when they think at test time. Decides nothing.

A share is some problems answered by one method; it is committed as soon as it is done, so that an interrupted measurement
goes on where it stopped, and another method or setting measures only what it changes.
"""

import json
import time
from dataclasses import replace

from prefect import task
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, ConfigDict

from tasks.evaluate import BOOTSTRAP_SEED
from tasks.evaluation.measurement import Contestants, answered, evaluation_row, measured
from tasks.evaluation.methods import TestTime
from tasks.evaluation.scoreboard import Earned, MeasuredProblem, summarised
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.ids import content_id
from warehouse.records import AnswerMethod, Batch, Problem, Split
from warehouse.store.lake import Warehouse

STAGE = "measure"

_TREE = {"search_temperature", "aggregation", "n_search_candidates", "policy_weight"}
_USED_BY: dict[AnswerMethod, set[str]] = {
    "greedy": {"max_program_tokens"},
    "sample": {"ks", "temperature", "max_program_tokens", "aggregation"},
    "beam": _TREE | {"n_beams"},
    "mcts": _TREE | {"n_search_rollouts", "search_exploration_weight"},
}
"""The settings of [evaluation] that decide a method's answers."""

_SEARCH_USED = {"max_depth", "max_step_tokens", "max_answer_tokens", "max_consecutive_errors", "n_rollouts_in_flight"}
"""The settings of [search] that decide answers at test time too."""


class Selection(BaseModel):
    """Which held-out problems are measured, and what they are called: a benchmark, or the levels (none: all) of a split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    split: Split
    benchmark_batch_id: str | None = None
    levels: tuple[int, ...] = ()

    def problems(self, lake: Warehouse) -> list[Problem]:
        """Return the problems, ordered by id."""
        chosen: set[str] | None = None
        if self.benchmark_batch_id is not None:
            found = lake.query("select problem_id from benchmark_problems where batch_id = $id", id=self.benchmark_batch_id)
            chosen = set(found["problem_id"])
        return [
            problem
            for problem in lake.problems(self.split, held_out=chosen is None)
            if (chosen is None or problem.problem_id in chosen) and (not self.levels or problem.level in self.levels)
        ]


class MeasurePlan(BaseModel):
    """What `stargrove evaluate` measures: these checkpoints, by these methods, on these selections."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    round_plan: RoundPlan
    policy_id: str
    ppm_id: str | None
    methods: tuple[AnswerMethod, ...]
    selections: tuple[Selection, ...]
    share_size: int

    def batch(self, selection: Selection, method: AnswerMethod, problems: list[Problem], shard: str) -> Batch:
        """Return the ledger entry of a share. Its fingerprint covers everything that decides the answers."""
        plan = self.round_plan
        content = {
            "checkpoints": [self.policy_id, self.ppm_id],
            "seed": plan.run_seed,
            "method": method,
            "evaluation": plan.evaluation.model_dump(mode="json", include=_USED_BY[method]),
            "search": plan.search.model_dump(mode="json", include=_SEARCH_USED),
            "problems": [problem.problem_id for problem in problems],
        }
        text = json.dumps(content, sort_keys=True)
        return replace(plan.batch(STAGE, f"{selection.name} {method} {shard}"), fingerprint=content_id(text))


@task(name="measure", task_run_name="{method} on {selection.name}", tags=["evaluation"], cache_policy=NO_CACHE)
def measure(plan: MeasurePlan, selection: Selection, method: AnswerMethod) -> list[str]:
    """Let a method answer the selection's problems, share by share, and return the ids of the shares' batches."""
    resources = resources_of(plan.round_plan.site)
    problems = selection.problems(resources.lake)
    shares = [problems[start : start + plan.share_size] for start in range(0, len(problems), plan.share_size)]
    batches = [plan.batch(selection, method, share, f"{number:03d}") for number, share in enumerate(shares)]
    for share, batch in zip(shares, batches, strict=True):
        if not resources.lake.is_committed(batch.batch_id):
            stage = f"{method} on {selection.name} {batch.shard.split()[-1]}"
            resources.progress.stage(0, stage, len(share))
            _measure_share(plan, batch, share, method, stage)
    return [batch.batch_id for batch in batches]


def _measure_share(plan: MeasurePlan, batch: Batch, problems: list[Problem], method: AnswerMethod, stage: str) -> None:
    resources = resources_of(plan.round_plan.site)
    how = TestTime(plan.round_plan.evaluation, plan.round_plan.search, scored=plan.ppm_id is not None)
    with resources.machinery(plan.policy_id, plan.ppm_id) as machinery:
        started = time.perf_counter()
        answers = answered(
            problems,
            [method],
            how,
            machinery,
            f"{plan.round_plan.run_seed}/measure",
            lambda n_done, n_total, n_tokens: resources.progress.trees(stage, n_done, n_total, 0, n_tokens),
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


@task(name="summarise", task_run_name="summarise {selection.name}", tags=["evaluation"], cache_policy=NO_CACHE)
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
    metrics = summarised(shares, BOOTSTRAP_SEED)
    fingerprint = content_id(" ".join(batch_ids))
    batch = replace(plan.round_plan.batch(STAGE, f"{selection.name} summary"), fingerprint=fingerprint)
    contestants = Contestants(plan.policy_id, plan.ppm_id)
    evaluations = [evaluation_row(contestants, selection.split, metric, selection.name) for metric in metrics]
    lake.commit(batch, {"evaluations": evaluations})
    return batch.batch_id
