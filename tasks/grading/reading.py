r"""Read a normalised answer as a structure: what is a number, a list, a tuple, an interval, a relation.

Scalar       one value, with its percent sign, unit and number base
Collection   values in order (tuple, matrix row, ratio) or in any order (set, bare list), with its brackets
Union        intervals joined by \cup, in any order
Relation     an equation or an inequality that is no interval
Words        a short text; Prose: sentences, which are compared as strings alone
"""

from dataclasses import dataclass
from fractions import Fraction

from tasks.grading.units import Unit

ANY_ORDER = frozenset({"{}", "list"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as canonical LaTeX. number is its exact value where it is rational. base: 5 for `204_5`."""

    latex: str
    number: Fraction | None
    percent: bool
    unit: Unit | None
    base: int | None


@dataclass(frozen=True, slots=True)
class Collection:
    """Values in brackets. kind: `()`, `(]`, `[)`, `[]`, `{}`, `list`, `ratio`, `matrix`, `row`, `||` (a determinant)."""

    kind: str
    items: tuple["Reading", ...]


@dataclass(frozen=True, slots=True)
class Union:
    """Sets joined by \\cup."""

    items: tuple["Reading", ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """sides[0] operators[0] sides[1] ..., canonical LaTeX."""

    sides: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value with the name it is given: `x = 5`, `f(x) = x + 1`, `x \\in [0, 1]`."""

    label: str
    value: "Reading"


@dataclass(frozen=True, slots=True)
class Words:
    """A short text in lower case, or the letter of a multiple choice answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences."""

    text: str


Reading = Scalar | Collection | Union | Relation | Labelled | Words | Prose
