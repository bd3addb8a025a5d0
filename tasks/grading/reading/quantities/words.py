"""English words that carry a value, words that never do, and the ones that make a phrase more than a unit."""

import re
from fractions import Fraction
from typing import Final

_SMALL: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
}  # fmt: skip
_TENS: Final = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS: dict[str, int] = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9,
    "tenth": 10,
    "tenths": 10, "twelfth": 12, "twelfths": 12, "twentieth": 20, "twentieths": 20, "hundredth": 100, "hundredths": 100,
    "thousandth": 1000, "thousandths": 1000, "millionth": 10**6, "millionths": 10**6,
}  # fmt: skip
_TEENS: Final = ("eleven", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_PARTS |= {f"{name}{ending}": _SMALL[name] for name in _TEENS for ending in ("th", "ths")}
_PARTS |= {f"{name[:-1]}ieth{plural}": number for name, number in _TENS.items() for plural in ("", "s")}
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10,
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "twentieth": 20, "hundredth": 100,
}  # fmt: skip
_NUMERAL_ORDINAL = re.compile(r"(\d+)(st|nd|rd|th)")

TRUTHS: Final = {"yes": True, "true": True, "correct": True, "no": False, "false": False, "incorrect": False}
TRUTH_LETTERS: Final = {"y": True, "t": True, "n": False, "f": False}

MULTIPLIERS: Final = {
    **_SCALES,
    "hundred": 100,
    "dozen": 12,
    "dozens": 12,
    "thousands": 10**3,
    "millions": 10**6,
    "billions": 10**9,
    "tens": 10,
    "hundreds": 100,
    "score": 20,
}
"""What a word after a numeral multiplies it by: 5 million, 2 dozen."""

SAME_WORD: Final = {
    "grey": "gray", "diverge": "diverges", "divergent": "diverges", "diverging": "diverges", "converge": "converges",
    "convergent": "converges",
    "converging": "converges", "colour": "color", "infinite": "infinity", "centre": "center", "isoceles": "isosceles",
    "nonexistent": "dne",
    "undefined": "undefined", "tails": "tail", "heads": "head", "none": "none", "metre": "meter", "metres": "meters",
    "parallelogramm": "parallelogram",
}  # fmt: skip
"""Spellings and forms of one word."""

SAME_PHRASE: Final = {
    "does not exist": "dne", "doesn't exist": "dne", "not exist": "dne", "nosolution": "no solution",
    "no solutions": "no solution",
    "no real solutions": "no real solution", "there is no solution": "no solution", "there are no solutions": "no solution",
    "all reals": "all real numbers", "cannot be determined": "not determinable", "can't be determined": "not determinable",
    "infinitely many": "infinity", "infinitely many solutions": "infinitely many solutions", "unbounded": "infinity",
}  # fmt: skip

_MEANINGFUL: Final = (
    "minus plus times over divided by squared cubed negative positive more less fewer greater smaller larger bigger higher "
    "lower least most than at about around approximately nearly almost not no none never without except only and or if when "
    "where for to from of in on is are was be gain loss profit lost gained win wins lose loses won up down left right north "
    "south east west above below before after ago later earlier early late am pm even odd increase decrease increased "
    "decreased rise fall half halves third thirds quarter quarters hundredths tenths thousandths double triple twice mod "
    "modulo base per each every with as factorial root power exponent log away toward towards under between inclusive "
    "exclusive exactly but then else short shy off debt owed extra remaining left additional million thousand hundred "
    "billion trillion dozen first second last next previous same different both either neither all any some clockwise "
    "counterclockwise deep behind ahead inside outside true false yes empty full"
)
MEANINGFUL: Final = frozenset(_MEANINGFUL.split())
"""Words that change what a number before them says: a phrase with one of them is no unit."""

_FUNCTION_WORDS: Final = (
    "a an the is are was were be been to of in on at by or and no not it its as if so we us he me my do go up am pm hi ok "
    "an for all any but can did few got had has her him his how let may new now off old one our out own per put say see set "
    "she sum ten the too top try two use way who why yes you"
)
FUNCTION_WORDS: Final = frozenset(_FUNCTION_WORDS.split())
"""Short words that are no products of letters inside of a formula."""


_HARMLESS: Final = frozenset(
    ("of", "in", "is", "are", "to", "for", "with", "on", "be", "was", "as", "and", "all", "each", "every")
)


def changes_meaning(word: str) -> bool:
    """Return whether a word in the name of a value makes it another value: not, less, except."""
    return word in MEANINGFUL and word not in _HARMLESS


def number_in_words(text: str) -> Fraction | None:
    """Return the number that English words name ("twenty-five", "three quarters"), None if they name none."""
    words = [word for word in re.split(r"[\s-]+", text.lower().strip()) if word and word != "and"]
    sign = 1
    if words[:1] in (["minus"], ["negative"]):
        sign, words = -1, words[1:]
    if words and words[-1] in _PARTS:
        return _parts(sign, words)
    if len(words) > 2 and words[-3:-1] in (["one"], ["a"]) and words[-1] in _PARTS:
        return None
    whole = _whole(words)
    return None if whole is None else Fraction(sign * whole)


def _parts(sign: int, words: list[str]) -> Fraction | None:
    """Return "three quarters" and "half"; a lone "third" is a place, not a part."""
    if words[:-1] in ([], ["a"], ["an"]):
        return Fraction(sign, _PARTS[words[-1]]) if words[:-1] or words[-1] == "half" else None
    numerator = _whole(words[:-1])
    return None if numerator is None else Fraction(sign * numerator, _PARTS[words[-1]])


def part_named(word: str) -> int | None:
    """Return 10 for "tenths": what a numeral before the word is divided by. None for other words."""
    return _PARTS.get(word.lower())


def ordinal(text: str) -> int | None:
    """Return the place that `1st`, `third` or `4th` names, None for anything else."""
    match = _NUMERAL_ORDINAL.fullmatch(text.lower())
    return int(match[1]) if match is not None else _ORDINALS.get(text.lower())


def _whole(words: list[str]) -> int | None:
    """Return the whole number of words such as two hundred five; None for anything else ("five five", "hundred")."""
    total = 0
    group = 0
    last = 10**15
    for word in words:
        if word in _SMALL:
            size, group_add = (1 if _SMALL[word] < 10 else 10), _SMALL[word]
        elif word in _TENS:
            size, group_add = 10, _TENS[word]
        elif word == "hundred" and 0 < group < 10 and last == 1:
            group, last = group * 100, 100
            continue
        elif word in _SCALES and group > 0:
            total, group, last = total + group * _SCALES[word], 0, _SCALES[word]
            continue
        else:
            return None
        if size >= last or (size == 1 and last == 10 and group % 100 < 20 and group % 100 != 0):
            return None
        if group_add == 0 and len(words) > 1:
            return None
        group, last = group + group_add, size
    return total + group if words else None
