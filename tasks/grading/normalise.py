r"""Bring an answer into one spelling, without deciding what it means.

The result is LaTeX in which `\frac`, `\sqrt`, `^` and `_` have braces, products are `\cdot`, spacing commands are gone, text is
`\text{...}`, a percent sign is `\%`, degrees are `\degree` and a currency sign is `\dollar` (or `\euro`, `\pounds`, `\yen`).
"""

import re
import unicodedata
from typing import Final

from tasks.grading.latex import closing, split_glued

_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]+")
_VULGAR = re.compile("[¼-¾⅐-⅞↉]")

_SYMBOLS: Final = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "×": r"\cdot ", "·": r"\cdot ", "⋅": r"\cdot ", "∗": r"\cdot ", "÷": "/",
    "√": r"\sqrt ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≠": r"\ne ", "±": r"\pm ",
    "∓": r"\mp ", "°": r"\degree ", "º": r"\degree ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ",
    "ø": r"\emptyset ", "Ø": r"\emptyset ", "≈": r"\approx ", "→": r"\to ", "∣": "|", "’": "'", "‘": "'", "“": '"', "”": '"',
    "€": r"\euro ", "£": r"\pounds ", "¥": r"\yen ", "％": "%", "⁄": "/", "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ",
    "δ": r"\delta ", "ε": r"\varepsilon ", "θ": r"\theta ", "λ": r"\lambda ", "μ": r"\mu ", "π": r"\pi ", "ρ": r"\rho ",
    "σ": r"\sigma ", "τ": r"\tau ", "φ": r"\phi ", "ω": r"\omega ", "Δ": r"\Delta ", "Σ": r"\Sigma ", "Ω": r"\Omega ",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}",
}  # fmt: skip
_SYMBOL = re.compile("|".join(map(re.escape, _SYMBOLS)))

# What Python makes of "\\tfrac", "\\frac" and "\\binom" where somebody forgot the r of r"...".
_ESCAPES: Final = {"\t": r"\t", "\f": r"\f", "\b": r"\b"}
_ESCAPED = re.compile("\t(?=frac|ext|imes|heta|an)|\f(?=rac)|\b(?=inom|eta|egin)".replace("\b", "\\x08"))

_REWRITINGS: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # Thousands: 6,\!000 and 6{,}000 and 10\,080 and 10 080 (a comma alone is decided where lists are read).
        (r"(?<=\d)\s*(?:,\s*\\!|\{\s*,\s*(?:\\!)?\s*\})\s*(?=\d{3}(?!\d))", ""),
        (r"(?<![\d.])(\d{1,3})((?:\\[,;:! ]\s*\d{3})+)(?![\d.])", lambda match: match[1] + re.sub(r"\D", "", match[2])),
        (r"^(-?\d{1,3})((?:\s\d{3})+)$", lambda match: match[1] + re.sub(r"\D", "", match[2])),
        (
            r"\\(?:displaystyle|textstyle|limits|quad|qquad|hfill|hspace\{[^}]*\}|phantom\{[^}]*\}|mathrm\{\s*\})(?![a-zA-Z])",
            " ",
        ),
        (r"\\(?:left|right|middle|[bB]ig+[lrm]?)(?=\s*(?:[()\[\]{}|./<>]|\\[{}|]|\\[a-zA-Z]))\s*\.?", ""),
        (r"(?<!\\)\\[!,;:> ]|~", " "),
        (r"(?<!\\)\\\\(?=(?:[dt]?frac|sqrt|pi|text)(?![a-zA-Z]))", r"\\"),
        (r"\\[dtc]frac(?![a-zA-Z])", r"\\frac"),
        (r"\\[dt]binom(?![a-zA-Z])", r"\\binom"),
        (r"\\(?:leqslant|leq|le)(?![a-su-zA-Z])(?!ft)|<=|=<(?!=)", r"\\le "),
        (r"\\(?:geqslant|geq|ge)(?![a-zA-Z])|>=", r"\\ge "),
        (r"\\(?:neq|ne)(?![a-zA-Z])|!=|≠", r"\\ne "),
        (r"\\lt(?![a-zA-Z])", "<"),
        (r"\\gt(?![a-zA-Z])", ">"),
        (r"\\lbrace(?![a-zA-Z])", r"\\{"),
        (r"\\rbrace(?![a-zA-Z])", r"\\}"),
        (r"\\lbrack(?![a-zA-Z])", "["),
        (r"\\rbrack(?![a-zA-Z])", "]"),
        (r"\\(?:lvert|rvert|vert)(?![a-zA-Z])", "|"),
        (r"\\(?:mid|colon)(?![a-zA-Z])", "|"),
        (r"\\varnothing(?![a-zA-Z])|\\text\s*\{\s*(?:empty set|the empty set)\s*\}|\\\{\s*\\\}", r"\\emptyset "),
        (
            r"\\(?:operatorname\*?|mathrm|mathbf|mathit|mathsf|boldsymbol|bf|textbf|textit|textrm|textsf|textnormal|mbox|hbox|text)\s*(?=\{)",
            r"\\text",
        ),
        (r"\\text\{((?:arc)?(?:sin|cos|tan|cot|sec|csc)h?|ln|log|exp|max|gcd|lcm|det|arg|min(?=\}\s*[({_\\]))\}", r"\\\1 "),
        (r"\\text\{\s*(-?[\d.,]+|)\s*\}", r"\1"),
        (r"(?<![\d}])\\text\{([a-zA-Z])\}", r"\1"),
        (r"^\\text\{(\s*-?[\d.][^{}]*)\}$", r"\1"),
        (r"^(?:\\text\{)?\s*all (?:real numbers|reals)\s*\}?$|^\\mathbb\s*\{?R\}?$", r"(-\\infty,\\infty)"),
        (r"\^\s*\{?\s*\\(?:circ|degree)\s*\}?|\\degree(?![a-zA-Z])|\\text\{\s*degrees?\s*\}", r"\\degree "),
        (r"\\text\{\s*(?:per ?cent|percentage|pct)\s*\}|\b(?:per ?cent|percentage|pct)\b|\\?%", r"\\% "),
        (r"\\times(?![a-zA-Z])|(?<!\*)\*(?!\*)|\\ast(?![a-zA-Z])", r"\\cdot "),
        (r"\*\*", "^"),
        (r"(?<=\d)[eE]([+-]\d{2,})(?!\d)", r"\\cdot 10^{\1}"),  # how Python prints 1e-05; 2e-3 is 2e - 3
        (r"\\div(?![a-zA-Z])", "/"),
        (r"\\cdots?(?=[a-zA-Z])(?!s)", r"\\cdot "),
        (r"(?<![\\a-zA-Z])(?:infinity|inf|oo)(?![a-zA-Z])", r"\\infty "),
        (r"(?<![\\a-zA-Z])(sqrt|pi|sin|cos|tan|cot|sec|csc|ln|log|exp|arcsin|arccos|arctan)(?![a-zA-Z])", r"\\\1 "),
        (r"\\a(sin|cos|tan)(?![a-zA-Z])", r"\\arc\1"),
        (r"\\bar(?=\{\d+\})|\\overline\s+(?=\d)", r"\\overline"),
        (r"\+\s*\\infty", r"\\infty"),
    )
)
_LINE_BREAK = re.compile(r"(?:\\\\\s*)+$")
_WRAPPERS: Final = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"), ("$", "$"), ("**", "**"), ("`", "`"))
_BOXES: Final = (r"\boxed", r"\fbox")
_TRAILING = " \t\r\n.,;:"


def _without_wrappers(text: str) -> str:
    """Return the text inside \\boxed{}, dollar signs and other wrappers of the whole answer."""
    while True:
        text = text.strip()
        inner = text
        for opening, ending in _WRAPPERS:
            body = inner[len(opening) : len(inner) - len(ending)]
            if (
                len(inner) > len(opening) + len(ending)
                and inner.startswith(opening)
                and inner.endswith(ending)
                and opening not in body
            ):
                inner = body.strip()
        for box in _BOXES:
            start = len(box)
            if inner.startswith(box + "{") and closing(inner, start) == len(inner) - 1:
                inner = inner[start + 1 : -1]
        inner = _without_trailing(inner)
        if inner == text:
            return text
        text = inner


def _without_trailing(text: str) -> str:
    """Return the text without the punctuation that ends a sentence; `\\,` and `\\;` at the end are spacing."""
    stripped = text.rstrip(_TRAILING)
    return stripped[:-1] if stripped.endswith("\\") and not stripped.endswith("\\\\") and stripped != text else stripped


def _currency(text: str) -> str:
    """Return the text with currency signs as \\dollar and with the dollar signs that delimit mathematics removed."""
    text = re.sub(r"\\\$", r"\\dollar ", text)
    if text.count("$") % 2 and re.match(r"-?\s*\$\s*-?[\d.]", text):
        text = text.replace("$", r"\dollar ", 1)
    return text.replace("$", " ")


def _unicode(text: str) -> str:
    """Return the text with Unicode's mathematics written as LaTeX."""
    text = _SUPERSCRIPT_RUN.sub(lambda match: f"^{{{match[0].translate(_SUPERSCRIPTS)}}}", text)
    text = _SYMBOL.sub(lambda match: _SYMBOLS[match[0]], text)
    text = _VULGAR.sub(lambda match: r"\frac{" + unicodedata.normalize("NFKC", match[0]).replace("⁄", "}{") + "}", text)
    return unicodedata.normalize("NFKC", text)


def normalise(text: str) -> str:
    r"""Return the answer in one spelling; `\dfrac12.` becomes `\frac12`. Braces are added when tokens are read."""
    text = split_glued(_currency(_without_wrappers(_unicode(_ESCAPED.sub(lambda match: _ESCAPES[match[0]], text)))))
    for pattern, replacement in _REWRITINGS:
        text = pattern.sub(replacement, text)
    return re.sub(r"\s+", " ", _without_wrappers(_LINE_BREAK.sub("", text))).strip()
