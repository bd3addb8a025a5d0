"""Read numbers that are written as words, and tell words from mathematics."""

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
_PARTS: Final = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip


def number_in_words(text: str) -> Fraction | None:
    """Return the number that English words name ("twenty-five", "three quarters"), None if they name none."""
    words = [word for word in re.split(r"[\s-]+", text.lower().strip()) if word and word != "and"]
    sign = 1
    if words[:1] in (["minus"], ["negative"]):
        sign, words = -1, words[1:]
    if words and words[-1] in _PARTS:
        numerator = _whole(words[:-1]) if words[:-1] not in ([], ["a"]) else 1
        return None if numerator is None else Fraction(sign * numerator, _PARTS[words[-1]])
    whole = _whole(words)
    return None if whole is None else Fraction(sign * whole)


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


_CHOICE = re.compile(
    r"(?:option|choice|answer)?\s*(?:\\text\{)?\s*[(\[]?\s*(?:\\text\{)?\s*([A-Z])\s*\}?\s*[)\]]?\s*\}?[.:)]?", re.IGNORECASE
)
_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_WORD = re.compile(r"[A-Za-z][a-z]{2,}|[A-Z]{4,}")
_LONG = re.compile(r"[A-Za-z]{12,}")


def choice_letter(text: str) -> str | None:
    r"""Return the letter of a multiple choice answer such as `(B)`, `B`, `\text{(B)}`; None for anything else, `b` too."""
    match = _CHOICE.fullmatch(text.strip())
    return match[1] if match is not None and match[1].isupper() else None


def words_of(text: str) -> str | None:
    r"""Return a text of words alone, in lower case, with single spaces (`\text{No solution}`, `Evelyn`); None otherwise."""
    plain = _TEXT.sub(r" \1 ", text)
    plain = " ".join(re.sub(r"[.,;:!?\"'’\-]+", " ", plain).split())
    if len(plain) < 2 or not all(part.isalpha() for part in plain.split()):
        return None
    named = _TEXT.search(text) is not None and not _TEXT.sub("", text).strip(" .,")
    return plain.lower() if named or _WORD.fullmatch(plain.split()[0]) or len(plain.split()) > 1 else None


def is_prose(text: str) -> bool:
    """Return whether sentences, not mathematics, carry the answer: three words or more, or words that lost their spaces."""
    plain = _COMMAND.sub(" ", _TEXT.sub(r" \1 ", text))
    return len(_WORD.findall(plain)) >= 3 or _LONG.search(plain) is not None
