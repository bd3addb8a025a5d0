"""Decide whether words, letters in a row and labels of choices are equal. Text is equal to the same text alone."""

from typing import Final

from tasks.grading.equality.comparing import Comparing
from tasks.grading.equality.decision import Decision
from tasks.grading.reading.quantities.words import FUNCTION_WORDS, MEANINGFUL
from tasks.grading.values.expressions import Constant, Letter
from tasks.grading.values.types import Choice, Collection, Letters, Named, Scalar, Sequence, Text, Truth, Value

_VOWELS: Final = frozenset("aeiouy")
_SHORT: Final = 6
_VERBS: Final = frozenset(("is", "are", "was", "be"))
_LONG: Final = 8
"""Words in a sentence from which on two different sentences may still mean the same."""


def texts(one: Text, other: Text, _: Comparing) -> Decision:
    """Return whether two texts are the same; long ones that differ, and parts of each other, are a doubt."""
    if one.text == other.text or _squeezed(one.text) == _squeezed(other.text):
        return Decision(True, "text", "the same text")
    words = [text.text.split() for text in (one, other)]
    shared = len(set(words[0]) & set(words[1]))
    if shared and abs(len(words[0]) - len(words[1])) <= 1 and len(set(words[0]) ^ set(words[1])) <= 3:
        return Decision(False, "text", "the texts differ in a word or a sign")
    contained = f" {one.text} " in f" {other.text} " or f" {other.text} " in f" {one.text} "
    if contained or max(len(words[0]), len(words[1])) > _LONG:
        return Decision(None, "text", "sentences are compared as they are written alone")
    return Decision(False, "text", "the texts differ")


def _squeezed(text: str) -> str:
    """Return a text without spaces that stand beside signs: `a - b` is `a-b`, but `a b` is not `ab`."""
    kept = ""
    for index, character in enumerate(text):
        beside = text[index - 1 : index] + text[index + 1 : index + 2]
        if character != " " or beside.isalnum():
            kept += character
    return kept


def text_and_value(one: Text | Letters, other: Value, _: Comparing) -> Decision:
    """Compare words with a value of another type: never equal, and a doubt where the words hold the value."""
    if isinstance(one, Letters):
        if isinstance(other, Text):
            same = one.text.lower() == other.text
            return Decision(same, "text", "the same word" if same else "the words differ")
        return Decision(False, "type", "letters in a row are no value of this type")
    written = _written(other)
    if not any(character.isalpha() for character in one.text):
        return Decision(False, "type", "signs and numbers in a row are no value of this type")
    if _changes(one.text.split(), written):
        return Decision(False, "text", "the words change the value")
    if len(one.text.split()) > 2 and (not written or written in one.text):
        return Decision(None, "text", "a sentence and a value")
    if "\\begin" in one.text and not isinstance(other, Scalar | Truth | Choice):
        return Decision(None, "text", "a notation that could not be read")
    if (
        any(character.isdigit() or character in "\\=<>^_" for character in one.text)
        and len(one.text.split()) == 1
        and len(one.text) > 12
    ):
        return Decision(None, "text", "a notation that could not be read")
    return Decision(False, "type", "words are no value of this type")


def _changes(words: list[str], written: str) -> bool:
    """Return whether a text is the value and words that make another one of it: 5 at least, 5 more than x."""
    text = " ".join(words)
    others = text.removeprefix(written).split() if text.startswith(written) else [word for word in words if word != written]
    changing = [word for word in others if word in MEANINGFUL and word not in _VERBS]
    return (
        bool(written)
        and len(others) < len(words) <= _SHORT
        and bool(changing)
        and all(word in changing or len(word) == 1 or word in FUNCTION_WORDS for word in others)
    )


def _written(value: Value) -> str:
    if isinstance(value, Scalar):
        return value.written.lower()
    if isinstance(value, Truth):
        return value.word
    if isinstance(value, Named):
        return _written(value.value)
    if isinstance(value, Collection | Sequence) and value.items:
        return _written(value.items[0])
    return ""


def letters_equal(one: Letters, other: Letters, _: Comparing) -> Decision:
    """Compare letters in a row: the same letters in the same order; capitals count where they are no word."""
    if one.text == other.text:
        return Decision(True, "text", "the same letters")
    if one.text.lower() == other.text.lower():
        is_word = bool(_VOWELS & set(one.text.lower()))
        return Decision(True if is_word else None, "text", "the same word" if is_word else "the same letters in another case")
    if sorted(one.text) == sorted(other.text):
        if not _VOWELS & set(one.text) and one.text.islower():
            return Decision(None, "text", "letters in another order may be a product")
        if _is_selection(one, other) or _is_selection(other, one):
            return Decision(None, "text", "the letters may be labels of choices, in any order")
        return Decision(False, "text", "the letters stand in another order")
    return Decision(False, "text", "the letters differ")


def _is_selection(one: Letters, other: Letters) -> bool:
    """Return whether letters look like several choices (ACF): in order, each once, not simply the first ones."""
    ordered = list(one.text) == sorted(set(one.text)) and one.text.isupper() and one.text[-1] <= "J"
    return ordered and one.in_text and not other.in_text and not "ABCDEFGHIJ".startswith(one.text)


def letters_and_value(one: Letters, other: Scalar, by: Comparing) -> Decision:
    """Compare letters in a row with a formula, in which they would be multiplied."""
    if one.product is None or other.unit is not None or other.percent:
        return Decision(False, "type", "letters in a row are no number")
    equal = by.algebra.equal(one.product, other.expression)
    return Decision(equal, "symbolic", "the letters multiplied" if equal else "as a product the letters have another value")


def choices(one: Choice, other: Value, by: Comparing) -> Decision:
    """Compare labels of choices; a label with its text equals the text as well."""
    if isinstance(other, Choice):
        if one.label != other.label:
            return Decision(False, "choice", f"{one.label} is not {other.label}")
        if one.value is None or other.value is None:
            return Decision(True, "choice", "the same label")
        decision = by.compare(one.value, other.value)
        return decision if decision.equal else Decision(None, "choice", "the same label with other words")
    if one.value is not None:
        return by.compare(one.value, other)
    if isinstance(other, Scalar) and isinstance(other.expression, Letter) and other.unit is None:
        return _label_and_letter(one, other.expression.name)
    if isinstance(other, Scalar) and one.bare and isinstance(other.expression, Constant):
        same = one.label.lower() == other.expression.name
        return Decision(
            same, "exact" if same else "choice", "the constant as Python prints it" if same else "a label is no constant"
        )
    if isinstance(other, Letters | Truth) or (isinstance(other, Text) and len(other.text.split()) <= 2):
        return Decision(False, "choice", "a label is nothing else")
    if isinstance(other, Named):
        return by.compare(one, other.value)
    if isinstance(other, Collection) and len(other.items) > 1:
        return Decision(False, "count", "one choice and several")
    return Decision(None, "choice", "the label does not say what was chosen")


def _label_and_letter(one: Choice, name: str) -> Decision:
    if one.label == name:
        return Decision(True, "choice", "the same letter")
    if one.label.lower() == name:
        return Decision(None if not one.bare else False, "choice", "a small letter may be a label or a variable")
    return Decision(False, "choice", "another letter")
