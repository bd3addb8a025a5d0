"""What a round will take, from what was measured before it: a range of seconds per stage.

Trees are the uncertain part. At the least a round generates as many tokens a tree as the last one that searched, since
rollouts come back to what is there; at the most, as many more as its rollouts and candidates are more. Before any search, a
tree costs one solution with n_candidates for each of its steps at the least, and one such for each rollout at the most.
A training takes as long as the last one, by its epochs, and at the most as much longer as there are more rounds to learn
from. Anything else takes as long again. What was never done is named, not guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SEARCH: Final = "rollout"
TRAININGS: Final = ("train-policy", "train-ppm")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage of a round took: tokens that its engine generated, and seconds of the wall. Round 0 is the base."""

    round: int
    stage: str
    n_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Size:
    """How much a round does. n_epochs: per training."""

    n_trees: int
    n_rollouts: int
    n_candidates: int
    n_epochs: Mapping[str, float]

    @property
    def n_steps(self) -> int:
        """Candidates per depth that its trees may ask for at the most."""
        return self.n_trees * self.n_rollouts * self.n_candidates


@dataclass(frozen=True, slots=True)
class Forecast:
    """A stage's seconds, at the least and at the most, and what they stand on; both None where nothing was measured."""

    stage: str
    least: float | None
    most: float | None
    basis: str


def forecast(
    number: int, sizes: Mapping[int, Size], costs: Sequence[Cost], tokens_per_solution: float, stages: Sequence[str]
) -> list[Forecast]:
    """Return what each of the stages of round `number` will take.

    sizes: of this round and of those before it. tokens_per_solution: of the base, where it was measured, else 0.
    """
    found = []
    for stage in stages:
        earlier = max((cost for cost in costs if cost.stage == stage and cost.round < number), key=_round, default=None)
        if stage == SEARCH:
            found.append(_search(number, sizes, earlier, _base(costs), tokens_per_solution))
        elif earlier is None:
            found.append(Forecast(stage, None, None, "not measured yet"))
        elif stage in TRAININGS and earlier.round in sizes:
            least = earlier.seconds * sizes[number].n_epochs[stage] / sizes[earlier.round].n_epochs[stage]
            found.append(Forecast(stage, least, least * number / earlier.round, f"as in round {earlier.round}, by epochs"))
        else:
            found.append(Forecast(stage, earlier.seconds, earlier.seconds, f"as in round {earlier.round}"))
    return found


def _search(
    number: int, sizes: Mapping[int, Size], earlier: Cost | None, base: Cost | None, tokens_per_solution: float
) -> Forecast:
    size = sizes[number]
    if earlier is not None and earlier.round in sizes:
        before = sizes[earlier.round]
        more = (size.n_trees / before.n_trees, size.n_steps / before.n_steps)
        return Forecast(
            SEARCH, min(more) * earlier.seconds, max(more) * earlier.seconds, f"from round {earlier.round}, by rollouts"
        )
    if base is None or not base.n_tokens or not tokens_per_solution:
        return Forecast(SEARCH, None, None, "not measured yet")
    least = size.n_trees * size.n_candidates * tokens_per_solution * base.seconds / base.n_tokens
    return Forecast(SEARCH, least, least * size.n_rollouts, "from the base's answers")


def _base(costs: Sequence[Cost]) -> Cost | None:
    """Return what the base's answers took in all."""
    answers = [cost for cost in costs if cost.round == 0 and cost.n_tokens]
    return Cost(0, "", sum(cost.n_tokens for cost in answers), sum(cost.seconds for cost in answers)) if answers else None


def _round(cost: Cost) -> int:
    return cost.round
