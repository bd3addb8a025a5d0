"""Read words: yes and no, labels of choices, numbers in words, letters in a row, and text that is compared as text."""

import re
from typing import Final

from tasks.grading.reading.lexing.splitting import Parts
from tasks.grading.reading.lexing.tokens import Token, written
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.scalars import as_scalar, expression
from tasks.grading.reading.quantities.words import SAME_PHRASE, SAME_WORD, TRUTHS, number_in_words, ordinal
from tasks.grading.values.expressions import Constant, Number
from tasks.grading.values.types import Choice, Letters, Ordinal, Text, Truth, Value

_CHOICE_WORD: Final = frozenset(("option", "choice", "answer", "statement"))
_QUOTES: Final = frozenset(('"', "``", "`"))
_TIMES: Final = {r"\times": r"\cdot", "*": r"\cdot"}
_MAX_LETTERS: Final = 3


def plain(parts: Parts) -> str:
    """Return tokens as text in lower case, as it is compared: no sign is dropped but quotes and a final stop."""
    kept = _one_spelling([token for token in parts if token.text not in _QUOTES])
    while len(kept) > 1 and kept[-1].text in (".", "!", "?", ",", ";") and kept[-2].kind != "number":
        kept = kept[:-1]
    words = [_folded(token.text) if token.kind == "word" else _TIMES.get(token.text, token.text) for token in kept]
    text = ""
    for token, word in zip(kept, words, strict=True):
        text += f" {word}" if _is_apart(text, token, word) else word
    return SAME_PHRASE.get(text, text)


def _folded(word: str) -> str:
    """Return a word in lower case and one spelling; a single letter is a name and keeps its case, but for the words a and I."""
    lower = word.lower()
    return word if len(word) == 1 and lower not in ("a", "i") else SAME_WORD.get(lower, lower)


def _is_apart(text: str, token: Token, word: str) -> bool:
    """Return whether a space stands before a word; beside a command it means nothing, but letters need it."""
    last = re.search(r"\\[a-zA-Z]+$", text)
    if last is not None or token.kind == "command":
        return last is not None and word[0].isalnum()
    return bool(text) and (token.gap > 0 or (text[-1].isalpha() and word[0].isalpha()))


def _one_spelling(parts: Parts) -> Parts:
    r"""Return tokens with \frac12 as \frac 1 2, and without braces around a single token."""
    found: Parts = []
    for place, token in enumerate(parts):
        is_digits = token.kind == "number" and token.text.isdigit() and len(token.text) > 1
        if is_digits and place and (parts[place - 1].text == r"\frac" or (place > 3 and parts[place - 4].text == r"\frac")):
            found += [Token("number", token.text[0]), Token("number", token.text[1:])]
        else:
            found.append(token)
    kept: Parts = []
    for place, token in enumerate(found):
        opens = token.text == "{" and [after.text for after in found[place + 2 : place + 3]] == ["}"]
        closes = token.text == "}" and [before.text for before in found[max(0, place - 2) : max(0, place - 1)]] == ["{"]
        if not (opens or closes):
            kept.append(token)
    return kept


def word_value(parts: Parts, habit: Habit) -> Value | None:
    """Return what words alone say: a truth, a number, a place, letters in a row. None where they say nothing of this kind."""
    kept = [token for token in parts if token.text not in (*_QUOTES, "-", ".")] if len(parts) > 1 else list(parts)
    if not kept or not all(token.kind == "word" for token in kept) or parts[0].text == "-":
        return None
    text = " ".join(token.text for token in kept)
    lower = text.lower()
    if lower in ("infinity", "infinite"):
        return as_scalar(Constant("oo"), text)
    if lower in TRUTHS:
        return Truth(TRUTHS[lower], lower)
    number = number_in_words(lower)
    if number is not None:
        return as_scalar(Number(number), text)
    place = ordinal(lower)
    if place is not None and len(kept) == 1:
        return Ordinal(place)
    return _letters(parts, habit) if len(parts) == 1 else None


def _letters(parts: Parts, habit: Habit) -> Value | None:
    """Return a single word of a few letters, or of capitals alone, as a sequence of letters."""
    token = parts[0]
    if len(token.text) < 2 or not token.text.isascii() or not (len(token.text) <= _MAX_LETTERS or token.text.isupper()):
        return None
    if token.text in ("pi", "ln", "oo", "inf", "eta", "phi", "psi", "rho", "tau", "chi"):
        return None
    product = expression([Token("word", letter) for letter in token.text], habit)
    return Letters(token.text, product, token.prose)


def choice(parts: Parts) -> tuple[str, Parts, bool] | None:
    """Return the letter of a choice, the tokens of the choice, and whether the letter stood alone; None for others."""
    rest = list(parts)
    named = bool(rest) and rest[0].text.lower() in _CHOICE_WORD and len(rest) > 1
    rest = rest[1:] if named else rest
    if named and rest[0].text == ":":
        rest = rest[1:]
    if len(rest) >= 3 and rest[0].text in ("(", "[") and rest[2].text in (")", "]") and _is_label(rest[1]):
        after = rest[3:]
        if after and after[0].text in (".", ":"):
            after = after[1:]
        return (rest[1].text.upper(), after, False) if not after or after[0].gap or after[0].prose else None
    if not rest or not _is_label(rest[0]) or not rest[0].text.isupper():
        return None
    if len(rest) == 1 or (len(rest) == 2 and rest[1].text in (")", ".")):
        return rest[0].text, [], len(rest) == 1 and not named
    if rest[1].text in (")", ".", ":") and rest[1].gap == 0 and rest[2].gap:
        return rest[0].text, rest[2:], False
    return None


def _is_label(token: Token) -> bool:
    return token.kind == "word" and len(token.text) == 1 and token.text.isascii() and token.text.upper() in "ABCDEFGHIJ"


def chosen(parts: Parts, value: Value | None, label: str, *, bare: bool) -> Choice:
    """Return a choice with its text, read where it can be read."""
    if not parts:
        return Choice(label, bare=bare)
    return Choice(label, value if value is not None else Text(plain(parts)))


def as_text(parts: Parts) -> Text:
    """Return tokens as the text that they are."""
    return Text(plain(parts))


_LEAD = re.compile(
    r"^(?:(?:so|thus|hence|therefore|then)\s*,?\s+)?(?:the\s+|my\s+|our\s+)?(?:final\s+|correct\s+|short\s+)?(?:answer|ans|solution|result)s?"
    r"\s*(?:\.(?=\s)|:|=|(?:is|are)\s*:?|is\s+equal\s+to)\s*:?\s*(?=\S)",
    re.IGNORECASE,
)
_OTHER_LEADS = re.compile(
    r"^(?:####\s*|\\therefore\s*|∴\s*|(?:(?:最终)?答案|答)\s*(?:是|为|[:：])\s*[:：]?\s*|(?:antwort|respuesta|réponse|ответ)\s*:\s*)",
    re.IGNORECASE,
)


def without_lead(text: str) -> str:
    """Return a text without "The answer is", "Final answer:", "答案：" before the answer."""
    shorter = _OTHER_LEADS.sub("", _LEAD.sub("", text)).strip()
    return shorter or text


def phrase(parts: Parts) -> str:
    """Return tokens in lower case with single spaces, for patterns of times and dates."""
    return written(parts).lower().replace(" .", ".").replace("^{th}", "th")
