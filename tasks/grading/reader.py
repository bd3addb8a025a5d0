r"""Read an answer: from text to the structure of reading.py. Pure string work, linear in the length of the text."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from tasks.grading.latex import braced, join, tokens
from tasks.grading.normalise import normalise
from tasks.grading.rationals import rational
from tasks.grading.reading import Collection, Labelled, Prose, Reading, Relation, Scalar, Union, Words
from tasks.grading.units import split_unit
from tasks.grading.words import choice_letter, is_prose, number_in_words, words_of

_OPENERS: Final = {"(": 1, "[": 1, "{": 1, r"\{": 1}
_CLOSERS: Final = {")": -1, "]": -1, "}": -1, r"\}": -1}
_AND: Final = r"\text{and}"
_OR: Final = r"\text{or}"
_SEPARATORS: Final = (",", ";", _AND, _OR)
_OPERATORS: Final = ("=", "<", ">", r"\le", r"\ge", r"\ne", r"\approx", r"\in")
_ORDERED_OPERATORS: Final = ("<", ">", r"\le", r"\ge")
_MAX_DEPTH: Final = 12

_CONJUNCTION = re.compile(
    r"\s*,?\s*(?:\\text\s*\{\s*(and|or)\s*\}|(?<![a-zA-Z\\])(and|or)(?=[\s\d\\({-]|[a-z]\s*[=<>])|(?<=\s)(and|or)(?=\s))\s*"
)
_THOUSANDS = re.compile(r"(?<![\d,.])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])")
_ARRAY = re.compile(r"\\begin\{array\}\s*\{[^{}]*\}")
_BASE_WORDS = re.compile(r"^(.*?)[\s(]*(?:\\text\{\s*\(?\s*)?base[\s-]*\}?\s*\{?(\w+)\}?[\s)}]*$")
_BASE = re.compile(r"(-?[0-9A-Fa-f]*[0-9][0-9A-Fa-f.]*)_\{\(?(?:\\text\{)?\s*(\d+|[a-z]+)\s*\}?\)?\}")
_LABEL = re.compile(
    # Each text is matched in one way, so that failing is quick without possessive quantifiers, which Python 3.11.2 gets wrong.
    r"(?:\\text\{[^{}]*\}|\\(?!text\{[^{}]*\})[a-zA-Z]+(?![a-zA-Z])|[a-zA-Z]|[(),'|{}\s]|_\{[^{}]*\}|_\w"
    r"|\^\{(?:-1|\\prime|')+\}|(?<=[(,])\d+(?=[),]))+"
)
_FREE_LETTER = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]")
_NOT_IN_LABEL: Final = (r"\cdot", r"\frac", r"\sqrt", r"\int", r"\sum")


def read(answer: str) -> Reading | None:
    """Return the structure of an answer, None for an empty one."""
    text = normalise(answer)
    if not text:
        return None
    letter = choice_letter(text)
    if letter is not None:
        return Words(letter)
    words = words_of(text)
    if words is not None:
        number = number_in_words(words)
        return Words(words) if number is None else _exact(number)
    separated = _CONJUNCTION.sub(lambda match: f" \\text{{{match[1] or match[2] or match[3]}}} ", text)
    mathematics = separated.replace(_AND, " ").replace(_OR, " ")
    if is_prose(mathematics):
        value, unit = split_unit(mathematics)
        if unit is None or is_prose(value):
            return Prose(text)
    if not any(bracket in separated for bracket in ("(", "[", r"\{")):
        separated = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), separated)
    return _read(tokens(_ARRAY.sub(r"\\begin{array}", separated)), 0)


def _exact(number: Fraction) -> Scalar:
    latex = str(number) if number.denominator == 1 else f"\\frac{{{number.numerator}}}{{{number.denominator}}}"
    return Scalar(latex, number, percent=False, unit=None, base=None)


def _split(parts: Sequence[str], separators: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """Return the tokens between top-level separators, and the separators. Unbalanced brackets are not split."""
    pieces: list[list[str]] = [[]]
    found: list[str] = []
    depth = 0
    for part in parts:
        depth += _OPENERS.get(part, 0) + _CLOSERS.get(part, 0) + part.startswith(r"\begin{") - part.startswith(r"\end{")
        if depth < 0:
            break
        if depth == 0 and part in separators:
            pieces.append([])
            found.append(part)
        else:
            pieces[-1].append(part)
    if depth != 0:
        return [list(parts)], []
    return pieces, found


def _read(parts: list[str], depth: int) -> Reading:
    """Return the structure of tokens outside of brackets."""
    if depth > _MAX_DEPTH:
        return _scalar(parts)
    pieces, separators = _split(parts, _SEPARATORS)
    pieces = [piece for piece in pieces if piece]
    if len(pieces) > 1:
        return _list([_read(piece, depth + 1) for piece in pieces], any_or=_OR in separators)
    if len(pieces) == 1 and len(pieces[0]) < len(parts):
        parts = pieces[0]
    sides, operators = _split(parts, _OPERATORS)
    if len(sides) > 1:
        return _relation(sides, operators, depth)
    joined, _ = _split(parts, (r"\cup",))
    if len(joined) > 1 and all(joined):
        return Union(tuple(_read(piece, depth + 1) for piece in joined))
    return _bracketed(parts, depth) or _ratio(parts) or _plus_minus(parts, depth) or _scalar(parts)


def _list(items: list[Reading], *, any_or: bool) -> Reading:
    """Return bare values separated by commas: one list, with the label that all of them share or that the first one carries."""
    flat: list[Reading] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Collection) and item.kind == "list" else [item])
    labels = {item.label for item in flat if isinstance(item, Labelled)}
    if (
        isinstance(flat[0], Labelled)
        and len(labels) == 1
        and (
            all(isinstance(item, Labelled) for item in flat) or all(isinstance(item, Scalar | Collection) for item in flat[1:])
        )
    ):
        values = tuple(item.value if isinstance(item, Labelled) else item for item in flat)
        return Labelled(flat[0].label, _several(values, any_or=any_or))
    return _several(tuple(flat), any_or=any_or)


def _several(values: tuple[Reading, ...], *, any_or: bool) -> Reading:
    """Return intervals joined by "or" as a union, anything else as a list."""
    if any_or and all(isinstance(value, Collection) and value.kind in ("()", "(]", "[)", "[]") for value in values):
        return Union(values)
    return Collection("list", values)


def _relation(sides: list[list[str]], operators: list[str], depth: int) -> Reading:
    """Return a labelled value, an interval, or what is left: a relation."""
    written = [join(braced(side)) for side in sides]
    if operators == [r"\approx"] and (not written[0] or _is_label(written[0])):
        return _read(sides[-1], depth + 1) if not written[0] else Labelled(written[0], _read(sides[-1], depth + 1))
    if r"\in" in operators:
        if len(operators) == 1 and _is_label(written[0]):
            return Labelled(written[0], _read(sides[1], depth + 1))
        return Relation(tuple(written), tuple(operators))
    if set(operators) == {"="} and sides[-1]:
        is_value = _is_label(written[0]) or len(sides) > 2 or not _FREE_LETTER.search(written[0])
        if is_value:
            return Labelled(written[0], _read(sides[-1], depth + 1))
    interval = _interval(sides, written, operators)
    return interval if interval is not None else Relation(tuple(written), tuple(operators))


def _is_label(text: str) -> bool:
    """Return whether the left side of an equation names something: x, f(x), (x, y), S_{ABC}."""
    return _LABEL.fullmatch(text) is not None and not any(command in text for command in _NOT_IN_LABEL)


def _interval(sides: list[list[str]], written: list[str], operators: list[str]) -> Reading | None:
    """Return `a < x \\le b` and `x > a` as labelled intervals, None for other relations."""
    if not all(operator in _ORDERED_OPERATORS for operator in operators) or len(sides) > 3 or not all(written):
        return None
    named = [index for index, side in enumerate(written) if side != "e" and _is_label(side) and _FREE_LETTER.search(side)]
    if len(named) != 1 or (len(sides) == 3 and named != [1]):
        return None
    if len({operator in ("<", r"\le") for operator in operators}) != 1:
        return None
    if operators[0] in (">", r"\ge"):
        sides = sides[::-1]
        operators = [{">": "<", r"\ge": r"\le"}[operator] for operator in operators[::-1]]
        named = [len(sides) - 1 - named[0]]
    name = join(braced(sides[named[0]]))
    low, low_open = (sides[0], operators[0] == "<") if named[0] > 0 else (["-", r"\infty"], True)
    high, high_open = (sides[-1], operators[-1] == "<") if named[0] < len(sides) - 1 else ([r"\infty"], True)
    kind = ("(" if low_open else "[") + (")" if high_open else "]")
    return Labelled(name, Collection(kind, (_scalar(low), _scalar(high))))


def _bracketed(parts: list[str], depth: int) -> Reading | None:
    """Return what one pair of brackets around everything holds, None where there is no such pair."""
    if len(parts) < 2 or _ends_of_first_group(parts) != len(parts) - 1:
        return None
    first, last, inner = parts[0], parts[-1], parts[1:-1]
    if first.startswith(r"\begin{"):
        return _matrix(first, inner, depth)
    pieces, _ = _split(inner, (",", ";"))
    if len(inner) > 1 and inner[0].startswith(r"\begin{") and _ends_of_first_group(inner) == len(inner) - 1:
        return _matrix(inner[0], inner[1:-1], depth)
    if first == r"\{":
        return _set(inner, pieces, depth)
    if len(pieces) == 1:
        return _read(inner, depth + 1)
    if not all(pieces):
        return None
    return Collection("list" if first == "{" else first + last, tuple(_read(piece, depth + 1) for piece in pieces))


def _ends_of_first_group(parts: Sequence[str]) -> int:
    """Return the index where the group that the first token opens closes, -1 where the first token opens nothing."""
    depth = 0
    for index, part in enumerate(parts):
        depth += _OPENERS.get(part, 0) + _CLOSERS.get(part, 0) + part.startswith(r"\begin{") - part.startswith(r"\end{")
        if depth == 0:
            return index if index else -1
    return -1


def _set(inner: list[str], pieces: list[list[str]], depth: int) -> Reading:
    """Return the elements of a set, or the condition of a set builder."""
    for separator in ("|", ":"):
        builder, _ = _split(inner, (separator,))
        if len(builder) == 2 and all(builder):
            condition = _read(builder[1], depth + 1)
            return condition.value if isinstance(condition, Labelled) else condition
    return Collection("{}", tuple(_read(piece, depth + 1) for piece in pieces if piece))


def _matrix(begin: str, inner: list[str], depth: int) -> Reading:
    """Return the rows of a matrix; a determinant is another kind."""
    rows, _ = _split(inner, ("\\\\",))
    read_rows = []
    for row in rows:
        cells, _ = _split(row, ("&",))
        if any(cells):
            read_rows.append(Collection("row", tuple(_read(cell, depth + 1) for cell in cells)))
    return Collection("||" if begin == r"\begin{vmatrix}" else "matrix", tuple(read_rows))


def _ratio(parts: list[str]) -> Reading | None:
    """Return `3:2` (or a time, 10:30) as its numbers in order, None for anything else."""
    pieces, _ = _split(parts, (":",))
    if len(pieces) < 2 or not all(pieces):
        return None
    return Collection("ratio", tuple(_scalar(piece) for piece in pieces))


def _plus_minus(parts: list[str], depth: int) -> Reading | None:
    r"""Return `1 \pm \sqrt{2}` as its two values, None where there is no \pm."""
    if r"\pm" not in parts:
        return None
    signs = ({r"\pm": "+", r"\mp": "-"}, {r"\pm": "-", r"\mp": "+"})
    chosen = [[sign.get(part, part) for part in parts] for sign in signs]
    return Collection("list", tuple(_read(one[1:] if one[0] == "+" else one, depth + 1) for one in chosen))


def _scalar(parts: list[str]) -> Scalar:
    """Return one value with its percent sign, unit, base, and exact number."""
    while len(parts) > 1 and parts[-1] == ".":
        parts = parts[:-1]
    percent = len(parts) > 1 and parts[-1] == r"\%"
    text = join(parts[:-1] if percent else parts)
    in_words = _BASE_WORDS.match(text)
    canonical = f"{in_words[1]}_{{{in_words[2]}}}" if in_words is not None else join(braced(tokens(text)))
    numeral = _BASE.fullmatch(canonical)
    base = _base(numeral[2]) if numeral is not None else None
    if numeral is not None and base is not None:
        return Scalar(numeral[1].upper(), None, percent, None, base)
    value, unit = split_unit(text)
    value_parts = braced(tokens(value))
    return Scalar(join(value_parts), rational(value_parts), percent, unit, None)


def _base(name: str) -> int | None:
    """Return a number base from its name, None where it is none."""
    number = Fraction(name) if name.isdigit() else number_in_words(name)
    return int(number) if number is not None and number.denominator == 1 and 2 <= number <= 36 else None
