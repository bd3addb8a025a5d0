"""The types of an answer. A reader makes one of them out of every token of a text; what no type fits is Text.

Every type is frozen and says what it is in `described`, which `stargrove grade` prints.
"""

from dataclasses import dataclass
from fractions import Fraction

from tasks.grading.values.expressions import Expression
from tasks.grading.values.unit import Unit


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. number: its exact value where that is rational. written: the text it was read from, for explanations.

    whole: the same text read with its unit as letters, where a single letter may be either (`6m`).
    """

    expression: Expression
    number: Fraction | None
    written: str
    percent: bool = False
    unit: Unit | None = None
    whole: Expression | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """2:3, 1:2:5, "11 to 4". is_clock: whether it may as well be a time of day (2:15)."""

    terms: tuple[Scalar, ...]
    written: str
    is_clock: bool = False


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day. half: am, pm, 24 (a clock of 24 hours) or nothing. day: of the week, where it is said."""

    hour: int
    minute: int
    second: int = 0
    half: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the calendar; the year may be open."""

    month: int
    day: int | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """All real numbers between two ends."""

    low: Expression
    high: Expression
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Union:
    """Intervals and sets joined, in any order."""

    members: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Values in order. brackets: `()`, `[]`, or `vector` where the text says so (a column, array([...]), <1,2>)."""

    items: tuple["Value", ...]
    brackets: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Values in any order: a set in braces or a bare list. either: joined by "or", so it may be one value in two forms."""

    items: tuple["Value", ...]
    braces: bool
    either: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of values."""

    rows: tuple[tuple["Value", ...], ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A value with its name: x = 5, f(x) = x + 1, Day 5, x in [0, 1]. is_word: the name is a word, not a letter."""

    name: str
    value: "Value"
    is_word: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """Values by name that hold together: x = 1, y = 2."""

    members: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Sides and the operators between them, where that is neither a named value nor an interval."""

    sides: tuple[Expression, ...]
    operators: tuple[str, ...]
    written: str


@dataclass(frozen=True, slots=True)
class BaseNumeral:
    """Digits in a base: 1011_2."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The label of a choice, with the choice itself where it is given. bare: the letter stood alone."""

    label: str
    value: "Value | None" = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Letters:
    """A sequence of letters: a word or names of points, never a product. product: the same letters multiplied."""

    text: str
    product: Expression | None = None
    in_text: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """yes and true, no and false."""

    is_true: bool
    word: str


@dataclass(frozen=True, slots=True)
class Ordinal:
    """1st, third."""

    number: int


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A text that is read in two ways by different authors: 1/2x, log x. Equal only if both are."""

    first: "Value"
    second: "Value"


@dataclass(frozen=True, slots=True)
class Text:
    """What no other type fits, case and spaces folded, every other sign kept."""

    text: str


Value = (
    Scalar | Ratio | ClockTime | Date | Interval | Union | Sequence | Collection | Matrix | Named | System | Relation
    | BaseNumeral | Choice | Letters | Truth | Ordinal | Ambiguous | Text
)  # fmt: skip
