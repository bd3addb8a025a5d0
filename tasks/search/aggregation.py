"""One number for a whole trajectory, from the PPM's scores of its steps."""

import math
from collections.abc import Sequence
from typing import Literal

Aggregation = Literal["mean", "min", "last", "product"]


def trajectory_score(step_scores: Sequence[float], aggregation: Aggregation) -> float | None:
    """Return the score of a whole trajectory, in (-1, 1) as its steps' scores are; None where none was scored.

    mean and min: over the steps. last: of the step with the answer. product: each score s read as the probability
    (1 + s) / 2 that the step is right, and their product p written as 2p - 1.
    """
    if not step_scores:
        return None
    match aggregation:
        case "mean":
            return sum(step_scores) / len(step_scores)
        case "min":
            return min(step_scores)
        case "last":
            return step_scores[-1]
        case "product":
            return 2 * math.prod((1 + score) / 2 for score in step_scores) - 1
