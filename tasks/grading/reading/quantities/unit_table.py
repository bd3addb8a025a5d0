"""The units that are known: dimension and size in base units (metre, gram, second, dollar, degree, kelvin, ampere, bit)."""

from fractions import Fraction
from typing import Final

_INCH = Fraction(254, 10000)
_POUND = Fraction(45359237, 100000)
GRAVITY = Fraction(980665, 100000)
_LITRE = Fraction(1, 1000)
_GALLON = 231 * _INCH**3
_FORCE = "mass length time^-2"
_ENERGY = "mass length^2 time^-2"
_POWER = "mass length^2 time^-3"
_PRESSURE = "mass length^-1 time^-2"

_PREFIXES: Final = {
    "n": ("nano", Fraction(1, 10**9)), r"\mu": ("micro", Fraction(1, 10**6)), "u": ("", Fraction(1, 10**6)), "m": ("milli",
    Fraction(1, 1000)),
    "c": ("centi", Fraction(1, 100)), "d": ("deci", Fraction(1, 10)), "k": ("kilo", Fraction(1000)), "M": ("mega",
    Fraction(10**6)),
    "G": ("giga", Fraction(10**9)),
}  # fmt: skip

_PLAIN: Final = (
    ("length", Fraction(1), "meter metre"), ("length", _INCH, "in inch inches"), ("length", 12 * _INCH, "ft foot feet"),
    ("length", 36 * _INCH, "yd yard"), ("length", 63360 * _INCH, "mi mile"), ("length", Fraction(1852), "nauticalmile"),
    ("length", Fraction(9460730472580800), "lightyear"),
    ("length^2", Fraction(10000), "ha hectare"), ("length^2", 4840 * (36 * _INCH) ** 2, "acre"),
    ("length^3", _LITRE, "liter litre"), ("length^3", Fraction(1, 10**6), "cc"), ("length^3", _GALLON, "gal gallon"),
    ("length^3", _GALLON / 4, "qt quart"), ("length^3", _GALLON / 8, "pt pint"), ("length^3", _GALLON / 16, "cup"),
    ("length^3", _GALLON / 256, "tbsp tablespoon"), ("length^3", _GALLON / 768, "tsp teaspoon"), ("length^3", _GALLON / 128,
    "floz"),
    ("mass", Fraction(1), "gram gm gms gramme"), ("mass", Fraction(1000), "kilo"), ("mass", Fraction(10**6), "tonne"),
    ("mass", _POUND, "lb lbs pound"), ("mass", _POUND / 16, "oz ounce"), ("mass", 2000 * _POUND, "ton"),
    ("time", Fraction(1), "sec second"), ("time", Fraction(60), "min mins minute"), ("time", Fraction(3600), "hr hrs hour"),
    ("time", Fraction(86400), "day"), ("time", Fraction(604800), "week wk"), ("time", Fraction(86400 * 14), "fortnight"),
    ("month", Fraction(1), "month mo"), ("month", Fraction(12), "yr yrs year"), ("month", Fraction(120), "decade"),
    ("month", Fraction(1200), "century centuries"),
    ("length time^-1", 63360 * _INCH / 3600, "mph"), ("length time^-1", Fraction(10, 36), "kmh kph kmph"), ("length time^-1",
    Fraction(1852, 3600), "knot"),
    ("length^2", (12 * _INCH) ** 2, "sqft"), ("length^2", Fraction(1), "sqm"),
    (_FORCE, Fraction(1000), "newton"), (_FORCE, _POUND * GRAVITY, "lbf"), (_ENERGY, Fraction(1000), "joule"), (_ENERGY,
    Fraction(4184), "cal calorie"),
    (_ENERGY, Fraction(4184000), "kcal"), (_ENERGY, Fraction(3600000) * 1000, "kwh"), (_POWER, Fraction(1000), "watt"),
    (_POWER, Fraction(745700), "hp horsepower"),
    (_PRESSURE, Fraction(1000), "pa pascal"), (_PRESSURE, Fraction(10**8), "bar"), (_PRESSURE, Fraction(101325000),
    "atm atmosphere"),
    (_PRESSURE, _POUND * GRAVITY / _INCH**2, "psi"),
    ("time^-1", Fraction(1), "hz hertz"), ("time^-1", Fraction(1, 60), "rpm"), ("current", Fraction(1), "amp ampere"),
    ("charge", Fraction(1), "coulomb"),
    ("voltage", Fraction(1), "volt"), ("resistance", Fraction(1), r"ohm \Omega"), ("capacity", Fraction(1), "farad"),
    ("kelvin", Fraction(1), "kelvin"),
    ("amount", Fraction(1), "mol mole"), ("information", Fraction(1), "bit"), ("information", Fraction(8), "byte"),
    ("information", Fraction(8000), "kb"), ("information", Fraction(8 * 10**6), "mb"), ("information", Fraction(8 * 10**9),
    "gb"),
    ("money", Fraction(1), r"\dollar dollar usd buck"), ("money", Fraction(1, 100), r"\cents cent ¢ penny pennies"),
    ("money", Fraction(1, 4), "dollarquarter"), ("euro", Fraction(1), r"\euro euro eur"), ("sterling", Fraction(1),
    r"\pounds gbp"),
    ("yen", Fraction(1), r"\yen yen"), ("rupee", Fraction(1), r"\rupees rs rupee inr"), ("yuan", Fraction(1), "yuan rmb 元"),
    ("angle", Fraction(1), r"\degree degree deg"), ("angle", Fraction(1, 60), "arcminute arcmin"), ("angle_rad", Fraction(1),
    "rad radian"),
    ("angle", Fraction(360), "revolution rev turn"),
    ("celsius", Fraction(1), "degreec celsius"), ("fahrenheit", Fraction(1), "degreef fahrenheit"),
    ("unit", Fraction(1), "unit"), ("length", Fraction(1), "米"), ("length", Fraction(1, 100), "厘米"),
    ("length", Fraction(1000), "千米 公里"), ("mass", Fraction(1), "克"), ("mass", Fraction(1000), "千克 公斤"), ("time",
    Fraction(3600), "小时"),
    ("time", Fraction(60), "分钟"), ("time", Fraction(1), "秒"), ("the 个", Fraction(1), "个"), ("the 人", Fraction(1), "人"),
)  # fmt: skip
_PREFIXED: Final = {
    "m": ("length", Fraction(1), "meter metre"), "g": ("mass", Fraction(1), "gram gramme"), "s": ("time", Fraction(1),
    "second"),
    "l": ("length^3", _LITRE, "liter litre"), "w": (_POWER, Fraction(1000), "watt"), "n": (_FORCE, Fraction(1000), "newton"),
    "j": (_ENERGY, Fraction(1000), "joule"), "pa": (_PRESSURE, Fraction(1000), "pascal"), "hz": ("time^-1", Fraction(1),
    "hertz"),
    "v": ("voltage", Fraction(1), "volt"), "a": ("current", Fraction(1), "ampere amp"), "mol": ("amount", Fraction(1), "mole"),
    r"\Omega": ("resistance", Fraction(1), "ohm"),
}  # fmt: skip


def _table() -> dict[str, tuple[str, Fraction]]:
    table: dict[str, tuple[str, Fraction]] = {}
    for symbol, (dimension, size, names) in _PREFIXED.items():
        table[symbol] = (dimension, size)
        for prefix, (spelled, factor) in _PREFIXES.items():
            # Without regard to case, mega and giga would be milli and gram: they are in WITH_CAPITALS.
            if prefix not in ("M", "G"):
                table[prefix + symbol] = (dimension, size * factor)
            for name in names.split() if spelled else ():
                table[spelled + name] = (dimension, size * factor)
    table |= {name: (dimension, size) for dimension, size, names in _PLAIN for name in names.split()}
    table["h"] = table["hour"]
    table["d"] = table["day"]
    return table


TABLE: Final = _table()
"""Lower case names in the singular, and symbols."""
for _symbol in ("W", "N", "J", "Pa", "Hz", "V"):
    for _capital, _factor in (("M", 10**6), ("G", 10**9)):
        TABLE[f"\\{_capital}{_symbol}"] = (_PREFIXED[_symbol.lower()][0], _PREFIXED[_symbol.lower()][1] * _factor)
WITH_CAPITALS: Final = {
    f"{capital}{symbol}": f"\\{capital}{symbol}" for symbol in ("W", "N", "J", "Pa", "Hz", "V") for capital in ("M", "G")
}
"""Symbols where the capital makes a difference: MW is no mW."""
SINGLE_LETTERS: Final = {
    "m": "m", "M": "m", "g": "g", "G": "g", "s": "s", "S": "s", "h": "h", "H": "h", "l": "l", "L": "l", "W": "w", "N": "n",
    "J": "j", "V": "v",
    "A": "a", "K": "kelvin", "d": "d",
}  # fmt: skip
DEGREE_UNITS: Final = {"C": "celsius", "F": "fahrenheit"}
