"""The PPM's score of a prefix, from the number that its classification head puts out. One definition for all engines."""

import math
from typing import Final

SCORE_SCALE: Final = 5.0
"""Divides the logit before tanh, so that scores do not saturate while training still moves the logit."""

_LARGEST_SCORE: Final = math.nextafter(1.0, 0.0)


def score_from_logit(logit: float) -> float:
    """Return the PPM score tanh(logit / 5), in the open interval (-1, 1); NaN stays NaN."""
    score = math.tanh(logit / SCORE_SCALE)
    return max(-_LARGEST_SCORE, min(_LARGEST_SCORE, score)) if score == score else score
