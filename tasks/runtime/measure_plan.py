"""What is measured of checkpoints at test time, and which settings decide the answers.

A share is some problems answered by one method; it is committed as soon as it is done, so that an interrupted measurement
goes on where it stopped, and another method or setting measures only what it changes.
"""

import json
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from tasks.runtime.plan import RoundPlan
from warehouse.ids import content_id
from warehouse.measured import AnswerMethod
from warehouse.records import Batch, Problem, Split
from warehouse.stages import MEASURE
from warehouse.store.lake import Warehouse

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
        return replace(plan.batch(MEASURE, f"{selection.name} {method} {shard}"), fingerprint=content_id(text))
