r"""Read units of measure and compare values that carry them.

A unit is optional: `5` equals `5 cm` (problems say "in centimetres" and references leave the unit out as often as not), `5 cm`
equals `0.05 m`, and `5 cm` never equals `5 kg`. A word that is no known unit (`12 apples`) is a dimension of its own.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_INCH = Fraction(254, 10000)
_POUND = Fraction(45359237, 100000000)

_TABLE: Final[dict[str, tuple[str, Fraction]]] = {
    name: (dimension, Fraction(factor))
    for dimension, factor, names in (
        ("length", Fraction(1, 1000), "mm millimeter millimetre"),
        ("length", Fraction(1, 100), "cm centimeter centimetre"),
        ("length", Fraction(1, 10), "dm decimeter decimetre"),
        ("length", Fraction(1), "m meter metre"),
        ("length", Fraction(1000), "km kilometer kilometre"),
        ("length", _INCH, "in inch inches"),
        ("length", 12 * _INCH, "ft foot feet"),
        ("length", 36 * _INCH, "yd yard"),
        ("length", 63360 * _INCH, "mi mile"),
        ("mass", Fraction(1, 1000), "mg milligram"),
        ("mass", Fraction(1), "g gm gram"),
        ("mass", Fraction(1000), "kg kilogram kilo"),
        ("mass", 1000 * _POUND, "lb lbs pound"),
        ("mass", 1000 * _POUND / 16, "oz ounce"),
        ("time", Fraction(1), "s sec second"),
        ("time", Fraction(60), "min minute"),
        ("time", Fraction(3600), "h hr hrs hour"),
        ("time", Fraction(86400), "day"),
        ("time", Fraction(604800), "week"),
        ("month", Fraction(1), "month"),
        ("month", Fraction(12), "yr year"),
        ("volume", Fraction(1, 1000), "ml mL milliliter millilitre"),
        ("volume", Fraction(1), "l L liter litre"),
        ("gallon", Fraction(1), "gal gallon"),
        ("gallon", Fraction(1, 4), "qt quart"),
        ("gallon", Fraction(1, 8), "pt pint"),
        ("gallon", Fraction(1, 16), "cup"),
        ("money", Fraction(1), "\\dollar dollar usd"),
        ("money", Fraction(1, 100), "cent ¢"),
        ("euro", Fraction(1), "\\euro euro"),
        ("sterling", Fraction(1), "\\pounds"),
        ("yen", Fraction(1), "\\yen yen"),
        ("angle", Fraction(1), "\\degree degree deg"),
        ("angle_rad", Fraction(1), "rad radian"),
        ("celsius", Fraction(1), "\\degreeC celsius"),
        ("fahrenheit", Fraction(1), "\\degreeF fahrenheit"),
        ("before noon", Fraction(1), "am a.m"),
        ("after noon", Fraction(1), "pm p.m"),
        ("count", Fraction(1), "unit"),
    )
    for name in names.split()
}
_ALIASES: Final = {
    "mph": "mile per hour",
    "kmh": "km per h",
    "kph": "km per h",
    "kmph": "km per h",
    "cc": "cm^3",
    "sqft": "ft^2",
    "bucks": "dollar",
}
_CURRENCY: Final = (r"\dollar", r"\euro", r"\pounds", r"\yen")

_POWER = r"(?:\s*\^\s*\{?\s*[23]\s*\}?)?"
_TEXT_UNIT = re.compile(r"(?P<unit>(?:\s*\\text\{[^{}]*\}" + _POWER + r"(?:\s*(?:/|\\cdot)\s*)?)+(?:(?<=/)[a-z]+)?)$")
_DEGREE_UNIT = re.compile(r"(?P<unit>\\degree\s*(?:\\text\{\s*[CF]\s*\}|[CF])?)$")
_CURRENCY_UNIT = re.compile(r"(?P<unit>\\(?:dollar|euro|pounds|yen))\s*$")
_KNOWN_BARE = "|".join(
    sorted(
        (n for n in (*_TABLE, *_ALIASES) if n.isalpha() and len(n) > 1 and n not in ("in", "pt", "rad")), key=len, reverse=True
    )
)
_BARE_UNIT = re.compile(
    r"(?<=[\d}\s)])\s*(?P<unit>(?:(?:square|sq\.?|cubic|cu\.?)\s*)?(?:" + _KNOWN_BARE + r")(?:es|s)?" + _POWER
    + r"(?:\s*(?:/|per)\s*(?:" + _KNOWN_BARE + r"|[smh])(?:es|s)?" + _POWER + r")?)$"
)  # fmt: skip
_WORD_UNIT = re.compile(r"^-?[\d.,/\s]*\d\s*(?P<unit>[a-z]{3,}(?:\s+[a-z]{2,}){0,3})$", re.IGNORECASE)
_SINGLE_LETTER_UNIT = re.compile(r"^-?[\d.]+\s*(?P<unit>[mgsh]|[cmk]?m\^\{?[23]\}?|[cmk]?m/[sh](?:\^\{?2\}?)?)$")
_LEADING = re.compile(r"^(?P<sign>-?)\s*(?P<unit>\\(?:dollar|euro|pounds|yen))\s*(?P<rest>.+)$", re.DOTALL)
_FACTOR = re.compile(r"(?P<name>[^\^]+?)\s*(?:\^\s*\{?\s*(?P<power>[23])\s*\}?)?")


_VARIABLE = re.compile(r"[a-zA-Z]")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_CLEAR: Final = frozenset({"cm", "mm", "km", "kg", "ft", "lb", "oz", "ml", "mL", "am", "pm", "cc"})
"""Abbreviations that nobody writes for a product of variables, where the value itself has no letter."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a value is measured in: powers of dimensions in order of their names, and how many base units one is.

    certain is False for a single letter that may as well be a variable: `6m`.
    """

    dimensions: tuple[tuple[str, int], ...]
    factor: Fraction
    certain: bool = True

    @property
    def is_degree(self) -> bool:
        """Whether this is an angle in degrees."""
        return self.dimensions == (("angle", 1),)


def split_unit(text: str) -> tuple[str, Unit | None]:
    r"""Return the value of a normalised scalar without its unit, and the unit: `5\text{ cm}^2` as `5` and cm^2."""
    leading = _LEADING.match(text)
    if leading is not None:
        value, _ = split_unit(leading["rest"])
        return leading["sign"] + value, unit_named(leading["unit"])
    for pattern in (_CURRENCY_UNIT, _DEGREE_UNIT, _TEXT_UNIT, _BARE_UNIT, _WORD_UNIT, _SINGLE_LETTER_UNIT):
        match = pattern.search(text)
        if match is None:
            continue
        value = text[: match.start("unit")].strip()
        short = pattern is _BARE_UNIT and len(match["unit"]) == 2
        if short and _VARIABLE.search(_COMMAND.sub("", value)):
            continue
        doubtful = pattern is _SINGLE_LETTER_UNIT or (short and match["unit"] not in _CLEAR)
        unit = unit_named(match["unit"], certain=not doubtful)
        if value and unit is not None:
            return value, unit
    return text, None


def unit_named(text: str, *, certain: bool = True) -> Unit | None:
    """Return the unit that a text names, None for an empty text. Unknown words are units of their own."""
    plain = re.sub(r"\\text\{([^{}]*)\}", r" \1 ", text.replace(r"\cdot", " "))
    plain = re.sub(r"(?<![a-z])(?:square|sq\.?)\s*([a-zA-Z]+)", r"\1^2", plain)
    plain = re.sub(r"(?<![a-z])(?:cubic|cu\.?)\s*([a-zA-Z]+)", r"\1^3", plain)
    plain = re.sub(r"\\degree\s*([CF])(?![a-zA-Z])", r"\\degree\1", plain)
    plain = _ALIASES.get(plain.strip(), plain)
    dimensions: dict[str, int] = {}
    factor = Fraction(1)
    for index, side in enumerate(re.split(r"/|\bper\b|(?<=[a-z])per(?=[a-z])", plain)):
        sign = 1 if index == 0 else -1
        for dimension, power, size in _factors(side.strip(" .")):
            dimensions[dimension] = dimensions.get(dimension, 0) + sign * power
            factor *= size ** (sign * power)
    if not dimensions:
        return None
    return Unit(tuple(sorted(dimensions.items())), factor, certain)


def _factors(side: str) -> list[tuple[str, int, Fraction]]:
    """Return dimension, power and size of a product of units; several unknown words are one unit."""
    side = re.sub(r"\s*\^\s*", "^", side)
    side = re.sub(r"\^\{?\s*([23])\s*\}?", r"^\1", side)
    if not side:
        return []
    words = [side] if side in _TABLE else side.split()
    found = [_FACTOR.fullmatch(word) for word in words]
    names = [_singular(match["name"]) if match is not None else "" for match in found]
    if any(name not in _TABLE for name in names):
        return [("the " + _singular(side.lower()), 1, Fraction(1))]
    return [_sized(name, int(match["power"] or 1)) for name, match in zip(names, found, strict=True) if match is not None]


def _sized(name: str, power: int) -> tuple[str, int, Fraction]:
    dimension, size = _TABLE[name]
    return dimension, power, size


def _singular(word: str) -> str:
    """Return the table's spelling of a unit's name, or the word without its plural s."""
    for candidate in (word, word.lower(), word.lower().removesuffix("s"), word.lower().removesuffix("es")):
        if candidate in _TABLE:
            return candidate
    return word.lower().removesuffix("s")
