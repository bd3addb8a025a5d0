"""One number for a whole trajectory, from the PPM's scores of its steps. To add a way: a function, and a row of AGGREGATIONS.

The settings take what stands there, and evaluation measures best-of-k by each of them (`stargrove sql --file aggregations`).
"""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Final

from warehouse.registered import registered


def mean(step_scores: Sequence[float]) -> float:
    """Return the mean over the steps."""
    return sum(step_scores) / len(step_scores)


def last(step_scores: Sequence[float]) -> float:
    """Return the score of the step with the answer."""
    return step_scores[-1]


def product(step_scores: Sequence[float]) -> float:
    """Return 2p - 1, where p is the product of the probabilities (1 + s) / 2 as which each score s is read."""
    return 2 * math.prod((1 + score) / 2 for score in step_scores) - 1


AGGREGATIONS: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "mean": mean,
    "min": min,
    "last": last,
    "product": product,
}
"""Each from at least one score in (-1, 1) to one in [-1, 1], and never lower for a better step."""

Aggregation = Annotated[str, registered(AGGREGATIONS)]
"""A name of AGGREGATIONS."""


def trajectory_score(step_scores: Sequence[float], aggregation: Aggregation) -> float | None:
    """Return the score of a whole trajectory, in [-1, 1]; None where no step was scored."""
    return AGGREGATIONS[aggregation](step_scores) if step_scores else None
