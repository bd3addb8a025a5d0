r"""Rewrite reference answers in forty ways and more that keep their value. Independent of the grader: nothing here imports it.

A rule yields nothing where it does not apply. `REWRITINGS` maps the name of a kind to its rule.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from tests.benchmarks.grading_variants import (
    Rule,
    _bases_and_percents,
    _brackets,
    _equal_numbers,
    _fraction_styles,
    _inequalities,
    _labels,
    _matrices,
    _reordered,
    _roots,
    _spaced,
    _sums,
    _texts,
    _thousands,
    _unicode,
    _units,
    _value,
    _wrapped,
)  # fmt: skip

_PLAIN_MATHS = re.compile(r"(?:[-+*/^_=,.\d\s(){}a-zA-Z]|\\(?:frac|sqrt|pi|cdot|left|right|theta|alpha))*")
_NUMBERS = re.compile(r"-?\d+(?:, ?-?\d+)+")
_TUPLE = re.compile(r"\((-?\d+), ?(-?\d+)((?:, ?-?\d+)*)\)")
_INTEGER = re.compile(r"-?\d+")
_CHOICE = re.compile(r"\\text\{\(?([A-E])\)?\}|\(?([A-E])\)?")
_EQUATION = re.compile(r"([^=<>,\\]+(?:\\[a-z]+\{[^{}]*\}(?:\{[^{}]*\})?)*[^=<>,\\]*)=([^=<>,]+)")
_NAMED = re.compile(r"([a-zA-Z])\s*=\s*([^=<>,]+)")
_SYSTEM = re.compile(r"([a-z])=(-?\d+),\s*([a-z])=(-?\d+)")
_PMATRIX = re.compile(r"\\begin\{pmatrix\}([-\d\s&\\]+)\\end\{pmatrix\}")
_SUPER: Final = str.maketrans("0123456789-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ")
_SUB: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _with(template: str, applies: Callable[[str], bool]) -> Rule:
    """Return a rule that puts a reference into a template where that keeps its value."""

    def rule(reference: str) -> Iterator[str]:
        if applies(reference):
            yield template.replace("@", reference)

    return rule


def _is_short(reference: str) -> bool:
    return 0 < len(reference.strip()) < 60 and not re.search(r"\$|\\\[|\\\(|boxed|\n|[a-zA-Z]{3,} [a-zA-Z]{2,}", reference)


def _is_plain(reference: str) -> bool:
    words = re.sub(r"\\[a-z]+", "", reference)
    return _is_short(reference) and _PLAIN_MATHS.fullmatch(reference) is not None and not re.search(r"[a-zA-Z]{2,}", words)


def _is_formula(reference: str) -> bool:
    has_digit = re.search(r"\d", reference) is not None
    return _is_plain(reference) and not re.search("[=,_]", reference) and _value(reference) is None and has_digit


def _python(reference: str) -> Iterator[str]:
    """As Python prints it: ** and *, sqrt(), I for i."""
    bare = re.sub(r"\\[a-z]+", "", reference)
    if not _is_formula(reference) or re.search(r"\d\s*\\frac", reference):
        return
    if re.search(r"[a-zA-Z]\(|\)[a-zA-Z(\d]|[eEI]|\^\{?[^{}\d]", bare):
        return
    text = re.sub(r"\\left|\\right|\s", "", reference)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)", text).replace(r"\pi", "pi").replace(r"\cdot", "*")
    text = re.sub(r"\^\{([^{}]*)\}|\^(\d)", r"**(\1\2)", text)
    if re.search(r"[\\{}_]", text):
        return
    text = re.sub(r"(?<=[\d)])(?=[a-zA-Z(])|(?<=\))(?=\d)|(?<=pi)(?=[a-zA-Z(])", "*", text)
    letters = re.sub(r"sqrt|pi", "", text)
    if not re.search(r"[a-zA-Z]{2,}", letters):
        yield re.sub(r"(?<![a-z])i(?![a-z])", "I", text)


def _python_tuples(reference: str) -> Iterator[str]:
    if _TUPLE.fullmatch(reference):
        yield re.sub(r",\s*", ", ", reference)


def _python_lists(reference: str) -> Iterator[str]:
    if _NUMBERS.fullmatch(reference) and not re.search(r"\d,\d{3}", reference):
        numbers = re.split(r", ?", reference)
        yield "[" + ", ".join(numbers) + "]"
        yield "{" + ", ".join(sorted(numbers)) + "}"
        yield f"FiniteSet({', '.join(numbers)})"


def _python_dicts(reference: str) -> Iterator[str]:
    match = _SYSTEM.fullmatch(reference)
    if match and match[1] != match[3]:
        yield f"{{{match[1]}: {match[2]}, {match[3]}: {match[4]}}}"


def _systems(reference: str) -> Iterator[str]:
    match = _SYSTEM.fullmatch(reference)
    if match and match[1] < match[3]:
        yield f"{match[3]}={match[4]}, {match[1]}={match[2]}"
        yield f"({match[1]},{match[3]})=({match[2]},{match[4]})"
        yield f"({match[2]}, {match[4]})"
        yield f"{match[1]}={match[2]}\\quad {match[3]}={match[4]}"
        yield f"{match[1]}={match[2]}\n{match[3]}={match[4]}"


def _floats(reference: str) -> Iterator[str]:
    value = _value(reference)
    if value is not None and value.denominator > 1 and abs(value) < 10**6 and value.denominator < 1000:
        yield repr(float(value))


def _scientific(reference: str) -> Iterator[str]:
    if re.fullmatch(r"[1-9]\d*00+", reference):
        digits = reference.rstrip("0")
        n_zeros = len(reference) - len(digits)
        yield f"{digits}e{n_zeros}"
        yield rf"{digits} \times 10^{{{n_zeros}}}"
        yield f"{digits} x 10^{n_zeros}"


def _millions(reference: str) -> Iterator[str]:
    for name, size in (("thousand", 10**3), ("million", 10**6)):
        if reference.isdigit() and int(reference) and int(reference) % size == 0 and int(reference) // size < 1000:
            yield f"{int(reference) // size} {name}"


def _superscripts(reference: str) -> Iterator[str]:
    if _is_plain(reference):
        changed = re.sub(r"\^(?:\{(-?\d+|n)\}|(\d|n)(?!\d))", lambda match: (match[1] or match[2]).translate(_SUPER), reference)
        if changed != reference and "^" not in changed:
            yield changed


def _subscripts(reference: str) -> Iterator[str]:
    if _is_short(reference):
        changed = re.sub(r"_(?:\{(\d+)\}|(\d)(?!\d))", lambda match: (match[1] or match[2]).translate(_SUB), reference)
        if changed != reference and "_" not in changed:
            yield changed


def _full_width(reference: str) -> Iterator[str]:
    if _INTEGER.fullmatch(reference):
        yield reference.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _escaped_twice(reference: str) -> Iterator[str]:
    has_command = re.search(r"\\[a-zA-Z]{2}", reference) is not None
    if _is_short(reference) and has_command and "\\begin" not in reference and "\\\\" not in reference:
        yield re.sub(r"\\(?=[a-zA-Z]{2})", r"\\\\", reference)


def _times_signs(reference: str) -> Iterator[str]:
    if r"\cdot" in reference and "\\begin" not in reference and r"\cdots" not in reference and r"\mathbf" not in reference:
        yield re.sub(r"\\cdot(?![a-zA-Z])", r"\\times", reference)
        yield re.sub(r"\s*\\cdot(?![a-zA-Z])\s*", " * ", reference)


def _relation_spellings(reference: str) -> Iterator[str]:
    for one, other in ((r"\leq", r"\le"), (r"\geq", r"\ge"), (r"\neq", r"\ne"), (r"\le", r"\leqslant"), (r"\ge", "≥")):
        pattern = re.escape(one) + r"(?![a-zA-Z])"
        if re.search(pattern, reference):
            yield re.sub(pattern + r"\s*", lambda _, other=other: other + " ", reference)  # type: ignore[misc]


def _fraction_slashes(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", reference)
    if match:
        yield f"{match[1]}{match[2]} / {match[3]}"
        yield f"{match[1]}({match[2]})/({match[3]})"
        yield f"-{match[2]}/{match[3]}" if match[1] else f"{match[2]}⁄{match[3]}"


def _powers_of_roots(reference: str) -> Iterator[str]:
    if _is_formula(reference) and re.search(r"\\sqrt\{\d+\}", reference):
        yield re.sub(r"\\sqrt\{(\d+)\}", r"{(\1)^{1/2}}", reference)


def _neutral(reference: str) -> Iterator[str]:
    if _is_formula(reference):
        yield f"{reference} + 0"
        yield rf"1 \cdot ({reference})"
        yield f"({reference})"


def _doubled(reference: str) -> Iterator[str]:
    if _is_formula(reference):
        yield rf"\frac{{2({reference})}}{{2}}"
        yield f"-(-({reference}))"


def _swapped_sides(reference: str) -> Iterator[str]:
    match = _EQUATION.fullmatch(reference)
    if match is None or reference.startswith("{") or not _is_plain(reference):
        return
    left, right = match[1].strip(), match[2].strip().rstrip(".")
    if re.search("[a-z]", left) and re.search("[a-z]", right):
        yield f"{right} = {left}"
        if "(" not in left:
            yield f"2({left}) = 2({right})"


def _name_forms(reference: str) -> Iterator[str]:
    match = _NAMED.fullmatch(reference)
    if match and _is_plain(reference):
        yield rf"{match[1]} = \boxed{{{match[2].strip()}}}"
        yield f"{match[1]}={match[2].strip()}."
        if _value(match[2].strip()) is not None:
            yield f"{match[2].strip()} = {match[1]}"
            yield f"{match[1]}: {match[2].strip()}"


def _choices(reference: str) -> Iterator[str]:
    match = _CHOICE.fullmatch(reference)
    if match:
        letter = match[1] or match[2]
        yield from (letter, f"({letter})", f"{letter}.", rf"\textbf{{({letter})}}", f"{letter})", f"Option {letter}")


def _row_gaps(reference: str) -> Iterator[str]:
    if _PMATRIX.fullmatch(reference):
        yield re.sub(r"\\\\\s*", r"\\\\[4pt] ", reference)


def _python_matrices(reference: str) -> Iterator[str]:
    match = _PMATRIX.fullmatch(reference)
    if match:
        rows = [[cell.strip() for cell in row.split("&")] for row in match[1].split(r"\\") if row.strip()]
        yield f"Matrix([{', '.join('[' + ', '.join(row) + ']' for row in rows)}])"
        yield f"array([{', '.join('[' + ', '.join(row) + ']' for row in rows)}])"


def _arrays(reference: str) -> Iterator[str]:
    match = _PMATRIX.fullmatch(reference)
    if match:
        n_columns = match[1].split(r"\\")[0].count("&") + 1
        yield rf"\left[\begin{{array}}{{{'c' * n_columns}}}{match[1]}\end{{array}}\right]"


def _ratios(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"(\d+)\s*:\s*(\d+)", reference)
    if match:
        yield f"{3 * int(match[1])}:{3 * int(match[2])}"
        yield f"{match[1]} to {match[2]}"


def _ors(reference: str) -> Iterator[str]:
    if _NUMBERS.fullmatch(reference) and not re.search(r"\d,\d{3}", reference):
        yield " or ".join(re.split(r", ?", reference))
        yield "、".join(re.split(r", ?", reference))
        yield "; ".join(re.split(r", ?", reference))


def _two_forms(reference: str) -> Iterator[str]:
    value = _value(reference)
    if value is not None and value.denominator in (2, 4, 5):
        yield f"{reference} or {float(value)}"


def _plus_signs(reference: str) -> Iterator[str]:
    if re.fullmatch(r"\d+(?:\.\d+)?", reference):
        yield f"+{reference}"


def _factors(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"(\d+)\s*(\\pi|[a-z])", reference)
    if match:
        yield match[2] + r" \cdot " + match[1]
        yield match[1] + r" \cdot " + match[2]


def _one_of(rule: Rule, index: int) -> Rule:
    """Return a rule that yields the index-th rewriting of another rule alone."""

    def chosen(reference: str) -> Iterator[str]:
        yield from list(rule(reference))[index : index + 1]

    return chosen


REWRITINGS: Final[dict[str, Rule]] = {
    "in dollar signs": _one_of(_wrapped, 0),
    "in a box": _one_of(_wrapped, 1),
    "in parentheses of LaTeX": _one_of(_wrapped, 2),
    "in display brackets": _with(r"\[ @ \]", _is_short),
    "in two dollar signs": _with("$$@$$", _is_short),
    "with a full stop": _with("@.", _is_short),
    "bold in Markdown": _with("**@**", _is_plain),
    "bare box": _with(r"\boxed @", lambda text: text.isdigit()),
    "the answer is": _with("The answer is @.", _is_short),
    "final answer": _with("Final answer: @", _is_short),
    "Chinese lead": _with("答案：@", _is_short),
    "spaces added": _one_of(_spaced, 0),
    "spaces dropped": _one_of(_spaced, 1),
    "large fractions": _one_of(_fraction_styles, 0),
    "text fractions": _one_of(_fraction_styles, 1),
    "short fractions": lambda text: (new for new in _fraction_styles(text) if re.search(r"frac\d", new)),
    "fractions with a slash": _fraction_slashes,
    "equal fractions": _one_of(_equal_numbers, 0),
    "mixed numbers, decimals": _equal_numbers,
    "thousands by comma": _one_of(_thousands, 0),
    "thousands by thin space": _one_of(_thousands, 1),
    "thousands in braces": _one_of(_thousands, 2),
    "sized brackets": _brackets,
    "another order": _one_of(_reordered, 0),
    "and": _one_of(_reordered, 1),
    "braces": _one_of(_reordered, 2),
    "or, semicolon, Chinese comma": _ors,
    "interval as inequality": _inequalities,
    "spelling of relations": _relation_spellings,
    "units": _units,
    "base, percent": _bases_and_percents,
    "text styles": _texts,
    "label added or dropped": _labels,
    "forms of a name": _name_forms,
    "roots": _roots,
    "roots as powers": _powers_of_roots,
    "commuted sums": _sums,
    "commuted products": _factors,
    "Unicode": _unicode,
    "superscripts": _superscripts,
    "subscripts": _subscripts,
    "full-width digits": _full_width,
    "escaped twice": _escaped_twice,
    "times signs": _times_signs,
    "matrix brackets": _matrices,
    "row gaps": _row_gaps,
    "arrays": _arrays,
    "Python formulas": _python,
    "Python tuples": _python_tuples,
    "Python lists and sets": _python_lists,
    "Python dictionaries": _python_dicts,
    "Python matrices": _python_matrices,
    "systems": _systems,
    "floats": _floats,
    "scientific": _scientific,
    "thousand and million": _millions,
    "neutral operations": _neutral,
    "doubled and halved": _doubled,
    "sides of an equation": _swapped_sides,
    "choices": _choices,
    "ratios": _ratios,
    "two forms of one value": _two_forms,
    "plus sign": _plus_signs,
}
