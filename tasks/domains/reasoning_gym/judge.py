"""The judge of a grading worker: other people's verifiers on what a model wrote, within the worker's limits.

An answer is right where the verifier gives full marks. What it gives part of them for (a right format, a near miss, a right
answer among other words) is wrong: a search must not learn to collect it.
"""

from collections.abc import Callable
from typing import Final

from tasks.domains.reasoning_gym.families import FAMILIES
from tasks.domains.reasoning_gym.library import library_version, verifier
from tasks.domains.reasoning_gym.reference import Reference
from tasks.grading.equality.decision import Decision
from tasks.grading.settings import GradingSettings

OPENER: Final = "tasks.domains.reasoning_gym.judge:open_judge"
"""What a worker opens."""
FULL_MARKS: Final = 1.0
_RULES_VERSION: Final = "1"
"""Raised whenever a change of the rules here may change a verdict."""


def judge_version() -> str:
    """Return the version that every grade carries: of the rules here and of the library's verifiers."""
    return f"{_RULES_VERSION}+reasoning-gym-{library_version()}"


def open_judge(settings: GradingSettings) -> Callable[[str, str], Decision]:
    """Return the comparison. All verifiers are imported now, for a worker compiles nothing once its limits hold."""
    verifiers = {family: verifier(family) for family in FAMILIES}

    def judge(answer: str, written: str) -> Decision:
        reference = Reference.parsed(written)
        score_of = verifiers.get(reference.family)
        if score_of is None:
            return Decision(None, "verifier", f"{reference.family} is none of the families that are known here")
        try:
            score = score_of(answer, reference.entry)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever other people's code raises about an answer, it did not accept it
            return Decision(False, "verifier", f"{reference.family} raised {type(error).__name__}")
        return Decision(score >= FULL_MARKS, "verifier", f"{reference.family} gives {score:g}")

    return judge
