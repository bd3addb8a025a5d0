"""What `evaluate` and `ablate` measure in a home: checkpoints of promoted rounds, on held-out problems.

It imports Prefect, which reads its environment then: within a session only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.ablation import AblationPlan
from flows.home.code_version import code_version
from flows.home.plans import plan_of
from flows.settings import Settings
from tasks.runtime.measure_plan import MeasurePlan, Selection
from tasks.runtime.resources import Resources
from tasks.runtime.variants import Question
from warehouse.errors import BadInput
from warehouse.measured import AnswerMethod
from warehouse.records import CheckpointRow, Split
from warehouse.rounds.line import turn_of
from warehouse.store.lake import Warehouse


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call of `ablate` asks. round: None for the newest promoted one; n_searched: problems for q-source."""

    questions: tuple[Question, ...]
    round: int | None
    levels: tuple[int, ...]
    n_searched: int


def selections_of(benchmarks: Mapping[str, str], split: Split, levels: tuple[int, ...]) -> tuple[Selection, ...]:
    """Return the problems that a call of `evaluate` names: those of benchmarks, by name and batch, else those of the split."""
    named = [
        Selection(name=_with_levels(name, levels), split="test", benchmark_batch_id=batch_id, levels=levels)
        for name, batch_id in benchmarks.items()
    ]
    return tuple(named) or (Selection(name=_with_levels(split, levels), split=split, levels=levels),)


def measure_plan(
    settings: Settings, resources: Resources, methods: tuple[AnswerMethod, ...], selections: tuple[Selection, ...]
) -> MeasurePlan:
    """Return the plan for the current checkpoints. Raises BadInput where there is nothing to measure with or on."""
    lake, home = resources.lake, resources.site.home
    policy = promoted_policy(lake, home)
    ppm = lake.current_checkpoint("ppm")
    guided = [method for method in methods if method in ("beam", "mcts")]
    if ppm is None and guided:
        raise BadInput(f"{guided[0]} needs a PPM, and none is promoted in {home}", hint="choose --methods greedy,sample")
    for selection in selections:
        if not selection.problems(lake):
            raise BadInput(f"{selection.name}: there are no such problems in {home}", hint="name a file, or other --levels")
    return MeasurePlan(
        round_plan=plan_of(settings, resources.site, lake.turn(policy.round), code_version()),
        policy_id=policy.checkpoint_id,
        ppm_id=ppm.checkpoint_id if ppm else None,
        methods=methods,
        selections=selections,
        share_size=settings.run.shard_size,
    )


def ablation_plan(settings: Settings, resources: Resources, asked: Asked) -> AblationPlan:
    """Return the plan for a promoted round. Raises BadInput where there is none, or no problems to measure on."""
    lake, home = resources.lake, resources.site.home
    number = promoted_policy(lake, home).round if asked.round is None else asked.round
    row = lake.round_row(number)
    base = lake.current_checkpoint("base")
    if (
        row is None
        or row.status != "promoted"
        or row.candidate_policy_id is None
        or row.candidate_ppm_id is None
        or base is None
    ):
        raise BadInput(f"round {number} of {home} is not promoted", hint="name one that is: --round 1")
    selection = Selection(name=_with_levels("test", asked.levels), split="test", levels=asked.levels)
    if not selection.problems(lake):
        raise BadInput(f"{selection.name}: there are no such problems in {home}", hint="choose other --levels")
    return AblationPlan(
        round_plan=plan_of(settings, resources.site, turn_of(row), code_version()),
        base_id=base.checkpoint_id,
        policy_id=row.candidate_policy_id,
        ppm_id=row.candidate_ppm_id,
        questions=asked.questions,
        selection=selection,
        share_size=settings.run.shard_size,
        n_searched=asked.n_searched,
    )


def promoted_policy(lake: Warehouse, home: Path) -> CheckpointRow:
    """Return the current policy. Raises BadInput before the first promotion."""
    policy = lake.current_checkpoint("policy")
    if policy is None:
        raise BadInput(f"no round of {home} is promoted yet", hint="finish one: stargrove evolve")
    return policy


def _with_levels(name: str, levels: tuple[int, ...]) -> str:
    return f"{name} level {','.join(map(str, levels))}" if levels else name
