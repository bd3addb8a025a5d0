"""Decide whether an answer equals a reference: one table of what is compared with what. Three-valued: None is "undecided".

Two values of types that cannot be equal are different; two that cannot be decided are neither equal nor different.
"""

import re
from collections.abc import Callable
from typing import Final

from tasks.grading.equality.algebra import Algebra
from tasks.grading.equality.collections import (
    alternatives,
    intervals,
    matrices,
    matrix_and_sequence,
    sequences,
    sets,
    unions,
)  # fmt: skip
from tasks.grading.equality.comparing import Comparing
from tasks.grading.equality.decision import Decision, all_of, doubted
from tasks.grading.equality.names import named_and_plain, named_values, relations, system_and_plain, systems
from tasks.grading.equality.scalars import scalars_equal
from tasks.grading.equality.texts import choices, letters_and_value, letters_equal, text_and_value, texts
from tasks.grading.reading.quantities.scalars import as_scalar
from tasks.grading.reading.quantities.words import TRUTH_LETTERS
from tasks.grading.reading.reader import MAX_CHARACTERS, read
from tasks.grading.reading.times import minutes
from tasks.grading.settings import GradingSettings
from tasks.grading.values.expressions import quotient
from tasks.grading.values.types import (
    Ambiguous,
    BaseNumeral,
    Choice,
    ClockTime,
    Collection,
    Date,
    Interval,
    Letters,
    Matrix,
    Named,
    Ordinal,
    Ratio,
    Relation,
    Scalar,
    Sequence,
    System,
    Text,
    Truth,
    Union,
    Value,
)  # fmt: skip

_UNFINISHED = re.compile(r"\.\d+\s*(?:\.{2,}|…|\\[lc]?dots(?![a-zA-Z]))")
"""A decimal that goes on somehow: 0.333... may be a third, or the beginning of anything."""


def decide(answer: str, reference: str, policy: GradingSettings, algebra: Algebra) -> Decision:
    """Return whether an answer equals a reference. `algebra` may raise; nothing else does."""
    if not answer.strip() or not reference.strip():
        return Decision(None, "empty", "one side is empty")
    one, other = read(answer), read(reference)
    if one is None or other is None:
        return Decision(None, "empty", "one side has no finished answer")
    if answer.strip() == reference.strip() or (one == other and isinstance(one, Text)):
        return Decision(True, "exact", "both are written alike")
    if max(len(answer), len(reference)) > MAX_CHARACTERS:
        return Decision(None, "too_long", "a text of this length is compared as it is written alone")
    if _UNFINISHED.search(answer) or _UNFINISHED.search(reference):
        return Decision(None, "unfinished", "a decimal goes on in a way that is not said")
    return compare(one, other, Comparing(policy, algebra, compare))


def compare(one: Value, other: Value, by: Comparing) -> Decision:
    """Return whether two values are equal, the first being the answer's."""
    rule = _RULES.get((type(one), type(other)))
    if rule is not None:
        return rule(one, other, by)
    mirrored = _RULES.get((type(other), type(one)))
    if mirrored is not None:
        return mirrored(other, one, by.mirrored())
    for left, right, order in ((one, other, by), (other, one, by.mirrored())):
        if isinstance(left, Sequence) and left.brackets == "[]" and len(left.items) == 1:
            return compare(left.items[0], right, order)
    for wide in (Ambiguous, Choice, Named, System, Collection, Letters, Text):
        if isinstance(other, wide) and not isinstance(one, wide):
            return _WITH_ANY[wide](other, one, by.mirrored())
        if isinstance(one, wide):
            return _WITH_ANY[wide](one, other, by)
    return Decision(False, "type", "values of these types are never equal")


def _scalars(one: Scalar, other: Scalar, by: Comparing) -> Decision:
    answer, reference = by.in_order(one, other)
    return scalars_equal(answer, reference, by.policy, by.algebra)


def _ratios(one: Ratio, other: Ratio, by: Comparing) -> Decision:
    """Compare ratios up to a common factor; times that look like ratios only as they are written."""
    if one.terms == other.terms:
        return Decision(True, "exact", "both are written alike")
    if len(one.terms) != len(other.terms):
        return Decision(False, "count", "the ratios have different numbers of terms")
    if any(term.number == 0 for ratio in (one, other) for term in ratio.terms):
        return all_of([by.compare(left, right) for left, right in zip(one.terms, other.terms, strict=True)])
    first = [_quotients(ratio) for ratio in (one, other)]
    decisions = [by.compare(left, right) for left, right in zip(*first, strict=True)]
    decided = all_of(decisions)
    if decided.equal and one.is_clock and other.is_clock:
        return doubted(decided, "ratio", "as ratios they are equal, as times they are not")
    return Decision(decided.equal, decided.method, "the ratios are equal" if decided.equal else decided.why)


def _quotients(ratio: Ratio) -> list[Scalar]:
    return [as_scalar(quotient(term.expression, ratio.terms[-1].expression), ratio.written) for term in ratio.terms[:-1]]


def _ratio_and_scalar(ratio: Ratio, scalar: Scalar, by: Comparing) -> Decision:
    """Compare 3:4 with 3/4."""
    if len(ratio.terms) != 2 or scalar.unit is not None:
        return Decision(False, "type", "a ratio is not one number")
    return by.compare(_quotients(ratio)[0], scalar)


def _times(one: ClockTime, other: ClockTime, _: Comparing) -> Decision:
    common = set(minutes(one)) & set(minutes(other))
    if not common or (one.day and other.day and one.day != other.day):
        return Decision(False, "time", "the times differ")
    if (one.day == "") != (other.day == ""):
        return Decision(None, "time", "only one side names a day")
    if one.half != other.half and "24" in (one.half, other.half) and "" in (one.half, other.half) and one.hour != other.hour:
        return Decision(None, "time", "the half of the day is not said")
    return Decision(True, "time", "the times are the same")


def _ratio_and_time(ratio: Ratio, time: ClockTime, by: Comparing) -> Decision:
    if not ratio.is_clock:
        return Decision(False, "type", "a ratio is no time")
    numbers = [int(term.number) for term in ratio.terms if term.number is not None]
    return _times(
        ClockTime(numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0, "24" if numbers[0] > 12 else ""), time, by
    )


def _dates(one: Date, other: Date, _: Comparing) -> Decision:
    same = (one.month, one.day) == (other.month, other.day) and (one.year == other.year or None in (one.year, other.year))
    return Decision(same, "date", "the same day" if same else "different days")


def _truths(one: Truth, other: Truth, _: Comparing) -> Decision:
    return Decision(
        one.is_true == other.is_true,
        "text",
        "both are " + one.word if one.is_true == other.is_true else "one is true, one is false",
    )


def _truth_and_choice(truth: Truth, choice: Choice, _: Comparing) -> Decision:
    return _truth_and_word(truth, choice.label)


def _truth_and_scalar(truth: Truth, scalar: Scalar, _: Comparing) -> Decision:
    return _truth_and_word(truth, scalar.written)


def _truth_and_word(truth: Truth, word: str) -> Decision:
    meant = TRUTH_LETTERS.get(word.lower()) if len(word) == 1 and truth.word[0] == word.lower() else None
    return Decision(
        meant is truth.is_true,
        "text",
        f"{word} stands for {truth.word}" if meant is truth.is_true else "a truth is nothing else",
    )


def _bases(one: BaseNumeral, other: BaseNumeral, _: Comparing) -> Decision:
    same = one == other
    return Decision(same, "base", "the same digits in the same base" if same else "the numerals differ")


def _base_and_scalar(numeral: BaseNumeral, scalar: Scalar, _: Comparing) -> Decision:
    """Compare 1011_2 with a number: the base may be left out, and the value may be meant; both are doubts."""
    number = scalar.number
    digits = numeral.digits.removeprefix("-")
    sign = -1 if digits != numeral.digits else 1
    meant = [sign * int(digits, base) for base in (10, numeral.base) if digits.isdigit() or (digits.isalnum() and base > 10)]
    fits = number is not None and number in meant
    return Decision(None if fits else False, "base", "only one side names a base")


def _ordinals(one: Ordinal, other: Ordinal, _: Comparing) -> Decision:
    return Decision(one == other, "text", "the same place" if one == other else "different places")


def _ordinal_and_scalar(ordinal: Ordinal, scalar: Scalar, _: Comparing) -> Decision:
    same = scalar.number == ordinal.number
    return Decision(same, "text", f"place {ordinal.number}" if same else "another place")


def _ambiguous(one: Ambiguous, other: Value, by: Comparing) -> Decision:
    """Compare a text that authors read in two ways: equal if it is in both."""
    second = other.second if isinstance(other, Ambiguous) else other
    first = by.compare(one.first, other.first if isinstance(other, Ambiguous) else other)
    decisions = [first, by.compare(one.second, second)]
    if first.equal == decisions[1].equal:
        return first
    return Decision(None, "ambiguous", "one side is read in two ways by different authors")


_Rule = Callable[..., Decision]
_RULES: Final[dict[tuple[type, type], _Rule]] = {
    (Scalar, Scalar): _scalars, (Ratio, Ratio): _ratios, (Ratio, Scalar): _ratio_and_scalar, (ClockTime, ClockTime): _times,
    (Ratio, ClockTime): _ratio_and_time, (Date, Date): _dates, (Truth, Truth): _truths, (Truth, Choice): _truth_and_choice,
    (Truth, Scalar): _truth_and_scalar, (BaseNumeral, BaseNumeral): _bases, (BaseNumeral, Scalar): _base_and_scalar,
    (Ordinal, Ordinal): _ordinals, (Ordinal, Scalar): _ordinal_and_scalar, (Ambiguous, Ambiguous): _ambiguous,
    (Interval, Interval): intervals, (Interval, Sequence): intervals, (Sequence, Sequence): sequences, (Union, Union): unions,
    (Matrix, Matrix): matrices, (Matrix, Sequence): matrix_and_sequence, (Collection, Collection): sets,
    (Named, Named): named_values, (System, System): systems, (System, Named): systems, (Relation, Relation): relations,
    (Relation, Named): relations,
    (Choice, Choice): choices, (Letters, Letters): letters_equal, (Letters, Scalar): letters_and_value, (Text, Text): texts,
}  # fmt: skip
"""Which rule compares which two types; mirrored pairs go to the same rule."""

_WITH_ANY: Final[dict[type, _Rule]] = {
    Ambiguous: _ambiguous, Choice: choices, Named: named_and_plain, System: system_and_plain, Collection: alternatives,
    Text: text_and_value, Letters: text_and_value,
}  # fmt: skip
"""Which rule compares a type with every type that the table does not name beside it."""
