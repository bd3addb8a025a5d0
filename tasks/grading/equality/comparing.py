"""What every rule of the comparison is given: the policy, the algebra, and the way back to the table for inner values."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from tasks.grading.equality.algebra import Algebra
from tasks.grading.equality.decision import Decision
from tasks.grading.reading.quantities.scalars import as_scalar
from tasks.grading.settings import GradingSettings
from tasks.grading.values.expressions import Expression
from tasks.grading.values.types import Value

_Any = TypeVar("_Any")


@dataclass(frozen=True, slots=True)
class Comparing:
    """The context of one comparison. is_mirrored: the first value is the reference's, not the answer's."""

    policy: GradingSettings
    algebra: Algebra
    table: Callable[[Value, Value, "Comparing"], Decision]
    is_mirrored: bool = False

    def compare(self, one: Value, other: Value) -> Decision:
        """Return whether two inner values are equal."""
        return self.table(one, other, self)

    def expressions(self, one: Expression, other: Expression) -> Decision:
        """Return whether two formulas are equal, compared as values without a unit."""
        return self.compare(as_scalar(one, ""), as_scalar(other, ""))

    def mirrored(self) -> "Comparing":
        """Return the context for the same comparison with its sides exchanged."""
        return replace(self, is_mirrored=not self.is_mirrored)

    def in_order(self, one: _Any, other: _Any) -> tuple[_Any, _Any]:
        """Return the answer's side before the reference's."""
        return (other, one) if self.is_mirrored else (one, other)
