"""What a round will take, said before it starts: from the ledger of the lake, in one line."""

from collections.abc import Sequence
from typing import Final

from flows.display.progress.stage import duration
from tasks.planning.forecast import Cost, Forecast, Size, forecast
from tasks.runtime.plan import RoundPlan
from warehouse.stages import EVALUATE, ROLLOUT, TRAIN_POLICY, TRAIN_PPM, VERIFY
from warehouse.store.lake import Warehouse

_LONG: Final = (ROLLOUT, VERIFY, TRAIN_POLICY, TRAIN_PPM, EVALUATE)
"""The stages of a round that take more than moments."""

_TOKENS: Final = "select avg(n_tokens) as n from problem_metrics where round = 0 and metric = 'greedy_pass_1'"


def foretold(lake: Warehouse, plan: RoundPlan, rounds: Sequence[RoundPlan]) -> str:
    """Return the line: how long in all, and which stage how long. rounds: those of the evolution, this one among them."""
    n_problems = len(lake.problems("train"))
    sizes = {one.round: _size(one, n_problems) for one in rounds}
    costs = [
        Cost(row["round"], row["stage"], row["n_tokens"], row["wall_seconds"])
        for row in lake.query("stage_costs").iter_rows(named=True)
    ]
    tokens = lake.query(_TOKENS).item()
    found = forecast(plan.round, sizes, costs, tokens or 0.0, [stage.name for stage in _LONG])
    return f"round {plan.round} takes {spoken(found)}"


def spoken(stages: Sequence[Forecast]) -> str:
    """Return a forecast in words: the sum, then its parts, then what is not known."""
    known = [(one.stage, one.least, one.most) for one in stages if one.least is not None and one.most is not None]
    unknown = [one.stage for one in stages if one.least is None]
    missing = f"not measured yet: {', '.join(unknown)}" if unknown else ""
    if not known:
        return f"a time that nothing measured so far can tell ({missing})"
    whole = _range(sum(least for _, least, _ in known), sum(most for _, _, most in known))
    parts = ", ".join(f"{stage} {_range(least, most)}" for stage, least, most in known)
    return f"about {whole}: {parts}" + (f"; {missing}" if missing else "")


def _range(least: float, most: float) -> str:
    low, high = duration(least), duration(most)
    return low if low == high else f"{low} to {high}"


def _size(plan: RoundPlan, n_problems: int) -> Size:
    n_rollouts = plan.search.n_rollouts + plan.search.n_extra_rollouts
    epochs = {TRAIN_POLICY.name: float(plan.sft.n_epochs), TRAIN_PPM.name: float(plan.ppm.n_epochs)}
    return Size(n_problems * plan.search.n_trees, n_rollouts, plan.search.n_candidates, epochs)
