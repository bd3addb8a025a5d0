"""What `stargrove ablate` does: ask what the choices of the recipe are worth, from the trees of a finished round."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from flows.display.progress import Display
from flows.display.tables.evaluation import label_of
from flows.home.code_version import code_version
from flows.home.prefect_server import open_server
from flows.settings import Settings
from warehouse.errors import BadInput
from warehouse.store.lake import Warehouse

if TYPE_CHECKING:
    from flows.ablation import AblationPlan
    from tasks.runtime.resources import Resources
    from tasks.runtime.variants import Question

QUESTIONS: "tuple[Question, ...]" = ("sft-data", "ppm-loss", "q-source")

HEADLINES = {
    "sft-data": ("greedy_pass_1", r"random_of_", r"maj_"),
    "ppm-loss": (r"best_of_", r"weighted_maj_", r"mcts_best"),
    "q-source": ("coverage", "correct_rollouts"),
}
"""Beginnings of the metrics that the printed table shows; the rows hold all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call of the command asks for. round: None for the newest promoted one; n_searched: problems for q-source."""

    questions: "tuple[Question, ...]"
    round: int | None
    levels: tuple[int, ...]
    n_searched: int


def run_ablate(settings: Settings, home: Path, asked: Asked, display: Display) -> int:
    """Return 0 after training and measuring the variants and showing one table. An interrupted ablation goes on."""
    if not (home / "lake").exists():
        raise BadInput(f"there is no evolution in {home}", hint="grow one first: stargrove evolve, or name another --home")
    server = open_server(home)
    os.environ.update(server.client_environment)
    # Prefect reads its environment when it is imported, so nothing that imports it may be imported before this line.
    from flows.ablation import ablate
    from flows.home.plans import site_of
    from tasks.runtime.resources import opened

    with opened(site_of(settings, home), display) as resources:
        plan = ablation_plan(settings, home, asked, resources)
        server.wait()
        batch_id = ablate(plan)
        display.show(ablation_table(resources.lake, batch_id))
    return 0


def ablation_plan(settings: Settings, home: Path, asked: Asked, resources: "Resources") -> "AblationPlan":
    """Return the plan for a promoted round. Raises BadInput where there is none, or no problems to measure on."""
    from flows.ablation import AblationPlan
    from flows.home.plans import plan_of
    from tasks.runtime.measure_plan import Selection

    lake = resources.lake
    policy = lake.current_checkpoint("policy")
    if policy is None:
        raise BadInput(f"no round of {home} is promoted yet", hint="finish one: stargrove evolve")
    number = policy.round if asked.round is None else asked.round
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
    suffix = f" level {','.join(map(str, asked.levels))}" if asked.levels else ""
    selection = Selection(name=f"test{suffix}", split="test", levels=asked.levels)
    if not selection.problems(lake):
        raise BadInput(f"{selection.name}: there are no such problems in {home}", hint="choose other --levels")
    return AblationPlan(
        round_plan=plan_of(settings, home, number, code_version()),
        base_id=base.checkpoint_id,
        policy_id=row.candidate_policy_id,
        ppm_id=row.candidate_ppm_id,
        questions=asked.questions,
        selection=selection,
        share_size=settings.run.shard_size,
        n_searched=asked.n_searched,
    )


def ablation_table(lake: Warehouse, batch_id: str) -> Table:
    """Return the headline metrics of every variant, in percent with 95 % intervals."""
    rows = lake.query(
        """select question, variant, metric, value, low, high, n_problems, problems, tokens_per_problem
        from ablations where batch_id = $batch_id""",
        batch_id=batch_id,
    ).rows()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("question", "variant", "metric"):
        table.add_column(heading)
    for heading in ("%", "95 % interval", "tokens/problem", "problems"):
        table.add_column(heading, justify="right")
    for question, variant, metric, value, low, high, n_problems, problems, tokens in rows:
        if metric.startswith(HEADLINES[question]):
            interval = f"{100 * low:.1f} to {100 * high:.1f}"
            where = f"{n_problems} of {problems}" if question != "q-source" else problems
            table.add_row(question, variant, label_of(metric), f"{100 * value:.1f}", interval, f"{tokens:,.0f}", where)
    return table
