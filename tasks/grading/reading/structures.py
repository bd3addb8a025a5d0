r"""Read tokens with structure: lists, sets, tuples, vectors, matrices, intervals, unions, ratios. All tokens or nothing."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from tasks.grading.reading.lexing.splitting import Parts, Read, all_read, group, is_balanced, split, split_at
from tasks.grading.reading.lexing.tokens import Token, written
from tasks.grading.reading.matrices import environment
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.scalars import expression
from tasks.grading.values.expressions import Constant, Expression, Number, negative
from tasks.grading.values.types import Collection, Interval, Named, Ratio, Scalar, Sequence, System, Union, Value

EVERYTHING: Final = Interval(negative(Constant("oo")), Constant("oo"), low_closed=False, high_closed=False)
_VECTOR_BRACKETS: Final = {"(": "()", "[": "[]", r"\langle": "vector"}


def bracketed(parts: Parts, read: Read, habit: Habit) -> Value | None:
    """Return what one pair of brackets around everything holds, None where there is no such pair or it is a formula's."""
    if len(parts) > 1 and (parts[0].text, parts[-1].text) == ("<", ">"):
        return _sequence(parts[1:-1], "vector", read)
    half_open = _interval(parts, habit)
    if half_open is not None:
        return half_open
    found = group(parts)
    if found is None:
        return None
    opener, inside, _ = found
    if opener.startswith(r"\begin{"):
        return environment(opener[7:-1].rstrip("*"), inside, read)
    if opener == r"\{":
        return _braces(inside, read)
    if opener == "{":
        return _plain_braces(inside, read)
    in_matrix = group(inside)
    if in_matrix is not None and in_matrix[0].startswith(r"\begin{"):
        return read(inside)
    if opener in _VECTOR_BRACKETS:
        return _sequence(inside, _VECTOR_BRACKETS[opener], read)
    return None


def _sequence(inside: Parts, brackets: str, read: Read) -> Value | None:
    """Return values in order; one value in parentheses is itself, numbers apart from each other in [1 2 3] are a vector."""
    pieces = split_at(inside, ",", ";")
    if len(pieces) > 1 and not pieces[-1]:
        pieces = pieces[:-1]  # (1,)
    if len(pieces) == 1:
        return _single(inside, pieces[0], brackets, read)
    if not all(pieces):
        return None
    items = all_read(pieces, read)
    if items is not None and all(isinstance(item, Named) for item in items):
        return System(tuple(item for item in items if isinstance(item, Named)))
    return None if items is None else Sequence(items, brackets)


def _single(inside: Parts, piece: Parts, brackets: str, read: Read) -> Value | None:
    if brackets == "[]":
        spaced, _ = _spaced_apart(piece)
        if len(spaced) > 1:
            items = all_read(spaced, read)
            return None if items is None else Sequence(items, "vector")
    value = read(piece)
    if value is None or brackets == "vector":
        return None
    if isinstance(value, Named | System) and piece[0].text not in ("{", r"\{"):
        return value
    return value if brackets == "()" and len(inside) == len(piece) else Sequence((value,), brackets)


def _spaced_apart(parts: Parts) -> tuple[list[Parts], int]:
    """Return numbers that only spaces separate, as numpy prints them; one piece where there is anything else."""
    if not all(token.kind == "number" or token.text in ("-", "[", "]", ".") for token in parts):
        return [parts], 0
    pieces: list[Parts] = []
    depth = 0
    for token in parts:
        if depth == 0 and (not pieces or (token.gap and token.text != ".") or (token.text == "[" and pieces[-1])):
            pieces.append([])
        depth += {"[": 1, "]": -1}.get(token.text, 0)
        pieces[-1].append(token)
    return [[token for token in piece if token.text != "."] for piece in pieces], len(pieces)


def flat(items: Iterable[Value]) -> tuple[Value, ...]:
    r"""Return the items with bare lists among them (`1 \pm 2` is two values) taken apart."""
    flattened: list[Value] = []
    for item in items:
        flattened.extend(item.items if isinstance(item, Collection) and not item.braces and not item.either else [item])
    return tuple(flattened)


def _braces(inside: Parts, read: Read) -> Value | None:
    r"""Return the elements of \{..\}, or the condition of a set builder."""
    if not inside:
        return Collection((), braces=True)
    for mark in ("|", ":"):
        builder = split_at(inside, mark)
        if len(builder) == 2 and all(builder):
            return _builder(builder[0], builder[1], read)
    pieces = split_at(inside, ",", ";")
    items = all_read(pieces, read) if all(pieces) else None
    return None if items is None else Collection(flat(items), braces=True)


def _builder(head: Parts, condition: Parts, read: Read) -> Value | None:
    """Return { x | a < x < b } as its interval: the name means nothing outside of the braces."""
    name = written(split_at(head, r"\in")[0]).strip()
    pieces = [
        piece
        for piece in split_at(condition, ",")
        if written(piece).replace(" ", "") not in (rf"{name}\in\mathbb{{R}}", rf"{name}\in\mathbbR")
    ]
    value = read(pieces[0]) if len(pieces) == 1 else None
    if isinstance(value, Named) and value.name == name.replace(" ", ""):
        return value.value
    return None


def _plain_braces(inside: Parts, read: Read) -> Value | None:
    """Return Python's sets and dictionaries; braces around one value are LaTeX's and mean nothing."""
    pieces = split_at(inside, ",")
    if any(len(split_at(piece, ":")) == 2 for piece in pieces):
        named = [
            read([*halves[0], Token("symbol", "="), *halves[1]])
            for halves in (split_at(piece, ":") for piece in pieces)
            if len(halves) == 2
        ]
        members = [member for member in named if isinstance(member, Named)]
        if len(members) != len(pieces):
            return None
        return members[0] if len(members) == 1 else System(tuple(members))
    items = all_read(pieces, read) if all(pieces) else None
    if items is None:
        return None
    return items[0] if len(items) == 1 and not isinstance(items[0], Collection) else Collection(flat(items), braces=True)


def _interval(parts: Parts, habit: Habit) -> Interval | None:
    """Return an interval that can be nothing else: half-open, with an infinite end, or in ISO's outward brackets."""
    if len(parts) < 4 or parts[0].text not in ("(", "[", "]") or parts[-1].text not in (")", "]", "["):
        return None
    inside = parts[1:-1]
    if not is_balanced(inside):
        return None
    ends = split_at(inside, ",", ";")
    if len(ends) != 2 or not all(ends):
        return None
    brackets = parts[0].text + parts[-1].text
    low, high = expression(ends[0], habit), expression(ends[1], habit)
    if low is None or high is None:
        return None
    is_outward = brackets in ("]]", "[[", "][", "](") or brackets == ")["
    if not (is_outward or brackets in ("(]", "[)") or is_infinite(low) or is_infinite(high)):
        return None
    return made_interval(low, high, low_closed=brackets[0] == "[", high_closed=brackets[1] == "]")


def is_infinite(end: Expression) -> bool:
    """Return whether an end is plus or minus infinity."""
    return end in (Constant("oo"), negative(Constant("oo")))


def made_interval(low: Expression, high: Expression, *, low_closed: bool, high_closed: bool) -> Interval:
    """Return an interval; an infinite end is always open."""
    return Interval(low, high, low_closed and not is_infinite(low), high_closed and not is_infinite(high))


def union(parts: Parts, read: Read) -> Value | None:
    r"""Return sets joined by \cup, and the real numbers without some, as a union."""
    pieces = split_at(parts, r"\cup", "U") if any(token.text == "U" for token in parts[1:-1]) else split_at(parts, r"\cup")
    if len(pieces) > 1 and all(pieces):
        members = all_read(pieces, read)
        return Union(members) if members is not None and all(map(_is_set, members)) else None
    halves, _ = split(parts, lambda token: token.text in (r"\setminus", "-", "\\"))
    if len(halves) == 2 and all(halves) and read(halves[0]) == EVERYTHING:
        hole = read(halves[1])
        return without(hole) if isinstance(hole, Collection) and hole.braces else None
    return None


def _is_set(value: Value) -> bool:
    return isinstance(value, Interval | Union | Sequence | Collection)


def without(hole: Collection) -> Value | None:
    """Return the real line without some numbers as open intervals, None where they are no rational numbers."""
    numbers = sorted({item.number for item in hole.items if isinstance(item, Scalar) and item.number is not None})
    if len(numbers) != len(hole.items):
        if len(hole.items) == 1 and isinstance(hole.items[0], Scalar):
            return _around([hole.items[0].expression])
        return None
    return _around([Number(number) for number in numbers])


def _around(holes: Iterable[Expression]) -> Value:
    ends: list[Expression] = [negative(Constant("oo")), *holes, Constant("oo")]
    return Union(tuple(made_interval(low, high, low_closed=False, high_closed=False) for low, high in pairwise(ends)))


def ratio(parts: Parts, read: Read) -> Value | None:
    """Return 3:2, 1:2:5 or "11 to 4", None for anything else."""
    pieces, marks = split(parts, lambda token: token.text in (":", "to") and (token.text == ":" or token.kind == "word"))
    if len(pieces) < 2 or not all(pieces):
        return None
    terms = [value for value in map(read, pieces) if isinstance(value, Scalar) and not value.percent]
    if len(terms) != len(pieces) or (marks[0].text == "to" and any(term.number is None for term in terms)):
        return None
    texts = [written(piece) for piece in pieces]
    is_clock = marks[0].text == ":" and len(texts[1]) == 2 and all(text.isdigit() for text in texts)
    is_clock = is_clock and len(texts) <= 3 and int(texts[0]) <= 24 and all(int(text) < 60 for text in texts[1:])
    return Ratio(tuple(terms), written(parts), is_clock)


def plus_minus(parts: Parts, read: Read) -> Value | None:
    r"""Return `1 \pm \sqrt{2}` or `(\pm 1, 2)` as its two values, None where there is no \pm."""
    if not any(token.text == r"\pm" for token in parts):
        return None
    signs = ({r"\pm": "+", r"\mp": "-"}, {r"\pm": "-", r"\mp": "+"})
    values = []
    for sign in signs:
        chosen = [Token("symbol", sign[token.text], token.gap) if token.text in sign else token for token in parts]
        value = read(chosen)
        if value is None:
            return None
        values.append(value)
    return Collection(tuple(values), braces=False)
