"""The relations that chain virtual problems together: how each is said, what is right, and which misconceptions exist.

A relation gives the new holder's number from the old holder's. Its operations are Python expressions in `old` and the numbers
`m` and `n` that the sentence names, so that what is computed and what is written as code have one source.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Final, Literal

Difficulty = Literal["easy", "medium", "hard", "very hard"]

_VARIABLE = re.compile(r"\b(old|m|n)\b")


@dataclass(frozen=True, slots=True)
class Relation:
    """A kind of relation.

    sentence: template with {new}, {old}, {things}, {m}, {n}. condition: when the numbers make the right operation exact.
    p_right: probability that flawed student work uses the right operation; otherwise one of the misconceptions, each as often.
    Where a sentence is hard they begin with the wrong number and go on differently: there are many wrong answers and one right
    one, which is what a vote lives on. weight: among the relations of one difficulty. m_choices and n_choices leave out the
    constants of the operations, so that a number in a line of code has one meaning.
    """

    name: str
    difficulty: Difficulty
    p_right: float
    sentence: str
    right: str
    misconceptions: tuple[str, ...]
    m_choices: tuple[int, ...] = (0,)
    n_choices: tuple[int, ...] = (0,)
    condition: str = "True"
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """A relation with its numbers: one sentence of a statement."""

    relation: Relation
    m: int
    n: int

    def value(self, operation: str, old: int) -> int:
        """Return the new holder's number by an operation: the right one or a misconception."""
        return evaluate(operation, old, self.m, self.n)

    def is_exact(self, old: int) -> bool:
        """Return whether the right operation leaves no remainder and the numbers say what the sentence says."""
        return bool(evaluate(self.relation.condition, old, self.m, self.n))


@cache
def _compiled(operation: str) -> CodeType:
    return compile(operation, "<relation>", "eval")


def evaluate(operation: str, old: int, m: int, n: int) -> int:
    """Return the value of an operation of this module."""
    names: Mapping[str, int] = {"old": old, "m": m, "n": n}
    value: int = eval(_compiled(operation), {"__builtins__": {}}, names)
    return value


def written(operation: str, old: str, m: int, n: int) -> str:
    """Return an operation as code: the old holder's variable and the numbers in their places."""
    words = {"old": old, "m": str(m), "n": str(n)}
    return _VARIABLE.sub(lambda match: words[match.group()], operation)


def _choices(first: int, last: int, *constants: int) -> tuple[int, ...]:
    return tuple(number for number in range(first, last + 1) if number not in constants)


_PERCENT: Final = (10, 20, 25, 30, 40, 50, 60, 75, 80, 90)
_SMALL: Final = _choices(2, 9)

RELATIONS: Final = (
    Relation(
        "more", "easy", 0.95, "{new} has {m} more {things} than {old}.", "old + m", ("old - m", "old * m"), _choices(2, 60)
    ),
    Relation(
        "fewer", "easy", 0.92, "{new} has {m} fewer {things} than {old}.", "old - m", ("old + m", "old // m"), _choices(2, 60)
    ),
    Relation(
        "times", "easy", 0.92, "{new} has {m} times as many {things} as {old}.", "old * m", ("old + m", "old // m"), _SMALL
    ),
    Relation(
        "half",
        "easy",
        0.8,
        "{new} has half as many {things} as {old}.",
        "old // 2",
        ("old * 2", "old - 2"),
        condition="old % 2 == 0",
    ),
    *(
        Relation(
            fraction,
            "medium",
            0.5,
            f"{{new}} has a {fraction} as many {{things}} as {{old}}.",
            f"old // {parts}",
            (f"{parts} + old", f"{parts} - old", f"{parts} * old", f"{parts}"),
            condition=f"old % {parts} == 0",
            weight=1 / 3,
        )
        for fraction, parts in (("third", 3), ("quarter", 4), ("fifth", 5))
    ),
    Relation(
        "dozen",
        "medium",
        0.5,
        "{new} has {m} dozen more {things} than {old}.",
        "m * 12 + old",
        ("old + m", "old + 12", "old - m", "old * m", "old // m"),
        _SMALL,
    ),
    Relation(
        "days",
        "medium",
        0.45,
        "{new} has as many {things} as {old} and finds {m} a day for {n} days.",
        "m * n + old",
        ("old + m", "old + m + n", "old - m", "old * m", "old // n"),
        _SMALL,
        _SMALL,
    ),
    Relation(
        "together",
        "medium",
        0.55,
        "{old} and {new} have {m} {things} together.",
        "m - old",
        ("old + m", "old - m", "old * m", "old // m"),
        _choices(10, 999),
    ),
    Relation(
        "share",
        "medium",
        0.4,
        "{new} has an equal share when {m} friends split the {things} of {old}.",
        "old // m",
        ("m + old", "m - old", "m * old", "m"),
        _SMALL,
        condition="old % m == 0",
    ),
    Relation(
        "percent of",
        "hard",
        0.3,
        "{new} has {m} percent of the {things} of {old}.",
        "old * m // 100",
        ("m + old", "m - old", "m * old", "m"),
        _PERCENT,
        condition="old * m % 100 == 0",
    ),
    Relation(
        "percent fewer",
        "hard",
        0.25,
        "{new} has {m} percent fewer {things} than {old}.",
        "old - old * m // 100",
        ("m * old // 100", "m + old", "m - old", "m"),
        _PERCENT,
        condition="old * m % 100 == 0",
    ),
    Relation(
        "percent more",
        "hard",
        0.25,
        "{new} has {m} percent more {things} than {old}.",
        "old + old * m // 100",
        ("m * old // 100", "m + old", "m - old", "m"),
        _PERCENT,
        condition="old * m % 100 == 0",
    ),
    Relation(
        "left over",
        "hard",
        0.2,
        "{new} has what is left over when {old} gives {m} {things} to each of {n} friends.",
        "old - m * n",
        ("m * n", "m + n", "m - n", "m * old", "m"),
        _SMALL,
        _SMALL,
    ),
    Relation(
        "average",
        "hard",
        0.25,
        "{old} and {new} have {m} {things} on average.",
        "m * 2 - old",
        ("old + m", "old - m", "old * m", "old // m"),
        _choices(10, 499),
    ),
    Relation(
        "pairs",
        "hard",
        0.2,
        "{new} has {m} pairs of {things} more than {old}.",
        "m * 2 + old",
        ("old + m", "old + 2", "old - m", "old * m", "old // m"),
        _choices(3, 30),
    ),
    Relation(
        "twice the difference",
        "very hard",
        0.05,
        "{new} has twice the difference between the {things} of {old} and {m}.",
        "2 * (old - m)",
        ("m - old", "m + old", "m * 2", "m"),
        _choices(3, 60),
    ),
    Relation(
        "lost",
        "very hard",
        0.05,
        "If {new} lost {m} {things}, {new} would have as many as {old}.",
        "old + m",
        ("m - old", "m * old", "m * 2", "m"),
        _choices(3, 60),
    ),
    Relation(
        "found",
        "very hard",
        0.06,
        "If {new} found {m} {things}, {new} would have as many as {old}.",
        "old - m",
        ("m - old", "m + old", "m * old", "m"),
        _choices(2, 60),
    ),
    Relation(
        "needs",
        "very hard",
        0.04,
        "{new} needs {m} times as many {things} to match {old}.",
        "old // m",
        ("m * old", "m + old", "m - old", "m"),
        _SMALL,
        condition="old % m == 0",
    ),
    Relation(
        "score",
        "very hard",
        0.04,
        "{new} has {m} score more {things} than {old}.",
        "m * 20 + old",
        ("old + m", "old + 20", "old - m", "old * m", "old // m"),
        _SMALL,
    ),
    Relation(
        "weeks",
        "very hard",
        0.04,
        "{new} has as many {things} as {old} and finds {m} a day for {n} weeks.",
        "m * n * 7 + old",
        ("old + m * n", "old + m * 7", "old - m", "old * m", "old // n"),
        _choices(2, 9, 7),
        _choices(2, 6),
    ),
)
"""Probabilities that give a base whose greedy answers are wrong on what is hard, and whose samples are sometimes right."""
