"""Decide whether lists, sets, tuples, intervals, unions and matrices are equal: elements, order, repetition and brackets."""

from collections.abc import Sequence as Values
from typing import Final

from tasks.grading.equality.comparing import Comparing
from tasks.grading.equality.decision import Decision, all_of
from tasks.grading.values.types import Collection, Interval, Matrix, Scalar, Sequence, System, Text, Union, Value

_MAX_ELEMENTS: Final = 100
"""Of a list in any order, whose comparison is quadratic."""


_LONG_TEXT: Final = 6


def in_order(one: Values[Value], other: Values[Value], by: Comparing) -> Decision:
    """Return whether the elements are equal place by place."""
    if len(one) != len(other):
        return Decision(False, "count", f"{len(one)} elements and {len(other)}")
    decisions = []
    for left, right in zip(one, other, strict=True):
        decisions.append(by.compare(left, right))
        if decisions[-1].equal is False:
            break
    return all_of(decisions)


def any_order(one: Values[Value], other: Values[Value], by: Comparing) -> Decision:
    """Return whether the elements are equal in some order, each as often on both sides."""
    if len(one) != len(other):
        return Decision(False, "count", f"{len(one)} elements and {len(other)}")
    if len(one) > _MAX_ELEMENTS:
        return Decision(None, "too_long", "too many elements")
    remaining = list(other)
    decisions: list[Decision] = []
    for left in one:
        found = []
        for right in remaining:
            found.append(by.compare(left, right))
            if found[-1].equal:
                break
        if not found[-1].equal:
            return next(
                (decision for decision in found if decision.equal is None),
                Decision(False, "element", "an element has no equal"),
            )
        decisions.append(found[-1])
        del remaining[len(found) - 1]
    return all_of(decisions)


def sets(one: Collection, other: Collection, by: Comparing) -> Decision:
    """Return whether two sets or bare lists have the same elements."""
    if by.policy.order == "kept" and not (one.braces or other.braces):
        return in_order(one.items, other.items, by)
    decision = any_order(one.items, other.items, by)
    if decision.method != "count" or by.policy.repeated == "counted" or not (one.braces or other.braces):
        return decision
    first, second = distinct(one.items, by), distinct(other.items, by)
    repeats = [len(found) < len(side.items) for found, side in ((first, one), (second, other))]
    return any_order(first, second, by) if repeats.count(True) == 1 else decision


def distinct(items: Values[Value], by: Comparing) -> tuple[Value, ...]:
    """Return the items without those that equal an earlier one."""
    kept: list[Value] = []
    for value in items[:_MAX_ELEMENTS]:
        if not any(by.compare(value, earlier).equal for earlier in kept):
            kept.append(value)
    return tuple(kept)


def alternatives(one: Collection, other: Value, by: Comparing) -> Decision:
    """Compare a list with what is no list: one value in several forms, a set of one, a printed list, a union of points."""
    if isinstance(other, Sequence) and other.brackets == "[]" and (by.is_mirrored or len(other.items) != 2):
        return sets(Collection(one.items, one.braces, one.either), Collection(other.items, braces=True), by)
    if isinstance(other, Sequence):
        return _list_and_tuple(one, other, by)
    if isinstance(other, Union):
        return (
            by.compare(Union((one,)), other)
            if len(other.members) == 1
            else Decision(False, "type", "a set of points is no union")
        )
    if len(one.items) == 1:
        return by.compare(one.items[0], other)
    if one.either and one.items:
        decisions = [by.compare(item, other) for item in one.items]
        if all(decision.equal for decision in decisions):
            return Decision(True, decisions[0].method, "every form of the value is equal")
        if any(decision.equal is None for decision in decisions) and not any(decision.equal is False for decision in decisions):
            return Decision(None, "either", "not every form of the value could be compared")
        return Decision(False, "count", "a choice of values is not one value")
    if isinstance(other, System):
        return by.compare(other, one)
    return _with_text(one, other)


def _with_text(one: Collection, other: Value) -> Decision:
    if isinstance(other, Text):
        if not one.items and other.text.startswith(("no ", "none", "dne", "there is no", "there are no")):
            return Decision(None, "text", "an empty set and words for it")
        return Decision(None if len(other.text.split()) > _LONG_TEXT else False, "text", "words are no set")
    return Decision(False, "count", f"{len(one.items)} values and one")


def _list_and_tuple(one: Collection, other: Sequence, by: Comparing) -> Decision:
    """Compare a bare list with a tuple: the same elements in the same order may be meant, and that is a doubt."""
    if len(one.items) == 1 and isinstance(one.items[0], Sequence):
        return by.compare(one.items[0], other)
    if one.braces or len(one.items) != len(other.items):
        return Decision(False, "bracket", "a tuple is no set")
    same = in_order(one.items, other.items, by)
    return Decision(False if same.equal is False else None, "bracket", "only one side is in parentheses")


def sequences(one: Sequence, other: Sequence, by: Comparing) -> Decision:
    """Return whether two tuples, intervals or vectors are equal: brackets, number and order count."""
    for left, right in ((one, other), (other, one)):
        if len(left.items) == 1 != len(right.items) and isinstance(left.items[0], Sequence | System):
            return by.compare(left.items[0], right)
    if len(one.items) != len(other.items):
        return Decision(False, "count", f"{len(one.items)} elements and {len(other.items)}")
    may_be_interval = len(one.items) == 2 and "vector" not in (one.brackets, other.brackets) and not _prints_tuples(one, other)
    if one.brackets != other.brackets and may_be_interval:
        return Decision(False, "bracket", "open and closed brackets")
    return in_order(one.items, other.items, by)


def _prints_tuples(one: Sequence, other: Sequence) -> bool:
    """Return whether a list of tuples or of named values is compared, where the outer brackets are Python's."""
    return all(isinstance(item, Sequence | System) for side in (one, other) for item in side.items)


def intervals(one: Interval, other: Interval | Sequence, by: Comparing) -> Decision:
    """Return whether two intervals have the same ends, each open or closed on both sides."""
    second = _as_interval(other) if isinstance(other, Sequence) else other
    if second is None:
        return Decision(False, "type", "an interval has two ends")
    if (one.low_closed, one.high_closed) != (second.low_closed, second.high_closed):
        return Decision(False, "bracket", "an end is open on one side and closed on the other")
    if one == second:
        return Decision(True, "exact", "the same interval")
    decisions = []
    for left, right in ((one.low, second.low), (one.high, second.high)):
        if left == right:
            continue
        if "oo" in repr(left) or "oo" in repr(right):
            return Decision(False, "interval", "only one side is unbounded")
        decisions.append(by.expressions(left, right))
    return all_of(decisions)


def _as_interval(pair: Sequence) -> Interval | None:
    if len(pair.items) != 2 or pair.brackets not in ("()", "[]"):
        return None
    low, high = pair.items
    if not isinstance(low, Scalar) or not isinstance(high, Scalar) or low.unit is not None or high.unit is not None:
        return None
    return Interval(low.expression, high.expression, pair.brackets == "[]", pair.brackets == "[]")


def unions(one: Union, other: Union, by: Comparing) -> Decision:
    """Return whether two unions have the same members in any order, unions inside of unions taken apart."""
    return any_order(_members(one), _members(other), by)


def _members(union: Union) -> tuple[Value, ...]:
    members: list[Value] = []
    for member in union.members:
        members.extend(_members(member) if isinstance(member, Union) else (member,))
    return tuple(members)


def matrices(one: Matrix, other: Matrix, by: Comparing) -> Decision:
    """Return whether two matrices have the same shape and entries."""
    if [len(row) for row in one.rows] != [len(row) for row in other.rows]:
        return Decision(False, "count", "the matrices have different shapes")
    return all_of([in_order(left, right, by) for left, right in zip(one.rows, other.rows, strict=True)])


def matrix_and_sequence(one: Matrix, other: Sequence, by: Comparing) -> Decision:
    """Compare a row or a column with a vector, and a matrix with a list of lists."""
    if all(isinstance(item, Sequence) for item in other.items):
        rows = tuple(item.items for item in other.items if isinstance(item, Sequence))
        return matrices(one, Matrix(rows), by)
    if len(one.rows) == 1:
        return in_order(one.rows[0], other.items, by)
    if all(len(row) == 1 for row in one.rows):
        return in_order(tuple(row[0] for row in one.rows), other.items, by)
    return Decision(False, "count", "a matrix is no vector")
