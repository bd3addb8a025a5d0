"""Read an answer: from text to a typed value that accounts for every token. What no type fits whole is Text."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.grading.reading.lexing.splitting import Parts, Read, is_balanced
from tasks.grading.reading.lexing.tokens import Unreadable, tokens, unescaped, written
from tasks.grading.reading.lists import listed
from tasks.grading.reading.matrices import scaled_matrix
from tasks.grading.reading.python_forms import python_form
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.scalars import compound, scalar
from tasks.grading.reading.quantities.words import changes_meaning
from tasks.grading.reading.relations import relation
from tasks.grading.reading.structures import EVERYTHING, bracketed, plus_minus, ratio, union
from tasks.grading.reading.texts import as_text, choice, chosen, phrase, plain, without_lead, word_value
from tasks.grading.reading.times import clock_time, date
from tasks.grading.values.expressions import Number
from tasks.grading.values.types import Collection, Letters, Named, Scalar, Text, Value

MAX_CHARACTERS: Final = 4_000
"""Longer answers are text: no reference answer is that long."""
_MAX_DEPTH: Final = 12
_MAX_LABEL: Final = 4
_PLAIN_NUMBER = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?")
_WRAPPERS: Final = (
    ("$$", "$$"),
    (r"\[", r"\]"),
    (r"\(", r"\)"),
    ("$", "$"),
    ("**", "**"),
    ("`", "`"),
    ("<answer>", "</answer>"),
)
_MATH_MARKS = re.compile(r"(?<!\\)\$(?=\S)([^$]*[^\s$\\])\$(?!\d)|\\[()\[\]](?!\s*-?\d*\.?\d+\s*(?:pt|em|ex)\b)")
_AMOUNT = re.compile(r"(?<![\w\\$}])\$(?=\s*-?[\d.])|(?<=[-+])\$(?=[\d.])")
_PYTHON = re.compile(r"(?:^|[-+\s\d])I(?:$|[-+)])|\*|\b[A-Za-z_.]{2,}\(|\d[jJ]\b|^E$")
_VECTOR_LETTER = re.compile(r"(?<![\\a-zA-Z])[ij](?![a-zA-Z])")
_HABIT: Final = Habit()
_PYTHON_HABIT: Final = Habit(constants={"e": "e", "i": "i", "E": "e", "I": "i"}, is_python=True)
_VECTOR_HABIT: Final = Habit(constants={"e": "e"})
_EVERYTHING: Final = frozenset(
    (r"\mathbb{R}", r"\mathbb R", "all real numbers", "all reals", "the set of all real numbers", "real numbers", "all real")
)
_EMPTY: Final = frozenset((r"\emptyset", "the empty set", "empty set"))


@lru_cache(maxsize=8192)
def read(answer: str) -> Value | None:
    """Return the value of an answer, None for an empty one or one whose box never closes. Raises nothing."""
    text = unescaped(answer).strip()
    if _PLAIN_NUMBER.fullmatch(text):
        return _number(text)
    if "boxed" in text or r"\fbox" in text:
        text = boxed_answer(text) or ""
    text = unwrapped(text)
    if not text:
        return None
    if _PLAIN_NUMBER.fullmatch(text):
        return _number(text)
    if len(text) > MAX_CHARACTERS:
        return Text(" ".join(text.split()))
    try:
        parts = _without_decoration(list(tokens(_unmarked(text))))
        return _whole(parts, habit_of(text)) if parts else None
    except (Unreadable, RecursionError):
        return Text(" ".join(text.lower().split()))


def _number(text: str) -> Scalar:
    places = len(text.partition(".")[2]) or None
    value = Fraction(text)
    return Scalar(Number(value, places), value, text)


def habit_of(text: str) -> Habit:
    """Return how the author of a text writes: Python's I and E are constants, and i beside j is a vector."""
    if {"i", "j"} <= set(_VECTOR_LETTER.findall(text)):
        return _VECTOR_HABIT
    return _PYTHON_HABIT if "\\" not in text and _PYTHON.search(text) else _HABIT


def unwrapped(text: str) -> str:
    """Return the text inside of dollar signs and other wrappers of the whole answer, without a lead and a final stop."""
    while True:
        inner = text.strip()
        for opening, ending in _WRAPPERS:
            body = inner[len(opening) : len(inner) - len(ending)]
            if (
                len(inner) >= len(opening) + len(ending)
                and inner.startswith(opening)
                and inner.endswith(ending)
                and opening not in body
                and body
            ):
                inner = body.strip()
        inner = without_lead(_without_stop(inner))
        if inner == text:
            return text
        text = inner


def _without_stop(text: str) -> str:
    r"""Return the text without the stop of a sentence; `\,` and `\;` at the end are spacing, `\\` a line break."""
    while True:
        stripped = re.sub(r"(?:\s|\\[,;! ]|(?<!\\)\\\\(?:\s|$)|(?<!\\right)(?<!\.)\.$|[,;:。]$)+$", "", text)
        if stripped == text:
            return text
        text = stripped


def _unmarked(text: str) -> str:
    r"""Return the text with dollar amounts as \dollar, without the signs that delimit mathematics inside of a sentence."""
    text = re.sub(r"\\\$", r"\\dollar ", text)
    if "$" in text:
        text = (
            _MATH_MARKS.sub(lambda match: f" {match[1]} " if match[1] is not None else " ", text)
            if text.count("$") > 1
            else text
        )
        text = _AMOUNT.sub(r"\\dollar ", text).replace("$", " ")
    return re.sub(r"(?<!\\)\\[()\[\]](?!\s*-?\d*\.?\d+\s*(?:pt|em|ex)\b)", " ", text)


def _without_decoration(parts: Parts) -> Parts:
    """Return the tokens without an end-of-proof sign and stops after the answer."""
    while len(parts) > 1 and parts[-1].text in (r"\square", ".", ",", ";", ":", "\\\\"):
        parts = parts[:-1]
    while len(parts) > 1 and (parts[0].text in (":", "\\\\") or parts[0].text == r"\therefore"):
        parts = parts[1:]
    return parts


def _whole(parts: Parts, habit: Habit) -> Value:
    """Return the value of all tokens of an answer."""
    value = _special(parts, habit)
    if value is not None:
        return value
    if habit.is_python or is_balanced(parts) or parts[0].text in ("(", "[", "]"):
        value = listed(parts, lambda inner: item(inner, habit, 0), habit)
        if value is not None:
            return value
    return as_text(parts)


def _special(parts: Parts, habit: Habit) -> Value | None:
    """Return what only a whole answer can be: everything, nothing, a time, a date, a choice, a named number."""
    text = plain(parts)
    if text in _EVERYTHING:
        return EVERYTHING
    if text in _EMPTY:
        return Collection((), braces=True)
    said = phrase(parts)
    if said[:1].isdigit() or "noon" in said or "midnight" in said or any(day in said for day in ("day", "at ")):
        time = clock_time(said)
        if time is not None and any(character.isalpha() for character in said):
            return time
    if parts[0].kind in ("word", "number"):
        day = date(said)
        if day is not None:
            return day
    sentence = _sentence(parts, habit)
    if sentence is not None:
        return sentence
    label = choice(parts)
    if label is not None:
        letter, rest, bare = label
        return chosen(rest, item(rest, habit, 0) if rest else None, letter, bare=bare)
    return None


def _sentence(parts: Parts, habit: Habit) -> Value | None:
    """Return "The area is 12" as a named value: an article, a few words, a verb, and a value."""
    place = next((index for index, token in enumerate(parts) if token.text in ("is", "are", "equals")), 0)
    said = [token.text.lower() for token in parts[1:place]]
    if parts[0].text.lower() not in ("the", "its", "their") or not 0 < len(said) <= _MAX_LABEL or place == len(parts) - 1:
        return None
    if any(map(changes_meaning, said)) or any(token.kind != "word" for token in parts[1:place]):
        return None
    value = listed(parts[place + 1 :], lambda inner: item(inner, habit, 0), habit)
    return None if value is None or isinstance(value, Text | Letters) else Named(" ".join(said), value, is_word=True)


def item(parts: Parts, habit: Habit, depth: int) -> Value | None:
    """Return one value: a list inside of brackets included, a bare list not. None where no type fits all tokens."""
    if not parts or depth > _MAX_DEPTH:
        return None

    def inner(pieces: Parts) -> Value | None:
        return listed(pieces, lambda piece: item(piece, habit, depth + 1), habit)

    if len(parts) == 1 and parts[0].kind == "number":
        return scalar(parts, habit)
    word = word_value(parts, habit)
    if word is not None:
        return word
    if len(parts) == 1 and parts[0].text == r"\emptyset":
        return Collection((), braces=True)
    if written(parts).strip() in (r"\mathbb{R}", r"\mathbb R", r"\mathbbR"):
        return EVERYTHING
    if habit.is_python or parts[0].kind == "word" or any(token.text in ("&", "|") for token in parts):
        found = python_form(parts, inner, habit)
        if found is not None:
            return found
    double = None if parts[0].text in (r"\{", "{") else plus_minus(parts, inner)
    if double is not None:
        return double
    for attempt in (relation, bracketed):
        found = attempt(parts, inner, habit)
        if found is not None:
            return found
    return (
        plus_minus(parts, inner)
        or union(parts, inner)
        or compound(parts, habit)
        or scalar(parts, habit)
        or _named_by_colon(parts, inner)
        or ratio(parts, lambda piece: scalar(piece, habit))
        or scaled_matrix(parts, inner, habit)
        or _labelled(parts, inner)
    )


def _named_by_colon(parts: Parts, inner: Read) -> Value | None:
    """Return "x: 5" as a named value; x:5 without a space is a ratio."""
    if len(parts) < 3 or parts[0].kind != "word" or len(parts[0].text) > 1 or parts[1].text != ":" or not parts[2].gap:
        return None
    value = inner(parts[2:])
    return None if value is None else Named(parts[0].text, value)


def _labelled(parts: Parts, inner: Read) -> Value | None:
    """Return "Day 5", "Graph Q" and "x: 5" as a named value."""
    place = next((index for index, token in enumerate(parts) if token.text == ":"), 0)
    words = parts[:place] if place else parts[:1]
    rest = parts[place + 1 :] if place else parts[1:]
    said = [token.text.lower() for token in words]
    if not words or not rest or not all(token.kind == "word" for token in words) or any(map(changes_meaning, said)):
        return None
    if not place and (len(said[0]) < 3 or not (rest[0].gap or rest[0].prose or words[0].prose) or len(rest) > 2):
        return None
    if len(said) > 3 or (place and rest[0].gap == 0 and len(said[0]) < 2):
        return None
    value = inner(rest)
    if value is None or (not place and not isinstance(value, Scalar)):
        return None
    is_word = len(said) > 1 or len(said[0]) > 1
    return Named(" ".join(said) if is_word else words[0].text, value, is_word)
