r"""Rewrite reference answers: variants that mean the same, and near-misses that do not.

Independent of the grader: nothing here imports it. Rules are tried on the raw text of a reference and yield nothing where they
do not apply. `VARIANTS` and `NEAR_MISSES` map the name of a rule to its function from a reference to rewritten answers.
"""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

Rule = Callable[[str], Iterator[str]]

_INTEGER = re.compile(r"-?\d+")
_DECIMAL = re.compile(r"-?\d*\.\d+")
_FRACTION = re.compile(r"(-?)\\[dt]?frac\{(-?\d+)\}\{(\d+)\}|(-?)(\d+)/(\d+)")
_ANY_FRACTION = re.compile(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}")
_PAIR = re.compile(r"([(\[])([^()\[\],]+),([^()\[\],]+)([)\]])")
_PLAIN_LIST = re.compile(r"[^,()\[\]{}=<>\\a-zA-Z]+(?:, *[^,()\[\]{}=<>\\a-zA-Z]+)+")
_SET = re.compile(r"\\\{([^{}()|:]+,[^{}()|:]+)\\\}")
_TUPLE = re.compile(r"\(([^()\[\],]+(?:,[^()\[\],]+)+)\)")
_MEASURED = re.compile(r"(-?[\d.,]+)\s*\\text\{\s*([a-z]+)\s*\}")
_DOLLARS = re.compile(r"\\\$\s*([\d.,]+)")
_DEGREES = re.compile(r"(-?[\d.]+)\s*\^\{?\\circ\}?")
_BASED = re.compile(r"(\d+)_\{?(\d+)\}?")
_PERCENT = re.compile(r"(-?[\d.]+)\s*\\?%")
_ROOT_TIMES = re.compile(r"(\d+)\s*\\sqrt\{(\d+)\}")
_SUM = re.compile(r"([^+\-=<>,()\[\]{}\\]*(?:\\[a-z]+\{[^{}]*\}(?:\{[^{}]*\})?)*[^+\-=<>,()\[\]{}\\]*)\+(.+)")
_NAMES: Final = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def _value(reference: str) -> Fraction | None:
    """Return the value of an integer, a decimal or a simple fraction, None for anything else."""
    text = reference.strip()
    if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text):
        return Fraction(text)
    match = _FRACTION.fullmatch(text)
    if match is None or Fraction(match[3] or match[6]) == 0:
        return None
    sign = -1 if (match[1] or match[4]) else 1
    return sign * Fraction(int(match[2] or match[5]), int(match[3] or match[6]))


def _written(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    return f"{value.numerator}" if value.denominator == 1 else rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _wrapped(reference: str) -> Iterator[str]:
    if "$" not in reference and "\\[" not in reference and reference.strip():
        yield f"${reference}$"
        yield rf"\boxed{{{reference}}}"
        yield rf"\({reference}\)."


def _spaced(reference: str) -> Iterator[str]:
    if "\\text" not in reference and not re.search(r"[a-zA-Z]{3,} [a-zA-Z]{3,}|\\[ ,;!]|\d \d", reference):
        yield (
            re.sub(r"(?<![\\a-zA-Z ]) *([+=,]) *", r" \1 ", reference)
            if not re.search(r"\d,\d{3}", reference)
            else f" {reference} "
        )
        yield re.sub(r"(?<=[\d)}\]]) +|(?<=[(\[,+=-]) +", "", reference)


def _fraction_styles(reference: str) -> Iterator[str]:
    if re.search(r"\\frac(?![a-z])", reference):
        yield reference.replace(r"\frac", r"\dfrac")
        yield reference.replace(r"\frac", r"\tfrac")
    if r"\dfrac" in reference:
        yield reference.replace(r"\dfrac", r"\frac")
    shortened = re.sub(r"\\frac\{(\d)\}\{(\d)\}(?!\d)", r"\\frac\1\2", reference)
    if shortened != reference:
        yield shortened


def _equal_numbers(reference: str) -> Iterator[str]:
    value = _value(reference)
    if value is None:
        return
    yield rf"{'-' if value < 0 else ''}\frac{{{abs(value.numerator) * 3}}}{{{value.denominator * 3}}}"
    if value.denominator > 1:
        yield f"{value.numerator}/{value.denominator}"
        yield rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
        if abs(value) > 1:
            whole, rest = divmod(abs(value.numerator), value.denominator)
            yield rf"{'-' if value < 0 else ''}{whole}\frac{{{rest}}}{{{value.denominator}}}"
            yield rf"{'-' if value < 0 else ''}{whole} {rest}/{value.denominator}"
    if 10**6 % value.denominator == 0:
        yield f"{float(value):.6f}" if abs(value) < 10**9 else f"{value.numerator}.0"
    elif value.denominator in (3, 6, 9, 11, 99):
        yield _repeating(value)


def _repeating(value: Fraction) -> str:
    whole, rest = divmod(abs(value.numerator), value.denominator)
    digits, seen, written = "", [rest], ""
    while True:
        digit, rest = divmod(rest * 10, value.denominator)
        digits += str(digit)
        if rest in seen:
            start = seen.index(rest)
            written = rf"{digits[:start]}\overline{{{digits[start:]}}}"
            return f"{'-' if value < 0 else ''}{whole}.{written}"
        seen.append(rest)


def _thousands(reference: str) -> Iterator[str]:
    if _INTEGER.fullmatch(reference) and abs(int(reference)) >= 1000 and not reference.startswith("0"):
        yield f"{int(reference):,}"
        yield f"{int(reference):,}".replace(",", ",\\!")
        yield f"{int(reference):,}".replace(",", "{,}")
    if re.fullmatch(r"\d{1,3}(?:,\\!\s*\d{3})+", reference):
        yield re.sub(r"[^\d]", "", reference)
        yield reference.replace("\\!", "").replace(" ", "")


def _brackets(reference: str) -> Iterator[str]:
    if re.search(r"\\[(\[]", reference):
        return  # delimiters of mathematics are no brackets
    if "\\left" not in reference and "\\right" not in reference and "\\{" not in reference and re.search(r"[(\[]", reference):
        yield re.sub(r"([(\[])", r"\\left\1", re.sub(r"([)\]])", r"\\right\1", reference))
    elif "\\left" in reference and "\\leftarrow" not in reference and "\\leftr" not in reference:
        yield re.sub(r"\\(?:left|right)(?=[()\[\]]|\\[{}])", "", reference)


def _reordered(reference: str) -> Iterator[str]:
    if _PLAIN_LIST.fullmatch(reference) and not re.fullmatch(r"\d{1,3}(,\d{3})+", reference):
        items = [item.strip() for item in reference.split(",")]
        yield ", ".join(reversed(items))
        yield ", ".join(items[:-1]) + " and " + items[-1]
        yield r"\{" + ",".join(items) + r"\}"
    match = _SET.fullmatch(reference.replace(r"\left", "").replace(r"\right", "").strip())
    if match:
        yield r"\{" + ", ".join(item.strip() for item in reversed(match[1].split(","))) + r"\}"
        yield match[1]


def _inequalities(reference: str) -> Iterator[str]:
    match = _PAIR.fullmatch(reference.replace(r"\left", "").replace(r"\right", "").strip())
    if (
        match is None
        or not (r"\infty" in reference or {match[1], match[4]} != {"(", ")"})
        or {match[1], match[4]} == {"[", "]"}
    ):
        return
    low, high = match[2].strip(), match[3].strip()
    low_operator, high_operator = "<" if match[1] == "(" else r"\le", "<" if match[4] == ")" else r"\leq"
    left = "" if low == r"-\infty" else f"{low} {low_operator} "
    right = "" if high in (r"\infty", r"+\infty") else f" {high_operator} {high}"
    if left or right:
        yield f"{left}x{right}"
    if high == r"\infty":
        yield reference.replace(r"\infty", r"+\infty") if low != r"-\infty" else reference
    yield rf"x \in {reference}"


def _units(reference: str) -> Iterator[str]:
    match = _MEASURED.fullmatch(reference)
    if match:
        yield match[1]
        yield f"{match[1]} {match[2]}"
        yield rf"{match[1]}\mathrm{{~{match[2]}}}"
    match = _DOLLARS.fullmatch(reference)
    if match:
        yield match[1]
        yield f"{match[1]} dollars"
        yield rf"{match[1]}\text{{ dollars}}"
        yield f"${match[1]}"
    match = _DEGREES.fullmatch(reference)
    if match:
        yield rf"{match[1]}^{{\circ}}"
        yield f"{match[1]}°"
        yield f"{match[1]} degrees"
        yield match[1]


def _bases_and_percents(reference: str) -> Iterator[str]:
    match = _BASED.fullmatch(reference)
    if match:
        yield f"{match[1]}_{{{match[2]}}}"
        yield f"{match[1]} (base {match[2]})"
        yield rf"{match[1]}_{{\text{{{_NAMES[int(match[2])]}}}}}" if int(match[2]) < len(_NAMES) else reference
    match = _PERCENT.fullmatch(reference)
    if match:
        yield rf"{match[1]} \%"
        yield f"{match[1]}%"
        yield f"{match[1]} percent"


def _texts(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"\\text\{\s*(\(?[A-Za-z ]+\)?)\s*\}", reference)
    if match:
        yield match[1]
        yield rf"\textbf{{{match[1]}}}"
        if len(match[1]) > 4:
            yield match[1].upper()
        yield match[1].strip("()") if match[1].startswith("(") else match[1] + "."
    if reference.isdigit() and int(reference) < len(_NAMES):
        yield _NAMES[int(reference)]
        yield rf"\text{{{_NAMES[int(reference)]}}}"


def _labels(reference: str) -> Iterator[str]:
    match = re.fullmatch(r"([a-zA-Z]) *= *([^=<>,]+)", reference)
    if match and "\\text" not in reference:
        yield match[2]
    elif _value(reference) is not None or re.fullmatch(r"[\d\\a-z{}+\- ]*\\sqrt\{\d+\}[\d\\a-z{}]*", reference):
        yield f"x = {reference}"


def _roots(reference: str) -> Iterator[str]:
    match = _ROOT_TIMES.fullmatch(reference)
    if match:
        yield rf"{match[1]} \cdot \sqrt{{{match[2]}}}"
        yield rf"\sqrt{{{int(match[1]) ** 2 * int(match[2])}}}"
        yield f"{match[1]}*sqrt({match[2]})"
        yield rf"\sqrt{{{match[2]}}} \times {match[1]}"
    if re.fullmatch(r"[\d\\sqrt{}]*\\sqrt\{\d\}[\d\\sqrt{}]*", reference):
        yield re.sub(r"\\sqrt\{(\d)\}(?!\d)", r"\\sqrt\1", reference)


def _sums(reference: str) -> Iterator[str]:
    match = _SUM.fullmatch(reference)
    if match is None or not match[1].strip() or "%" in reference or re.search("[a-zA-Z]{4,}", reference):
        return
    first, second = match[1].strip(), match[2].strip()
    is_whole = second.count("(") == second.count(")") and second.count("{") == second.count("}")
    if is_whole and not re.search(r"[=<>,]|\\text|[+\-]|\\p[mi]|_|\\cup|\\in", second):
        yield f"{second} + {first}"


def _unicode(reference: str) -> Iterator[str]:
    rewritten = reference
    for latex, character in (
        (r"\pi", "π"),
        (r"\infty", "∞"),
        (r"\cup", "∪"),
        (r"\cdot", "⋅"),
        (r"\times", "×"),
        (r"\le ", "≤ "),
    ):
        rewritten = re.sub(re.escape(latex) + "(?![a-zA-Z])" if latex[-1] != " " else re.escape(latex), character, rewritten)
    if re.match(r"-\d", rewritten):
        rewritten = "−" + rewritten[1:]
    if rewritten != reference:
        yield rewritten


def _matrices(reference: str) -> Iterator[str]:
    if reference.count("{pmatrix}") == 2:
        yield reference.replace("pmatrix", "bmatrix")
        yield re.sub(r"\s*\\\\\s*", r"\\\\", reference)


VARIANTS: Final[dict[str, Rule]] = {
    "wrapped": _wrapped, "spacing": _spaced, "fraction style": _fraction_styles, "equal number": _equal_numbers,
    "thousands": _thousands, "brackets": _brackets, "order": _reordered, "inequality": _inequalities, "unit": _units,
    "base, percent": _bases_and_percents, "text": _texts, "label": _labels, "root": _roots, "sum": _sums,
    "unicode": _unicode, "matrix": _matrices,
}  # fmt: skip


def _sign(reference: str) -> Iterator[str]:
    value = _value(reference)
    if value is not None and value != 0:
        yield _written(-value)
    elif (
        value is None
        and re.match(r"\d*\\sqrt|\\frac|\\pi|\d+\\pi|\d+\\s", reference)
        and not re.search(r"[=<>,+\-]|\\text|\\pm", reference)
    ):
        yield f"-{reference}"


def _digits(reference: str) -> Iterator[str]:
    match = re.search(r"(?<![\d_.{])(\d*)(\d)(\d)(\d*)(?![\d.])", reference)
    if (
        match
        and match[2] != match[3]
        and not (match[2] + match[3]).startswith("0")
        and not re.search(r"=|\\text|[a-zA-Z]{4,}", reference.replace("frac", "").replace("sqrt", ""))
    ):
        changed = reference[: match.start()] + match[1] + match[3] + match[2] + match[4] + reference[match.end() :]
        if int(match[1] + match[3] + match[2] + match[4]) != int(match[0]):
            yield changed


def _off_by_one(reference: str) -> Iterator[str]:
    value = _value(reference)
    if value is not None:
        yield _written(value + 1)
        yield _written(value - Fraction(1, value.denominator))
    elif not re.search(r"=|\\text|0|[a-zA-Z]{5,}|_", reference.replace("frac", "")):
        numbers = list(re.finditer(r"(?<![\d.])\d+(?![\d.])", reference))
        for number in numbers[:1] + numbers[-1:]:
            yield reference[: number.start()] + str(int(number[0]) + 1) + reference[number.end() :]


def _open_or_closed(reference: str) -> Iterator[str]:
    match = _PAIR.fullmatch(reference.replace(r"\left", "").replace(r"\right", "").strip())
    if match is None:
        return
    if r"\infty" not in match[2]:
        yield f"{'[' if match[1] == '(' else '('}{match[2]},{match[3]}{match[4]}"
    if r"\infty" not in match[3]:
        yield f"{match[1]}{match[2]},{match[3]}{']' if match[4] == ')' else ')'}"
    if match[2].strip() != match[3].strip() and r"\infty" not in reference:
        yield f"{match[1]}{match[3].strip()},{match[2].strip()}{match[4]}"


def _wrong_base_or_unit(reference: str) -> Iterator[str]:
    match = _BASED.fullmatch(reference)
    if match:
        yield f"{match[1]}_{int(match[2]) + 1}"
        yield match[1]
    match = _MEASURED.fullmatch(reference)
    if match and match[2] not in ("degrees", "degree"):
        yield rf"{match[1]}\text{{ kilograms}}" if "gram" not in match[2] else rf"{match[1]}\text{{ cm}}"
        yield rf"{match[1]}\text{{ {match[2].removesuffix('s')}}}^2"
    match = _DOLLARS.fullmatch(reference)
    if match:
        yield rf"{match[1]}\text{{ cents}}"
        yield f"€{match[1]}"


def _percent(reference: str) -> Iterator[str]:
    match = _PERCENT.fullmatch(reference)
    if match:
        yield match[1]
        if "." not in match[1]:
            yield f"{match[1]}00%"
    value = _value(reference)
    if value is not None and value != 0:
        yield rf"{reference}\%"
        yield _written(value / 100)


def _dropped(reference: str) -> Iterator[str]:
    without_root = re.sub(
        r"\\sqrt\{(\d+)\}", r"{\1}" if re.match(r".*\d\\sqrt|.*\}\\sqrt", reference) else r"\1", reference, count=1
    )
    if without_root != reference and r"\sqrt{1}" not in reference and not re.search(r"\d\{\d", without_root):
        yield without_root
    if r"\pi" in reference and re.fullmatch(r"-?\d+\s*\\pi", reference):
        yield reference.replace(r"\pi", "")
    if _PLAIN_LIST.fullmatch(reference) and not re.fullmatch(r"\d{1,3}(,\d{3})+", reference):
        items = [item.strip() for item in reference.split(",")]
        yield ", ".join(items[:-1])
        yield ", ".join([*items, items[0]])


def _rounded(reference: str) -> Iterator[str]:
    value = _value(reference)
    if value is not None and 10**12 % value.denominator:
        yield f"{float(value):.6f}"
        yield f"{float(value):.2f}"
    if value is not None and value.denominator == 1 and abs(value) >= 10**5:
        yield f"{int(value) + 1}"
        yield f"{float(value) * 1.000001:.3f}"


NEAR_MISSES: Final[dict[str, Rule]] = {
    "sign": _sign, "digit swap": _digits, "off by one": _off_by_one, "open or closed": _open_or_closed,
    "base or unit": _wrong_base_or_unit, "percent": _percent, "dropped": _dropped, "rounded": _rounded,
}  # fmt: skip
