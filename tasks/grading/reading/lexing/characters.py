r"""Write Unicode's mathematics as LaTeX, one meaning per sign. What has no mathematical meaning stays as it is.

Nothing is folded that tells two answers apart: superscripts become `^{..}`, subscripts `_{..}`; circled digits, Roman numerals
and emoji are left alone. Full-width forms and mathematical alphabets are the same letters in another font.
"""

import re
import unicodedata
from typing import Final

_SUPER: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "0123456789+-=()niabcdefghjklmoprstuvwxyz", strict=True))
_SUB: Final = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-=()aehijklmnoprstuvx", strict=True))
_SUPER_RUN = re.compile("[" + "".join(map(re.escape, _SUPER)) + "]+")
_SUB_RUN = re.compile("[" + "".join(map(re.escape, _SUB)) + "]+")
_VULGAR = re.compile("[¼-¾⅐-⅞↉]")
_OTHER_FONT = re.compile("[\U0001d400-\U0001d7ff\uff01-\uff5e\u3000㎀-㏟ℎℓ]")
_WORD_UNITS: Final = {"㎡": "m^2", "㎥": "m^3", "㎠": "cm^2", "㎤": "cm^3", "㎢": "km^2", "℃": r"\degree C", "℉": r"\degree F"}

_GREEK_NAMES: Final = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega phi epsilon theta"
)
_SYMBOLS: Final = {
    "−": "-", "‐": "-", "‑": "-", "‒": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∗": "*", "÷": r"\div ",
    "∕": "/", "⁄": "/",
    "√": r"\sqrt ", "∛": r"\sqrt[3]", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≦": r"\le ",
    "≧": r"\ge ",
    "≠": r"\ne ", "±": r"\pm ", "∓": r"\mp ", "°": r"\degree ", "º": r"\degree ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ",
    "∉": r"\notin ",
    "∅": r"\emptyset ", "ø": r"\emptyset ", "Ø": r"\emptyset ", "≈": r"\approx ", "≡": r"\equiv ", "→": r"\to ", "∣": "|",
    "∶": ":",
    "∖": r"\setminus ", "∧": r"\land ", "∨": r"\lor ", "∑": r"\sum ", "∏": r"\prod ", "∫": r"\int ", "∂": r"\partial ",
    "∠": r"\angle ",
    "△": r"\triangle ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "⟨": r"\langle ",
    "⟩": r"\rangle ",
    "’": "'", "‘": "'", "′": "'", "″": "''", "“": '"', "”": '"', "…": r"\ldots ", "∎": r"\square ", "□": r"\square ",
    "€": r"\euro ", "£": r"\pounds ", "¥": r"\yen ", "₹": r"\rupees ", "¢": r"\cents ", "、": ", ", "。": ". ", "，": ", ",
    "；": "; ", "：": ": ",
    "（": "(", "）": ")", "【": "[", "】": "]", "µ": r"\mu ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}",
    "ℚ": r"\mathbb{Q}",
    "ℂ": r"\mathbb{C}", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\u2061": "", "\u2062": "", "\ufeff": "",
    **{letter: f"\\{name} " for letter, name in zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩϕϵϑ", _GREEK_NAMES.split(), strict=True)},
}  # fmt: skip
_SYMBOL = re.compile("|".join(map(re.escape, _SYMBOLS)))
_RANGE_DASH = re.compile(r"(?<=\d)\s*[–—]\s*(?=[\d.])")

RANGE: Final = "\\range "
"""A dash between two numbers: 10–15 is no difference."""


def as_latex(text: str) -> str:
    r"""Return the text with Unicode's mathematics as LaTeX: `√2 ≤ x²` as `\sqrt 2 \le x^{2}`."""
    if text.isascii():
        return text
    text = _SUPER_RUN.sub(lambda match: "^{" + "".join(map(_SUPER.__getitem__, match[0])) + "}", text)
    text = _SUB_RUN.sub(lambda match: "_{" + "".join(map(_SUB.__getitem__, match[0])) + "}", text)
    text = _RANGE_DASH.sub(lambda _: RANGE, text).replace("–", "-").replace("—", "-")
    text = _SYMBOL.sub(lambda match: _SYMBOLS[match[0]], text)
    text = _VULGAR.sub(lambda match: r"\frac{" + unicodedata.normalize("NFKC", match[0]).replace("⁄", "}{") + "}", text)
    for sign, unit in _WORD_UNITS.items():
        text = text.replace(sign, f" {unit}")
    return _OTHER_FONT.sub(lambda match: _plain(match[0]), text)


def _plain(character: str) -> str:
    """Return a letter of another font, a full-width sign or a square unit (㎝) in plain letters."""
    plain = unicodedata.normalize("NFKC", character)
    if "\u3380" <= character <= "\u33df":
        return " " + plain.replace("μ", r"\mu ")
    return as_latex(plain) if plain != character else character
