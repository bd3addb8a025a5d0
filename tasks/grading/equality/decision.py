"""What a comparison finds: equal, different or undecided, by which method, and why in a few words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether two answers are equal (None: undecided), which method found out, and why."""

    equal: bool | None
    method: str
    why: str = ""


_BY_EFFORT: Final = ("symbolic", "rounded", "unit", "rational", "text")
"""Methods that a conjunction names before `exact`: the one that carries most of the weight."""


def all_of(decisions: Sequence[Decision]) -> Decision:
    """Return the conjunction: the first refusal, else the first doubt, else the method that did most."""
    for equal in (False, None):
        for decision in decisions:
            if decision.equal is equal:
                return decision
    methods = {decision.method: decision for decision in decisions}
    best = next((methods[method] for method in _BY_EFFORT if method in methods), None)
    return Decision(True, best.method if best else "exact", "every part is equal")


def doubted(decision: Decision, method: str, why: str) -> Decision:
    """Return a doubt in place of an acceptance; a refusal stays one."""
    return Decision(None, method, why) if decision.equal else decision
