r"""Change reference answers so that their value changes: a digit, a sign, a letter, an operator, a bracket, a unit, a name.

Independent of the grader: nothing here imports it. A rule yields nothing where a change might keep the value. `MUTANTS` maps
the name of a kind to its rule; each draws its places from a hash of the reference, so that a run can be repeated.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from tests.benchmarks.grading_variants import NEAR_MISSES, Rule, _value

_FAMILY = re.compile(r"[cCkK]_|\+ ?[cCkK]\b|[kKnN]\\pi|\\pi ?[knm]|(?<![a-zA-Z])[CK](?![a-zA-Z])")
"""Where a letter or a sign may be an arbitrary constant's."""
_WORDS = re.compile(r"[a-zA-Z]{4,}")
_DEGENERATE = re.compile(r"(?<!\d)[01]\^|\^\{?0|(?<!\d)0(?!\d)|\\ldots|\\cdots|\\dots")
_BARE = re.compile(r"\\text\{[^{}]*\}|\\[a-zA-Z]+")
_UNITS: Final = (
    "cm",
    "m",
    "km",
    "feet",
    "inches",
    "hours",
    "minutes",
    "seconds",
    "miles",
    "dollars",
    "degrees",
    "square units",
    "cubic units",
)


def _pick(reference: str, n_places: int, salt: str) -> int:
    return zlib.crc32(f"{salt}:{reference}".encode()) % n_places


def _is_formula(reference: str) -> bool:
    words = _BARE.sub(" ", reference)
    return 0 < len(reference) < 120 and not _WORDS.search(words) and not _DEGENERATE.search(reference) and "\n" not in reference


def _digit(reference: str) -> Iterator[str]:
    if not _is_formula(reference):
        return
    places = [match.start() for match in re.finditer(r"(?<![cCkK_]_)(?<![cCkK]_\{)\d", reference)]
    for salt in ("a", "b"):
        if places:
            place = places[_pick(reference, len(places), salt)]
            yield (
                reference[:place]
                + str((int(reference[place]) + 1 + _pick(reference, 7, salt)) % 9 + 1 if reference[place] != "9" else 4)
                + reference[place + 1 :]
            )


def _sign(reference: str) -> Iterator[str]:
    if (
        not _is_formula(reference)
        or _FAMILY.search(reference)
        or r"\pm" in reference
        or "|" in reference
        or r"\infty" in reference
    ):
        return
    places = [match.start() for match in re.finditer(r"(?<=[\w})]) ?[+-] ?(?=[\w\\({])", reference)]
    if places and not re.search(r"\^\{?\d|=|\\cos", reference):
        place = places[_pick(reference, len(places), "sign")]
        place += reference[place] == " "
        yield reference[:place] + ("-" if reference[place] == "+" else "+") + reference[place + 1 :]
    if re.match(r"-[\d\\a-z]", reference) and "=" not in reference:
        yield reference[1:]


def _letter(reference: str) -> Iterator[str]:
    if not _is_formula(reference) or "boxed" in reference or _FAMILY.search(reference):
        return
    hidden = _BARE.sub(lambda match: " " * len(match[0]), reference)
    places = [match.start() for match in re.finditer(r"(?<![a-zA-Z])[a-hj-z](?![a-zA-Z])", hidden)]
    if places:
        place = places[_pick(reference, len(places), "letter")]
        yield reference[:place] + ("q" if reference[place] != "q" else "w") + reference[place + 1 :]


def _capital(reference: str) -> Iterator[str]:
    if (
        _is_formula(reference)
        and not _FAMILY.search(reference)
        and "\\text" not in reference
        and "boxed" not in reference
        and len(re.findall(r"(?<![\\a-zA-Z])[a-z](?![a-zA-Z])", reference)) > 1
    ):
        yield re.sub(r"(?<![\\a-zA-Z{])([a-dj-z])(?![a-zA-Z}])", lambda match: match[1].upper(), reference, count=1)


def _operator(reference: str) -> Iterator[str]:
    if not _is_formula(reference) or _FAMILY.search(reference):
        return
    for one, other in (
        (r"\frac{", r"\binom{"),
        ("<", ">"),
        (r"\le ", "< "),
        (r"\leq", "<"),
        (r"\geq", ">"),
        (r"\cup", r"\cap"),
        ("=", r"\ne "),
        (r"\sin", r"\cos"),
        (r"\ln", r"\sin"),
    ):
        if one in reference and not (one == r"\frac{" and re.search(r"\\frac\{[^{}]*\}\{1\}|\\frac\{1\}\{0\}", reference)):
            yield reference.replace(one, other, 1)
            break
    match = re.search(r"(\d)\s*\+\s*(\d)", reference)
    if match and match[1] + match[2] != "22":
        yield reference[: match.start()] + f"{match[1]} \\cdot {match[2]}" + reference[match.end() :]


def _bracket(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"(.*)\(([^()]*[+-][^()]*)\)(\^.*|[a-z].*)", reference)
    if (
        match
        and _is_formula(reference)
        and not re.search(r"\\(?:sin|cos|tan|ln|log|left|right)|=", reference)
        and re.search(r"[\d)]$|^$", match[1])
    ):
        yield f"{match[1]}{' + ' if match[1] else ''}{match[2]}{match[3]}"
    match = re.fullmatch(r"\\?[(\[]([^()\[\]]*),([^()\[\],]*)[)\]]", reference)
    if match and "infty" not in reference and "boxed" not in reference and len(reference) < 40:
        yield rf"\{{{match[1]},{match[2]}\}}"


def _unit(reference: str) -> Iterator[str]:
    for index, name in enumerate(_UNITS):
        pattern = r"(?<![a-zA-Z])" + name + r"(?![a-zA-Z])"
        if re.search(pattern, reference) and len(reference) < 60:
            yield re.sub(pattern, _UNITS[(index + 3) % 12], reference)
            break


def _name(reference: str) -> Iterator[str]:
    match = re.match(r"([a-zA-Z])( ?= ?)", reference)
    if (
        match
        and "boxed" not in reference
        and _is_formula(reference)
        and match[1] not in "yfgF"
        and len(re.findall(rf"(?<![\\a-zA-Z]){match[1]}(?![a-zA-Z])", reference)) == 1
    ):
        yield ("w" if match[1] != "w" else "v") + reference[1:]


def _separator(reference: str) -> Iterator[str]:
    if (
        re.search(r"(?<=[\da-z]), ?(?=[\da-z])", reference)
        and _is_formula(reference)
        and not re.search(r"\d,\d{3}|\\|=", reference)
    ):
        yield re.sub(r"(?<=[\da-z]), ?(?=[\da-z])", "", reference, count=1)
        yield re.sub(r"(?<=[\da-z]), ?(?=[\da-z])", "-", reference, count=1)
    if re.fullmatch(r"\d+:\d+", reference):
        yield reference.replace(":", ".")


def _order(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"(\\left)?([(\[])([^()\[\],]+),([^()\[\],]+?)(\\right)?([)\]])", reference)
    if match and match[3].strip() != match[4].strip():
        yield f"{match[1] or ''}{match[2]}{match[4].strip()},{match[3].strip()}{match[5] or ''}{match[6]}"
    match = re.fullmatch(r"(\d+):(\d+)", reference)
    if match and match[1] != match[2]:
        yield f"{match[2]}:{match[1]}"
    match = re.fullmatch(r"(\\begin\{pmatrix\}) ?(-?\d+) ?(&|\\\\) ?(-?\d+)(.*)", reference)
    if match and match[2] != match[4]:
        yield f"{match[1]} {match[4]} {match[3]} {match[2]}{match[5]}"


def _word(reference: str) -> Iterator[str]:
    words = re.findall(r"(?<![\\a-zA-Z{])[a-z]{4,}(?![a-zA-Z])", reference)
    if "boxed" in reference:
        return
    if len(words) > 2 and "\\begin" not in reference:
        chosen = words[_pick(reference, len(words), "word")]
        yield re.sub(rf"(?<![\\a-zA-Z]){chosen}(?![a-zA-Z])", "other", reference, count=1)
    if len(words) > 2:
        yield (
            re.sub(r"(?<= )(is|are|can|has)(?= )", r"\1 not", reference, count=1)
            if re.search(r" (is|are|can|has) ", reference)
            else f"not {reference}"
        )


def _letters(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"(\\text\{)?([A-Z]{2,6}|[a-z]{2,3})(\})?", reference)
    if match and match[2][0] != match[2][-1]:
        yield (match[1] or "") + match[2][-1] + match[2][1:-1] + match[2][0] + (match[3] or "")


def _element(reference: str) -> Iterator[str]:
    items = [item.strip() for item in reference.split(",")]
    if (
        len(items) > 2
        and all(re.fullmatch(r"-?\d+|-?\\frac\{\d+\}\{\d+\}", item) for item in items)
        and not re.search(r"\d,\d{3}", reference)
    ):
        yield ", ".join(items[:-1])
        yield ", ".join([*items, "1234"])


def _power(reference: str) -> Iterator[str]:
    if _is_formula(reference) and re.search(r"\^\{?[2-9]", reference) and "=" not in reference:
        yield re.sub(r"\^\{?([2-9])\}?", "", reference, count=1)
    if re.search(r"'", reference) and _is_formula(reference):
        yield reference.replace("'", "", 1)


def _scale(reference: str) -> Iterator[str]:
    value = _value(reference)
    if value is not None and value != 0:
        yield f"{reference} million"
        yield f"{reference} tenths" if value.denominator == 1 else f"{reference} thousand"
        yield f"{reference} more than x"
        yield f"at least {reference}"


MUTANTS: Final[dict[str, Rule]] = {
    "digit": _digit,
    "sign": _sign,
    "letter": _letter,
    "capital": _capital,
    "operator": _operator,
    "bracket": _bracket,
    "unit": _unit,
    "name": _name,
    "separator": _separator,
    "order": _order,
    "word": _word,
    "letters in a row": _letters,
    "element": _element,
    "power, prime": _power,
    "words around a number": _scale,
    **{f"near miss: {name}": rule for name, rule in NEAR_MISSES.items()},
}
