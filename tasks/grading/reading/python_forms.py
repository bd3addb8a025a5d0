"""Read what Python and sympy print: Interval(1, 2), FiniteSet(1, 2), Matrix([[1], [2]]), array([1, 2]), Eq(x, 2)."""

from collections.abc import Callable
from typing import Final

from tasks.grading.reading.lexing.splitting import Parts, Read, group, split_at
from tasks.grading.reading.lexing.tokens import Token
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.scalars import expression
from tasks.grading.reading.relations import both
from tasks.grading.reading.structures import EVERYTHING, made_interval
from tasks.grading.values.types import Collection, Matrix, Named, Sequence, Union, Value

Pieces = list[Parts]
_Form = Callable[[Pieces, Read, Habit], Value | None]


def python_form(parts: Parts, read: Read, habit: Habit) -> Value | None:
    """Return what the printed form of an object means, None where the tokens are no such form."""
    if len(parts) == 1 and parts[0].text in ("EmptySet", "Reals"):
        return Collection((), braces=True) if parts[0].text == "EmptySet" else EVERYTHING
    if any(token.text in ("&", "|") for token in parts):
        return _joined(parts, read)
    place = next((index for index, token in enumerate(parts[:5]) if token.text == "("), len(parts))
    name = "".join(token.text for token in parts[:place])
    if len(parts) <= place or name not in _FORMS or parts[place].gap:
        return None
    found = group(parts[place:])
    if found is None or found[0] != "(":
        return None
    inside = [token for token in found[1] if token.text not in ("'", '"')]
    return _FORMS[name](split_at(inside, ","), read, habit)


def _joined(parts: Parts, read: Read) -> Value | None:
    """Return (1 < x) & (x < 2) as an interval and (x < 1) | (x > 2) as a union."""
    for mark in ("&", "|"):
        pieces = split_at(parts, mark)
        if len(pieces) == 2 and all(piece and group(piece) is not None for piece in pieces):
            return _both(pieces, read, is_and=mark == "&")
    return None


def _both(pieces: Pieces, read: Read, *, is_and: bool) -> Value | None:
    members = [member for member in map(read, pieces) if isinstance(member, Named)]
    if len(members) != len(pieces):
        return None
    if not is_and and len({member.name for member in members}) == 1:
        return Named(members[0].name, Union(tuple(member.value for member in members)))
    return both(members, is_and=is_and)


def _interval(low_closed: bool, high_closed: bool) -> _Form:  # noqa: FBT001 - a table of two ends
    def made(pieces: Pieces, _: Read, habit: Habit) -> Value | None:
        if len(pieces) not in (2, 4):
            return None
        low, high = expression(pieces[0], habit), expression(pieces[1], habit)
        opened = [piece[0].text == "True" for piece in pieces[2:]] or [False, False]
        if low is None or high is None:
            return None
        return made_interval(low, high, low_closed=low_closed and not opened[0], high_closed=high_closed and not opened[1])

    return made


def _items(pieces: Pieces, read: Read) -> tuple[Value, ...] | None:
    values = [read(piece) for piece in pieces]
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else None


def _set(pieces: Pieces, read: Read, _: Habit) -> Value | None:
    if len(pieces) == 1 and (not pieces[0] or group(pieces[0]) is not None):
        inner = read(pieces[0]) if pieces[0] else Collection((), braces=True)
        return Collection(inner.items, braces=True) if isinstance(inner, Sequence | Collection) else None
    items = _items(pieces, read)
    return None if items is None else Collection(items, braces=True)


def _union(pieces: Pieces, read: Read, _: Habit) -> Value | None:
    items = _items(pieces, read)
    return None if items is None else Union(items)


def _first(pieces: Pieces, read: Read, _: Habit) -> Value | None:
    return read(pieces[0]) if pieces and pieces[0] else None


def _array(pieces: Pieces, read: Read, habit: Habit) -> Value | None:
    """Return array([1, 2]) as a vector and Matrix([[1, 2], [3, 4]]) as a matrix; Matrix([1, 2]) is a column."""
    value = _first(pieces, read, habit)
    if isinstance(value, Sequence) and all(isinstance(item, Sequence) for item in value.items):
        return Matrix(tuple(item.items for item in value.items if isinstance(item, Sequence)))
    return Sequence(value.items, "vector") if isinstance(value, Sequence) else value


def _tuple(pieces: Pieces, read: Read, _: Habit) -> Value | None:
    items = _items(pieces, read)
    return None if items is None else Sequence(items, "()")


def _equation(pieces: Pieces, read: Read, _: Habit) -> Value | None:
    return read([*pieces[0], Token("symbol", "="), *pieces[1]]) if len(pieces) == 2 else None


def _quotient(pieces: Pieces, read: Read, habit: Habit) -> Value | None:
    return read([*pieces[0], Token("symbol", "/"), *pieces[1]]) if len(pieces) == 2 else _first(pieces, read, habit)


def _and(pieces: Pieces, read: Read, _: Habit) -> Value | None:
    return _both(pieces, read, is_and=True)


def _or(pieces: Pieces, read: Read, _: Habit) -> Value | None:
    return _both(pieces, read, is_and=False)


_FORMS: Final[dict[str, _Form]] = {
    "Interval": _interval(True, True), "Interval.open": _interval(False, False), "Interval.Lopen": _interval(False, True),
    "Interval.Ropen": _interval(True, False), "FiniteSet": _set, "set": _set, "frozenset": _set, "Union": _union,
    "Matrix": _array,
    "ImmutableMatrix": _array, "ImmutableDenseMatrix": _array, "MutableDenseMatrix": _array, "array": _array,
    "np.array": _array, "list": _first, "tuple": _first,
    "Tuple": _tuple, "Point": _tuple, "Point2D": _tuple, "Point3D": _tuple, "Eq": _equation, "Rational": _quotient,
    "Fraction": _quotient,
    "Integer": _first, "Float": _first, "Decimal": _first, "S": _first, "mpf": _first, "np.float64": _first,
    "np.int64": _first, "float": _first,
    "int": _first, "complex": _first, "And": _and, "Or": _or, "Poly": _first,
}  # fmt: skip
