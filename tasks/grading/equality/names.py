"""Decide whether named values, systems, equations and inequalities are equal. A name may be missing, not another one."""

import re
from typing import Final

from tasks.grading.equality.collections import any_order, in_order
from tasks.grading.equality.comparing import Comparing
from tasks.grading.equality.decision import Decision, all_of, doubted
from tasks.grading.reading.relations import as_equation
from tasks.grading.values.expressions import (
    Applied,
    Expression,
    Function,
    Letter,
    Number,
    Opaque,
    Power,
    Sum,
    letters,
    negative,
    replaced,
    walk,
)
from tasks.grading.values.types import Collection, Interval, Named, Relation, Scalar, Sequence, System, Text, Union, Value

_FLIPPED: Final = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}
_OF_ONE_LETTER = re.compile(r"[a-zA-Z]'*\(([a-z])\)")
_MAX_SYSTEM: Final = 12


def named_values(one: Named, other: Named, by: Comparing) -> Decision:
    """Compare two values that both have a name."""
    decision = by.compare(one.value, other.value)
    if same_name(one.name, other.name):
        if decision.equal or not letters_of(one.value) | letters_of(other.value):
            return decision
        return _same_equation(one, other, by, decision)
    if decision.equal is False:
        rearranged = _same_equation(one, other, by, decision)
        return rearranged if rearranged.equal else decision
    if one.is_word != other.is_word:
        return Decision(None, "name", "a word and a letter may name the same")
    if one.is_word and (one.name in other.name or other.name in one.name):
        return decision
    return Decision(False, "name", f"{one.name} is not {other.name}")


def same_name(one: str, other: str) -> bool:
    """Return whether two names are one: the same, or y and a function of one letter."""
    if one == other:
        return True
    plain = {name.replace("{", "").replace("}", "").replace(" ", "").lstrip("\\") for name in (one, other)}
    if len(plain) == 1:
        return True
    return any(left == "y" and _OF_ONE_LETTER.fullmatch(right) is not None for left, right in ((one, other), (other, one)))


def letters_of(value: Value) -> frozenset[str]:
    """Return the free letters of a value that is a formula."""
    return letters(value.expression) if isinstance(value, Scalar) else frozenset()


def _same_equation(one: Named, other: Named, by: Comparing, otherwise: Decision) -> Decision:
    """Return whether two named formulas are one equation (y = 2x, x = y/2), else the other decision."""
    left, right = as_equation(one), as_equation(other)
    if left is None or right is None or not letters(left.sides[1]) | letters(right.sides[1]):
        return otherwise
    found = _equations(left, right, by)
    return found if found.equal else otherwise


def named_and_plain(one: Named, other: Value, by: Comparing) -> Decision:
    """Compare a named value with one that has no name."""
    if isinstance(other, Relation):
        return relations(other, one, by.mirrored())
    if isinstance(other, Text) and isinstance(one.value, Scalar) and one.is_word:
        is_doubt = len(other.text.split()) > 2 and one.value.written in other.text
        return Decision(None if is_doubt else False, "text", "a named value and a text")
    if isinstance(one.value, Interval | Union) and "(" in one.name:
        return doubted(by.compare(one.value, other), "name", "bounds of a function and an interval")
    return by.compare(one.value, other)


def systems(one: System, other: System | Named, by: Comparing) -> Decision:
    """Compare values by name: the same names with equal values, in any order."""
    members = other.members if isinstance(other, System) else (other,)
    if len(one.members) != len(members):
        return Decision(False, "count", "different numbers of named values")
    decisions = []
    for member in one.members:
        found = next((right for right in members if same_name(member.name, right.name)), None)
        if found is None:
            return _words_and_letters(one.members, members, by)
        decisions.append(by.compare(member.value, found.value))
    return all_of(decisions)


def _words_and_letters(one: tuple[Named, ...], other: tuple[Named, ...], by: Comparing) -> Decision:
    """Return a refusal for other names, a doubt where one side has words and the other letters and the values agree."""
    mixed = any(member.is_word for member in (*one, *other))
    values = in_order([member.value for member in one], [member.value for member in other], by)
    return (
        Decision(None, "name", "the names may mean the same")
        if mixed and values.equal
        else Decision(False, "name", "the names differ")
    )


def system_and_plain(one: System, other: Value, by: Comparing) -> Decision:
    """Compare values by name with a tuple or a list: in order of the names as they are written or in the alphabet."""
    if isinstance(other, Sequence) and len(other.items) == 1 and isinstance(other.items[0], System):
        return by.compare(one, other.items[0])
    if isinstance(other, Collection) and other.braces and len(other.items) == 1:
        return by.compare(one, other.items[0])
    if not isinstance(other, Sequence | Collection) or len(one.members) > _MAX_SYSTEM:
        return Decision(False, "type", "several named values are not one value")
    if len(other.items) != len(one.members):
        return Decision(False, "count", "different numbers of values")
    written = in_order([member.value for member in one.members], other.items, by)
    if written.equal:
        return written
    ordered = sorted(one.members, key=lambda member: member.name)
    by_name = in_order([member.value for member in ordered], other.items, by)
    if by_name.equal or isinstance(other, Sequence):
        return by_name
    anyhow = any_order([member.value for member in one.members], other.items, by)
    return Decision(False if anyhow.equal is False else None, "name", "the list does not say which value belongs to which name")


def relations(one: Relation, other: Relation | Named, by: Comparing) -> Decision:
    """Compare equations and inequalities as what they say: up to a factor, sides and direction."""
    if isinstance(other, Named):
        return _relation_and_named(one, other, by)
    if one.sides == other.sides and one.operators == other.operators:
        return Decision(True, "exact", "both are written alike")
    one, other = _ascending(one), _ascending(other)
    if sorted(one.operators) != sorted(other.operators):
        return Decision(False, "relation", "the relations differ")
    if len(one.sides) > 2 or len(other.sides) > 2:
        sides = [by.expressions(left, right) for left, right in zip(one.sides, other.sides, strict=True)]
        decision = all_of(sides)
        return (
            decision
            if decision.equal or len(one.sides) != len(other.sides)
            else Decision(decision.equal, "relation", "a side differs")
        )
    if set(one.operators) == {"="}:
        return _equations(one, other, by)
    return _inequalities(one, other, by)


def _ascending(relation: Relation) -> Relation:
    """Return `a > b` as `b < a`."""
    if all(operator in (">", r"\ge") for operator in relation.operators):
        return Relation(
            relation.sides[::-1], tuple(_FLIPPED[operator] for operator in relation.operators[::-1]), relation.written
        )
    return relation


def difference(relation: Relation) -> Expression:
    """Return left side minus right side."""
    return Sum((relation.sides[0], negative(relation.sides[1])))


def _equations(one: Relation, other: Relation, by: Comparing) -> Decision:
    left, right = difference(one), difference(other)
    free = letters(left) | letters(right)
    if not free:
        return all_of([by.expressions(*sides) for sides in zip(one.sides, other.sides, strict=True)])
    sign = by.algebra.proportional(left, right)
    if sign is None:
        return Decision(None, "symbolic", "the equations could not be compared")
    if sign:
        return Decision(True, "symbolic", "the equations differ by a factor alone")
    same_side = [by.expressions(*sides) for sides in zip(one.sides, other.sides, strict=True)]
    if all(decision.equal for decision in same_side):
        return Decision(True, "symbolic", "both sides are equal")
    return _by_substitution(one, other, by)


def _by_substitution(one: Relation, other: Relation, by: Comparing) -> Decision:
    """Put the solution of one equation into the other: where it does not hold, they are different."""
    for solved, equation in ((one, other), (other, one)):
        for name, value in (solved.sides, solved.sides[::-1]):
            if isinstance(name, Letter) and name.name not in letters(value):
                zero = by.algebra.equal(
                    replaced(equation.sides[0], name.name, value), replaced(equation.sides[1], name.name, value)
                )
                return Decision(
                    None if zero else zero,
                    "symbolic",
                    "one equation solves the other" if zero else "the equations have different solutions",
                )
    return Decision(
        False if _is_simple(one) and _is_simple(other) else None, "symbolic", "the equations differ by more than a factor"
    )


def _is_simple(relation: Relation) -> bool:
    """Return whether an equation is one of sums, products and whole powers, whose solutions its factors decide."""
    return all(_is_polynomial(node) for side in relation.sides for node in walk(side))


def _is_polynomial(node: Expression) -> bool:
    if isinstance(node, Power):
        return isinstance(node.exponent, Number) and node.exponent.value.denominator == 1 and node.exponent.value > 0
    return not isinstance(node, Function | Applied | Opaque)


def _inequalities(one: Relation, other: Relation, by: Comparing) -> Decision:
    if one.operators == other.operators == (r"\ne",):
        return _equations(one, other, by)
    if not letters(difference(one)) | letters(difference(other)):
        return all_of([by.expressions(*sides) for sides in zip(one.sides, other.sides, strict=True)])
    sign = by.algebra.proportional(difference(one), difference(other))
    if sign is None:
        return Decision(None, "symbolic", "the inequalities could not be compared")
    strict = [operator in ("<", ">") for operator in (one.operators[0], other.operators[0])]
    same = sign == (1 if one.operators == other.operators else -1) and strict[0] == strict[1]
    return Decision(same, "symbolic", "the inequalities differ by a positive factor" if same else "the inequalities differ")


def _relation_and_named(one: Relation, other: Named, by: Comparing) -> Decision:
    if isinstance(other.value, Interval):
        found = _as_inequality(other)
        if found is not None:
            return relations(one, found, by)
        return Decision(False if one.operators[0] == "=" else None, "relation", "an inequality and an interval")
    if isinstance(other.value, Union | Collection):
        return Decision(None, "relation", "a relation and a set of solutions")
    equation = as_equation(other)
    if equation is None:
        return Decision(False, "type", "a relation is no named value")
    if one.operators != ("=",):
        if set(one.operators) == {"="} and by.expressions(one.sides[-1], equation.sides[1]).equal:
            return Decision(None, "relation", "a chain of equations and its last side")
        return Decision(False, "relation", "the relations differ")
    return _equations(one, equation, by)


def _as_inequality(named: Named) -> Relation | None:
    """Return x in (2, oo) as 2 < x, None for an interval with two ends."""
    interval = named.value
    assert isinstance(interval, Interval)
    low_is_open, high_is_open = "oo" in repr(interval.low), "oo" in repr(interval.high)
    if low_is_open == high_is_open:
        return None
    name = Letter(named.name)
    if low_is_open:
        return Relation((name, interval.high), (r"\le" if interval.high_closed else "<",), named.name)
    return Relation((interval.low, name), (r"\le" if interval.low_closed else "<",), named.name)
