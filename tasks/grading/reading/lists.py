"""Read bare lists: solutions separated by commas, "and", "or", semicolons or line breaks, and systems of named values."""

from collections.abc import Callable
from typing import Final

from tasks.grading.reading.lexing.splitting import Parts, Read, group, split, split_at, step
from tasks.grading.reading.lexing.tokens import Token
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.scalars import compound
from tasks.grading.reading.relations import OPERATORS, both, is_condition, places_of
from tasks.grading.reading.structures import flat
from tasks.grading.reading.texts import plain
from tasks.grading.values.types import (
    Collection,
    Interval,
    Named,
    Scalar,
    Sequence,
    System,
    Text,
    Union,
    Value,
)  # fmt: skip

_AND: Final = frozenset(("and", "AND", r"\&", "和", "与", "及", r"\land", "und"))
_OR: Final = frozenset(("or", "OR", "或", "或者", r"\lor", "oder"))
_MAX_ELEMENTS: Final = 100
_MAX_TEXT_WORDS: Final = 4


def listed(parts: Parts, read: Read, habit: Habit) -> Value | None:
    """Return a list or a single value, None where an element is neither a value nor a few words."""
    quantity = compound(parts, habit) or _mixed_number(parts, read)
    if quantity is not None:
        return quantity
    statements = _statements(parts)
    if len(statements) > 1:
        items = [listed(statement, read, habit) for statement in statements]
        known = [found for found in items if found is not None]
        return _together(known, either=False, is_and=False) if len(known) == len(items) else None
    for is_separator in (_is_semicolon, _between_lists(parts), _is_separator):
        pieces, marks = split(parts, is_separator)
        pieces, marks = _without_empty(pieces, marks)
        if len(pieces) > 1:
            return _list(pieces, marks, read, habit)
    if len(pieces) == 1 and len(pieces[0]) < len(parts):
        return listed(pieces[0], read, habit)
    adjacent = _adjacent_groups(parts)
    if len(adjacent) > 1:
        return _list(adjacent, [], read, habit)
    return read(parts)


def _is_semicolon(token: Token) -> bool:
    return token.text in (";", "\\\\")


def _is_separator(token: Token) -> bool:
    return token.text == "," or ((token.kind == "word" or token.text.startswith("\\")) and token.text in _AND | _OR)


def _between_lists(parts: Parts) -> Callable[[Token], bool]:
    """Return what separates lists from each other: "or", and between systems "and" as well (x=1, y=2 and x=2, y=1)."""
    has_comma = len(split_at(parts, ",")) > 1
    halves = split(parts, lambda token: token.text in _AND)[0]
    are_systems = len(halves) > 1 and all(len(split_at(half, ",")) > 1 and len(split_at(half, "=")) > 2 for half in halves)
    words = (_OR | _AND) if are_systems else _OR
    return lambda token: has_comma and token.text in words


def _without_empty(pieces: list[Parts], marks: Parts) -> tuple[list[Parts], Parts]:
    """Return the pieces without the empty ones that ", and" and a final comma leave."""
    return [piece for piece in pieces if piece], marks


def _list(pieces: list[Parts], marks: Parts, read: Read, habit: Habit) -> Value | None:
    if len(pieces) > _MAX_ELEMENTS:
        return None
    pieces = _without_conditions(pieces)
    values: list[Value] = []
    for piece in pieces:
        value = listed(piece, read, habit) if len(pieces) > 1 else read(piece)
        if value is None and len(piece) <= _MAX_TEXT_WORDS and all(token.kind == "word" for token in piece):
            value = Text(plain(piece))
        if value is None:
            return None
        values.append(value)
    texts = {mark.text for mark in marks}
    return _together(values, either=bool(texts & _OR) and "," not in texts, is_and=bool(texts & _AND) and not texts & _OR)


def _without_conditions(pieces: list[Parts]) -> list[Parts]:
    r"""Return the pieces without `k \in \mathbb{Z}`, which says of a parameter what its name says."""
    kept = [piece for piece in pieces if not is_condition(piece)]
    return kept or pieces


def _together(values: list[Value], *, either: bool, is_and: bool) -> Value:
    """Return values as what they are together: a system, the solutions of one name, an interval, or a bare list."""
    if len(values) == 1:
        return values[0]
    named = [value for value in values if isinstance(value, Named)]
    if len(named) == len(values):
        return _names(named, either=either, is_and=is_and)
    systems = [value for value in values if isinstance(value, System)]
    if systems and len(systems) + len(named) == len(values):
        if all(
            set(_names_of(value)).isdisjoint(_names_of(other)) for index, value in enumerate(values) for other in values[:index]
        ):
            return System(tuple(member for value in values for member in _members(value)))
        return Collection(tuple(values), braces=False)
    if named and isinstance(values[0], Named) and not any(isinstance(value, System) for value in values):
        return _attached(values, either=either)
    if all(isinstance(value, Interval | Union) for value in values):
        return Union(tuple(values))
    if (
        either
        and all(isinstance(value, Interval | Sequence) for value in values)
        and any(isinstance(value, Interval) for value in values)
    ):
        return Union(tuple(values))
    items = tuple(values) if either else flat(values)
    return Collection(items, braces=False, either=either)


def _names_of(value: Value) -> tuple[str, ...]:
    return tuple(member.name for member in _members(value))


def _members(value: Value) -> tuple[Named, ...]:
    if isinstance(value, System):
        return value.members
    return (value,) if isinstance(value, Named) else ()


def _names(named: list[Named], *, either: bool, is_and: bool) -> Value:
    names = [member.name for member in named]
    if len(set(names)) == 1:
        interval = both(named, is_and=is_and)
        if interval is not None:
            return interval
        values = [member.value for member in named]
        if all(isinstance(value, Interval | Union) for value in values):
            return Named(names[0], Union(tuple(values)), named[0].is_word)
        return Named(names[0], Collection(values_of(values, either=either), braces=False, either=either), named[0].is_word)
    if len(set(names)) < len(names):
        return Collection(tuple(named), braces=False)
    if places_of(names):
        return Named(names[0][:-2], Collection(flat([member.value for member in named]), braces=False))
    return System(tuple(named))


def values_of(values: list[Value], *, either: bool) -> tuple[Value, ...]:
    """Return the values of one name, bare lists among them taken apart."""
    return tuple(values) if either else flat(values)


def _attached(values: list[Value], *, either: bool) -> Value:
    """Return `x = 1, 2` as two solutions of x, and `x = 0, y = 1, 2` as a system."""
    groups: list[tuple[Named, list[Value]]] = []
    for value in values:
        if isinstance(value, Named):
            groups.append((value, [value.value]))
        else:
            groups[-1][1].append(value)
    members = []
    for named, inside in groups:
        together = inside[0] if len(inside) == 1 else Collection(values_of(inside, either=either), braces=False, either=either)
        members.append(Named(named.name, together, named.is_word))
    return members[0] if len(members) == 1 else _together(list(members), either=either, is_and=False)


def _statements(parts: Parts) -> list[Parts]:
    """Return statements that line breaks, wide spaces or nothing but a space separate: x = 1 (newline) y = 2; a=3 b=4."""
    if sum(token.text in OPERATORS for token in parts) < 2:
        return [parts]
    pieces: list[Parts] = [[]]
    depth = 0
    for place, token in enumerate(parts):
        starts = depth == 0 and token.gap > 0 and _starts_statement(parts, place)
        depth += step(token)
        if starts and pieces[-1] and any(before.text in OPERATORS for before in pieces[-1]):
            pieces.append([])
        pieces[-1].append(token)
    return pieces


def _starts_statement(parts: Parts, place: int) -> bool:
    """Return whether a name and its equals sign start here, after something that ended."""
    before, token = parts[place - 1], parts[place]
    if before.text in OPERATORS or before.text in (
        ",",
        ";",
        "+",
        "-",
        "*",
        "/",
        r"\cdot",
        r"\times",
        "(",
        "and",
        "or",
        "\\\\",
        "|",
        ":",
    ):
        return False
    if token.kind != "word" or len(token.text) > 2:
        return False
    following = place + 1
    if following < len(parts) and parts[following].text == "_":
        following += 2 if parts[following + 1 : following + 2] and parts[following + 1].text != "{" else 4
    return following < len(parts) and parts[following].text in OPERATORS


def _adjacent_groups(parts: Parts) -> list[Parts]:
    """Return (1,2)(3,4) as its groups where each of them holds more than one value, all tokens as one piece otherwise."""
    pieces: list[Parts] = [[]]
    depth = 0
    for token in parts:
        if depth == 0 and pieces[-1] and token.text == "(":
            pieces.append([])
        pieces[-1].append(token)
        depth += step(token)
    are_tuples = all((found := group(piece)) is not None and any(token.text == "," for token in found[1]) for piece in pieces)
    return pieces if are_tuples else [parts]


def _mixed_number(parts: Parts, read: Read) -> Value | None:
    """Return "1 and 1/2" as one number."""
    texts = [token.text for token in parts]
    if len(texts) < 4 or texts[1] != "and" or not texts[0].isdigit() or (texts[2] not in (r"\frac",) and texts[3:4] != ["/"]):
        return None
    whole, rest = read(parts[:1]), read(parts[2:])
    if (
        not isinstance(whole, Scalar)
        or not isinstance(rest, Scalar)
        or rest.number is None
        or not 0 < rest.number < 1
        or rest.unit is not None
    ):
        return None
    return read([parts[0], Token("symbol", "+"), *parts[2:]])
