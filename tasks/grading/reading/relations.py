r"""Read statements: x = 5, x = y = 1, 2 < x \le 3, |x| < 5, x \ne 0, x \in [0, 1], and what is an equation for its own sake."""

import re
from dataclasses import dataclass
from typing import Final

from tasks.grading.reading.lexing.splitting import Parts, Read, group, split, split_at
from tasks.grading.reading.lexing.tokens import written
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.scalars import expression
from tasks.grading.reading.quantities.words import FUNCTION_WORDS, changes_meaning
from tasks.grading.reading.structures import EVERYTHING, made_interval, without
from tasks.grading.reading.texts import as_text
from tasks.grading.values.exact import rational
from tasks.grading.values.expressions import Applied, Constant, Expression, Function, Letter, Number, Opaque, letters, negative
from tasks.grading.values.types import Collection, Interval, Named, Relation, Scalar, Sequence, System, Union, Value

OPERATORS: Final = frozenset(
    ("=", "<", ">", r"\le", r"\ge", r"\ne", r"\approx", r"\in", r"\equiv", r"\notin", r"\subset", r"\subseteq", r"\sim")
)
_ORDERED: Final = frozenset(("<", ">", r"\le", r"\ge"))
_FLIPPED: Final = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}
_OF_A_LETTER = re.compile(r"([a-zA-Z])\(([a-zA-Z])\)")
_MAX_NAME: Final = 12
_WHOLE_NUMBERS: Final = (r"\mathbb{Z}", r"\mathbbZ", r"\mathbb{N}", r"\mathbbN")


@dataclass(frozen=True, slots=True)
class _Name:
    """The name on the left of an equals sign. is_word: it is words, not a letter. parts: of (x, y)."""

    text: str
    is_word: bool = False
    parts: tuple[str, ...] = ()


def relation(parts: Parts, read: Read, habit: Habit) -> Value | None:
    """Return what a statement says, None where the tokens are no statement or one that no type fits."""
    sides, operators = split(parts, lambda token: token.text in OPERATORS)
    if len(sides) == 1:
        return None
    marks = [operator.text for operator in operators]
    if not sides[0] and len(sides) == 2 and marks[0] in ("=", r"\approx"):
        return read(sides[1])
    if not all(sides):
        return None
    if set(marks) <= {"=", r"\approx"}:
        return _equation(sides, read, habit, written(parts))
    name = _name(sides[0], habit)
    if marks == [r"\in"] and name is not None:
        value = read(sides[1])
        return None if value is None or name.parts else Named(name.text, value, name.is_word)
    if marks == [r"\ne"] and name is not None:
        return _not_equal(name, sides[1], read)
    if set(marks) <= _ORDERED:
        found = _interval(sides, marks, habit)
        if found is not None:
            return found
    return _other(sides, marks, habit, written(parts))


def _other(sides: list[Parts], marks: list[str], habit: Habit, text: str) -> Relation | None:
    """Return a relation of formulas that names nothing."""
    formulas = [expression(side, habit) for side in sides]
    known = tuple(side for side in formulas if side is not None)
    if len(known) != len(formulas) or any(mark in (r"\in", r"\notin", r"\subset", r"\subseteq", r"\sim") for mark in marks):
        return None
    return Relation(known, tuple("=" if mark == r"\approx" else mark for mark in marks), text)


def _equation(sides: list[Parts], read: Read, habit: Habit, text: str) -> Value | None:
    marks = ["="] * (len(sides) - 1)
    if len(sides) > 2:
        return _chain(sides, read, habit, text)
    left, right = sides
    name = _name(left, habit)
    if name is not None:
        value = read(right)
        if value is not None:
            return _named(name, value)
        return Named(name.text, as_text(right), name.is_word) if not name.parts and not name.is_word else None
    flipped = _name(right, habit)
    value = read(left)
    if flipped is not None and not flipped.is_word and not flipped.parts and isinstance(value, Scalar):
        return Named(flipped.text, value)
    simple = _other(sides, marks, habit, text)
    if (
        simple is not None
        and isinstance(value, Scalar)
        and value.number is not None
        and not isinstance(simple.sides[0], Number)
    ):
        computed = rational(simple.sides[1])
        if computed is not None and computed == value.number:
            return read(right)  # a calculation: 2 + 3 = 5
    return simple


def _named(name: _Name, value: Value) -> Value | None:
    """Return a value under its name; the values of (x, y) each under its own."""
    if not name.parts:
        return Named(name.text, value, name.is_word)
    if isinstance(value, Sequence) and len(value.items) == len(name.parts):
        return System(tuple(Named(part, item) for part, item in zip(name.parts, value.items, strict=True)))
    if isinstance(value, Collection):
        systems = [_named(name, item) for item in value.items]
        if all(isinstance(system, System) for system in systems):
            return Collection(tuple(system for system in systems if system is not None), value.braces)
    return None


def _chain(sides: list[Parts], read: Read, habit: Habit, text: str) -> Value | None:
    """Return x = y = 1 as both names, and a calculation (x = 2 + 3 = 5) as its result where every step is right."""
    names: list[_Name] = []
    while len(names) < len(sides) - 1 and (name := _name(sides[len(names)], habit)) is not None and not name.is_word:
        names.append(name)
    rest = sides[len(names) :]
    value = read(rest[-1])
    if names and len(rest) == 1 and value is not None and not any(name.parts for name in names):
        return System(tuple(Named(name.text, value) for name in names))
    numbers = [found.number if isinstance(found, Scalar) else None for found in map(read, rest)]
    if numbers[0] is not None and len(set(numbers)) == 1 and len(names) < 2 and value is not None:
        return _named(names[0], value) if names else value
    return _other(sides, ["="] * (len(sides) - 1), habit, text)


def _name(parts: Parts, habit: Habit) -> _Name | None:
    """Return the name that tokens are: x, x_1, f(x), y', (x, y), AB, angle ABC, "the area"."""
    if not parts or len(parts) > _MAX_NAME:
        return None
    words = [token.text.lower() for token in parts]
    if all(token.kind == "word" for token in parts) and (len(parts) > 1 or len(parts[0].text) > 2 or parts[0].text.isupper()):
        if (
            len(parts) == 1
            and parts[0].text.isascii()
            and (parts[0].text.isupper() or len(parts[0].text) == 1)
            and parts[0].text not in habit.constants
        ):
            return _Name(parts[0].text)
        said = [word for word in words if word not in FUNCTION_WORDS and word not in ("value", "total")]
        return _Name(" ".join(said), is_word=True) if said and not any(map(changes_meaning, words)) else None
    found = expression(parts, habit)
    if isinstance(found, Letter):
        return _Name(found.name)
    if isinstance(found, Applied):
        return _Name(written(parts).replace(" ", ""))
    if isinstance(found, Opaque) and not found.text.startswith(("\\int", "\\sum", "\\prod", "\\lim", "\\iint")):
        return _Name(found.text)
    if isinstance(found, Function) and found.name == "abs" and isinstance(found.arguments[0], Opaque):
        return _Name(written(parts).replace(" ", ""))
    if (
        parts[0].kind == "word"
        and len(parts[0].text) == 1
        and len(parts) > 3
        and parts[1].text == "("
        and group(parts[1:]) is not None
        and found is None
    ):
        return _Name(written(parts).replace(" ", ""))  # P(X = 0), V(a, b)
    return _names_of_tuple(parts, habit)


def _names_of_tuple(parts: Parts, habit: Habit) -> _Name | None:
    found = group(parts)
    if found is None or found[0] not in ("(", "["):
        return None
    names = [_name(piece, habit) for piece in split_at(found[1], ",")]
    known = tuple(name.text for name in names if name is not None and not name.parts and not name.is_word)
    return _Name(written(parts), parts=known) if len(known) == len(names) > 1 else None


def _not_equal(name: _Name, right: Parts, read: Read) -> Value | None:
    """Return x \\ne 0 as the two half-lines beside it."""
    pieces = [read(piece) for piece in split_at(right, ",")]
    known = tuple(piece for piece in pieces if piece is not None)
    found = without(Collection(known, braces=True)) if len(known) == len(pieces) and not name.parts else None
    return None if found is None else Named(name.text, found, name.is_word)


def _interval(sides: list[Parts], marks: list[str], habit: Habit) -> Value | None:
    """Return `a < x \\le b`, `x > a`, `|x| < a` as named intervals, None for other relations."""
    if len(sides) > 3 or len({mark in ("<", r"\le") for mark in marks}) != 1:
        return None
    if marks[0] in (">", r"\ge"):
        sides, marks = sides[::-1], [_FLIPPED[mark] for mark in marks[::-1]]
    formulas = [expression(side, habit) for side in sides]
    names = [
        _name(side, habit) if not isinstance(found, Constant) else None for side, found in zip(sides, formulas, strict=True)
    ]
    places = [index for index, name in enumerate(names) if name is not None and not name.parts]
    if len(sides) == 2:
        bars = _within_bars(formulas, marks[0])
        if bars is not None:
            return bars
    if not places or (len(sides) == 3 and 1 not in places):
        return None
    place = 1 if len(sides) == 3 else _the_name(places, formulas)
    name = names[place]
    if name is None:
        return None
    low = formulas[0] if place > 0 else negative(Constant("oo"))
    high = formulas[-1] if place < len(sides) - 1 else Constant("oo")
    if low is None or high is None:
        return None
    return Named(
        name.text, made_interval(low, high, low_closed=marks[0] == r"\le", high_closed=marks[-1] == r"\le"), name.is_word
    )


def _the_name(places: list[int], formulas: list[Expression | None]) -> int:
    """Return which side of `a < x` is the name: the only one, or the letter from the end of the alphabet."""
    if len(places) == 1:
        return places[0]
    texts = [formula.name if isinstance(formula, Letter) else "" for formula in formulas]
    return 0 if texts[0] >= texts[1] else 1


def _within_bars(formulas: list[Expression | None], mark: str) -> Value | None:
    """Return |x| < 5 as -5 < x < 5, and |x| > 5 as the two half-lines."""
    for inside, bound, is_below in ((formulas[0], formulas[1], True), (formulas[1], formulas[0], False)):
        match inside:
            case Function("abs", (Letter(name),)) if bound is not None and not letters(bound):
                closed = mark == r"\le"
                number = rational(bound)
                if number is not None and number < 0:
                    return None
                if is_below:
                    return Named(name, Interval(negative(bound), bound, closed, closed))
                lower = made_interval(negative(Constant("oo")), negative(bound), low_closed=False, high_closed=closed)
                return Named(name, Union((lower, made_interval(bound, Constant("oo"), low_closed=closed, high_closed=False))))
    return None


def both(members: list[Named], *, is_and: bool) -> Value | None:
    """Return two half-lines of one name as an interval where they overlap, else as a union; None for anything else."""
    intervals = [member.value for member in members if isinstance(member.value, Interval)]
    if len(intervals) != 2 or len({member.name for member in members}) != 1:
        return None
    for whole, part in ((0, 1), (1, 0)):
        if is_and and intervals[whole] == EVERYTHING:
            return Named(members[part].name, intervals[part], members[part].is_word)
    below = [interval for interval in intervals if interval.low == negative(Constant("oo"))]
    above = [interval for interval in intervals if interval.high == Constant("oo")]
    if len(below) != 1 or len(above) != 1:
        return None
    low, high = rational(above[0].low), rational(below[0].high)
    if (low is not None and high is not None and low < high) or (is_and and None in (low, high)):
        met = Interval(above[0].low, below[0].high, above[0].low_closed, below[0].high_closed)
        return Named(members[0].name, met, members[0].is_word)
    return None if is_and else Named(members[0].name, Union((below[0], above[0])), members[0].is_word)


def is_condition(parts: Parts) -> bool:
    r"""Return whether tokens say no more than that a parameter is a whole number: k \in \mathbb{Z}."""
    text = written(parts).replace(" ", "").strip("().")
    return any(text == f"{letter}\\in{numbers}" for letter in "knmlj" for numbers in _WHOLE_NUMBERS)


def places_of(names: list[str]) -> bool:
    """Return whether two names are those of two solutions of one equation: x_1 and x_2."""
    return len(names) == 2 and names[0][:-2] == names[1][:-2] != "" and {name[-2:] for name in names} == {"_1", "_2"}


def as_equation(named: Named) -> Relation | None:
    """Return x = 5 as an equation of two formulas, None where the value is no formula."""
    if not isinstance(named.value, Scalar) or named.value.unit is not None or named.is_word:
        return None
    applied = _OF_A_LETTER.fullmatch(named.name)
    name = Letter(named.name) if applied is None else Applied(applied[1], (Letter(applied[2]),))
    return Relation((name, named.value.expression), ("=",), f"{named.name} = {named.value.written}")
