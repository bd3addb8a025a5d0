"""Decide whether two answers are equal. Symmetric and reflexive by construction; three-valued: None is "undecided".

Structure, brackets, number of elements, number base, units and percent are compared here, exactly and without tolerance. What
is left are pairs of values that are no rational numbers: those go to `leaf`, which is math-verify in a worker process.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tasks.grading.normalise import normalise
from tasks.grading.reader import read
from tasks.grading.reading import ANY_ORDER, Collection, Labelled, Prose, Reading, Relation, Scalar, Union, Words

Leaf = Callable[[str, str], bool | None]
"""Whether two pieces of canonical LaTeX are equal; None where that cannot be decided."""

MAX_CHARACTERS: Final = 4_000
"""Longer answers are compared as strings alone: no reference answer is that long."""
_SPACE = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
"""Space that means nothing. Between digits it does: 7 1/3 is not 71/3."""
_MAX_ELEMENTS: Final = 100
"""Of a list in any order, whose comparison is quadratic."""
_NOT_LETTER = re.compile(r"[\s.,;:!?$]+|\\text(?=\{)|[{}]")
_UNFINISHED = re.compile(r"\.\d+\s*(?:\.{2,}|…|\\[lc]?dots(?![a-zA-Z]))")
"""A decimal that goes on somehow: 0.333... may be a third, or the beginning of anything."""
_FLIPPED: Final = {">": "<", r"\ge": r"\le"}
_EMPTY_SET: Final = r"\emptyset"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether two answers are equal, and which method found out."""

    equal: bool | None
    method: str


def decide(one: str, other: str, leaf: Leaf) -> Decision:
    """Return whether two answers are equal. `leaf` may raise; nothing else does."""
    one, other = sorted((one, other))
    if not one.strip() or not other.strip():
        return Decision(None, "empty")
    if one == other or _unspaced(one) == _unspaced(other):
        return Decision(True, "exact")
    if max(len(one), len(other)) > MAX_CHARACTERS:
        return Decision(None, "too_long")
    if _UNFINISHED.search(one) or _UNFINISHED.search(other):
        return Decision(None, "unfinished")
    try:
        left, right = read(one), read(other)
    except RecursionError:  # a thousand roots in each other: no reference answer is like that
        return Decision(None, "too_deep")
    if left is None or right is None:
        return Decision(None, "empty")
    return _compare(left, right, leaf)


def _unspaced(text: str) -> str:
    return _SPACE.sub("", normalise(text))


def _compare(left: Reading, right: Reading, leaf: Leaf) -> Decision:
    """Return whether two structures are equal."""
    if isinstance(left, Labelled) or isinstance(right, Labelled):
        return _labelled(left, right, leaf)
    if isinstance(left, Words | Prose) or isinstance(right, Words | Prose):
        return _texts(left, right)
    if isinstance(left, Relation) or isinstance(right, Relation):
        return _relations(left, right, leaf)
    if isinstance(left, Union) or isinstance(right, Union):
        if isinstance(left, Union) and isinstance(right, Union) and len(left.items) == len(right.items):
            return _any_order(left.items, right.items, leaf)
        return Decision(None, "union")
    if isinstance(left, Collection) or isinstance(right, Collection):
        return _collections(left, right, leaf)
    return _scalars(left, right, leaf)


def _all(decisions: list[Decision]) -> Decision:
    """Return the conjunction: the first refusal, else the first doubt, else the least cheap method that agreed."""
    for equal in (False, None):
        for decision in decisions:
            if decision.equal is equal:
                return decision
    methods = {decision.method for decision in decisions}
    return Decision(True, next((method for method in ("symbolic", "unit", "rational") if method in methods), "exact"))


def _in_order(left: tuple[Reading, ...], right: tuple[Reading, ...], leaf: Leaf) -> Decision:
    decisions = []
    for one, other in zip(left, right, strict=True):
        decisions.append(_compare(one, other, leaf))
        if decisions[-1].equal is False:
            break
    return _all(decisions)


def _any_order(left: tuple[Reading, ...], right: tuple[Reading, ...], leaf: Leaf) -> Decision:
    """Return whether the elements are equal in some order, each as often on both sides."""
    if len(left) > _MAX_ELEMENTS:
        return Decision(None, "too_long")
    remaining = list(right)
    decisions = []
    for one in left:
        found = [_compare(one, other, leaf) for other in remaining]
        equal = next((index for index, decision in enumerate(found) if decision.equal), None)
        if equal is None:
            return next((decision for decision in found if decision.equal is None), Decision(False, "element"))
        decisions.append(found[equal])
        del remaining[equal]
    return _all(decisions)


def _labelled(left: Reading, right: Reading, leaf: Leaf) -> Decision:
    """Compare values that carry a name. A missing name is no difference; another name decides nothing."""
    if isinstance(left, Labelled) and isinstance(right, Labelled):
        decision = _compare(left.value, right.value, leaf)
        if left.label == right.label or (decision.equal is False and not (_as_relation(left) and _as_relation(right))):
            return decision
        if _as_relation(left) and _as_relation(right) and decision.method != "rational":
            return _relations(left, right, leaf)
        return Decision(None, "label")
    if isinstance(left, Relation) or isinstance(right, Relation):
        return _relations(left, right, leaf)
    return _compare(_value(left), _value(right), leaf)


def _value(reading: Reading) -> Reading:
    return reading.value if isinstance(reading, Labelled) else reading


def _as_relation(reading: Reading) -> Relation | None:
    """Return a labelled expression as the equation that it is, None for labelled numbers and collections."""
    if isinstance(reading, Relation):
        return reading
    if isinstance(reading, Labelled) and isinstance(reading.value, Scalar) and reading.value.unit is None:
        return Relation((reading.label, reading.value.latex), ("=",))
    return None


def _relations(left: Reading, right: Reading, leaf: Leaf) -> Decision:
    """Compare equations and inequalities; strict and non-strict ones are never equal."""
    one, other = _as_relation(left), _as_relation(right)
    if one is None or other is None:
        return Decision(None, "relation")
    one, other = _flipped(one), _flipped(other)
    if one == other:
        return Decision(True, "exact")
    if sorted(one.operators) != sorted(other.operators):
        return Decision(False, "relation")
    if one.sides[:-1] == other.sides[:-1] and one.operators == other.operators:
        last = leaf(one.sides[-1], other.sides[-1])
        if last or one.operators == (r"\ne",):
            return Decision(last, "symbolic")
    return Decision(leaf(_written(one), _written(other)), "symbolic")


def _flipped(relation: Relation) -> Relation:
    """Return `a > b` as `b < a`."""
    if all(operator in _FLIPPED for operator in relation.operators):
        return Relation(relation.sides[::-1], tuple(_FLIPPED[operator] for operator in relation.operators[::-1]))
    return relation


def _written(relation: Relation) -> str:
    text = relation.sides[0]
    for operator, side in zip(relation.operators, relation.sides[1:], strict=True):
        text += f"{operator} {side}"
    return text


def _texts(left: Reading, right: Reading) -> Decision:
    """Compare texts: equal letters are equal, different single words are not, and sentences decide nothing."""
    if isinstance(left, Words) and isinstance(right, Words):
        if _letters(left.text) == _letters(right.text):
            return Decision(True, "text")
        contained = left.text in right.text or right.text in left.text
        undecided = len(left.text) > 1 and len(right.text) > 1 and (contained or " " in left.text or " " in right.text)
        return Decision(None if undecided else False, "text")
    if isinstance(left, Prose) and isinstance(right, Prose) and _letters(left.text) == _letters(right.text):
        return Decision(True, "text")
    for text, value in ((left, right), (right, left)):
        if isinstance(text, Words) and isinstance(value, Scalar) and _letters(text.text) == _letters(value.latex):
            return Decision(True, "text")
        is_word = isinstance(text, Words) and len(text.text) > 1 and " " not in text.text
        if is_word and isinstance(value, Scalar) and value.latex != _EMPTY_SET:
            return Decision(False, "text")
    return Decision(None, "text")


def _letters(text: str) -> str:
    """Return a text without white space, punctuation and capitals."""
    return _NOT_LETTER.sub("", text).lower()


def _collections(left: Reading, right: Reading, leaf: Leaf) -> Decision:
    """Compare elements under the guards: kind of brackets, number of elements, order where it counts."""
    one = left if isinstance(left, Collection) else Collection("list", (left,))
    other = right if isinstance(right, Collection) else Collection("list", (right,))
    if one.kind in ANY_ORDER and other.kind in ANY_ORDER:
        if len(one.items) != len(other.items):
            return Decision(False, "count")
        if _names_its_items(one) != _names_its_items(other):
            in_order = _in_order(one.items, other.items, leaf)
            in_any_order = in_order if in_order.equal else _any_order(one.items, other.items, leaf)
            return in_order if in_order.equal or in_any_order.equal is False else Decision(None, "label")
        return _any_order(one.items, other.items, leaf)
    one, other = _unnested(one, other), _unnested(other, one)
    if len(one.items) != len(other.items):
        return Decision(False, "count")
    if one.kind == other.kind:
        return _in_order(one.items, other.items, leaf)
    loose = {"list", "matrix", "row", "ratio"}
    if one.kind in loose or other.kind in loose:
        same = _in_order(one.items, other.items, leaf)
        return Decision(False if same.equal is False else None, "bracket")
    return Decision(False, "bracket")


def _names_its_items(collection: Collection) -> bool:
    """Return whether the items have names of their own, `x = 1, y = 2`: then an unnamed list of them has an order."""
    return len({item.label for item in collection.items if isinstance(item, Labelled)}) > 1


def _unnested(one: Collection, other: Collection) -> Collection:
    """Return a column vector as its numbers where it is compared with a tuple."""
    if one.kind == "matrix" and other.kind != "matrix":
        rows = [row for row in one.items if isinstance(row, Collection)]
        if all(len(row.items) == 1 for row in rows):
            return Collection("matrix", tuple(row.items[0] for row in rows))
        if len(rows) == 1:
            return Collection("matrix", rows[0].items)
    return one


def _scalars(left: Reading, right: Reading, leaf: Leaf) -> Decision:
    """Compare two values under the guards: number base, percent, unit."""
    if not isinstance(left, Scalar) or not isinstance(right, Scalar):
        return Decision(None, "structure")
    if left.base is not None or right.base is not None:
        same_digits = left.latex.lstrip("0") == right.latex.lstrip("0")
        if left.base == right.base:
            return Decision(same_digits, "base")
        return Decision(None if same_digits and None in (left.base, right.base) else False, "base")
    if left.percent != right.percent:
        return _percent(*((left, right) if left.percent else (right, left)), leaf)
    if left.unit is not None or right.unit is not None:
        return _measured(left, right, leaf)
    return _values(left, right, leaf)


def _values(left: Scalar, right: Scalar, leaf: Leaf) -> Decision:
    """Compare two values apart from units and percent signs."""
    if left.latex == right.latex:
        return Decision(True, "exact")
    if left.number is not None and right.number is not None:
        return Decision(left.number == right.number, "rational")
    return Decision(leaf(left.latex, right.latex), "symbolic")


def _percent(percent: Scalar, plain: Scalar, leaf: Leaf) -> Decision:
    """A percent sign on one side alone: never equal, and wrong only if no reading of it fits the other side."""
    if percent.number is not None and plain.number is not None:
        fits = plain.number in (percent.number, percent.number / 100)
    else:
        fits = percent.latex == plain.latex or leaf(percent.latex, plain.latex) is not False
    return Decision(None if fits else False, "percent")


def _measured(left: Scalar, right: Scalar, leaf: Leaf) -> Decision:
    """Compare values with units: equal units or one missing; units of one dimension are converted."""
    one, other = left.unit, right.unit
    if one is None or other is None:
        measured, plain = (left, right) if one is not None else (right, left)
        decision = _values(left, right, leaf)
        if measured.unit is not None and measured.unit.is_degree and decision.equal is False and r"\pi" in plain.latex:
            return Decision(leaf(rf"\frac{{({measured.latex})\cdot \pi}}{{180}}", plain.latex), "unit")
        doubtful = measured.unit is not None and not measured.unit.certain
        return Decision(None, "unit") if decision.equal and doubtful else decision
    if one.dimensions != other.dimensions:
        return Decision(False, "unit")
    if one.factor == other.factor:
        return _values(left, right, leaf)
    if left.number is not None and right.number is not None:
        return Decision(left.number * one.factor == right.number * other.factor, "unit")
    ratio = one.factor / other.factor
    return Decision(leaf(rf"({left.latex})\cdot \frac{{{ratio.numerator}}}{{{ratio.denominator}}}", right.latex), "unit")
