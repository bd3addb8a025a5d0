"""Read clock times and dates: 6:00 PM, 18:00, 8 p.m. on Saturday, noon; May 5, 5 May 2020, 2020-05-06."""

import re
from typing import Final

from tasks.grading.values.types import ClockTime, Date

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DAY = r"(?:on\s+)?(?P<{0}>" + "|".join(_DAYS) + r")"
_TIME = re.compile(
    r"(?:"
    + _DAY.format("before")
    + r",?\s*(?:at\s+)?)?(?:at\s+)?(?P<hour>\d{1,2})(?:\s*[:.]\s*(?P<minute>\d\d)(?:\s*:\s*(?P<second>\d\d))?)?"
    r"(?:\s*(?P<half>a\.?\s*m\.?|p\.?\s*m\.?|noon|midnight|uhr|h|hours?|hrs|o'?clock"
    r"|in the (?:morning|afternoon|evening)|at night))?"
    r"(?:,?\s*" + _DAY.format("after") + r")?"
)
_HALVES: Final = {
    "am": "am", "pm": "pm", "noon": "pm", "midnight": "am", "uhr": "24", "h": "24", "hours": "24", "hour": "24", "hrs": "24",
    "o'clock": "",
    "oclock": "", "in the morning": "am", "in the afternoon": "pm", "in the evening": "pm", "at night": "pm",
}  # fmt: skip
_NEEDS_COLON: Final = frozenset(("", "uhr", "h", "hours", "hour", "hrs"))
_MONTH = r"(?P<month>" + "|".join(month[:3] + f"(?:{month[3:]})?\\.?" for month in _MONTHS) + r"|sept\.?)"
_DAY_OF_MONTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:" + "|".join(_DAYS) + r"),?\s+)?"
_YEAR = r"(?:,?\s*(?P<year>\d{4}))?"
_DATES: Final = (
    re.compile(_WEEKDAY + _MONTH + r"\s*" + _DAY_OF_MONTH + _YEAR),
    re.compile(_WEEKDAY + r"(?:the\s+)?" + _DAY_OF_MONTH + r"\s*(?:of\s+)?" + _MONTH + _YEAR),
    re.compile(r"(?P<year>[12]\d{3})-(?P<month>\d\d)-(?P<day>\d\d)"),
)


def clock_time(text: str) -> ClockTime | None:
    """Return the time of day that a text in lower case names, None for anything else; a bare 2:15 may be a ratio as well."""
    if text in ("noon", "midnight"):
        return ClockTime(12, 0, half="pm" if text == "noon" else "am")
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    said = " ".join((match["half"] or "").replace(".", "").split()).replace("a m", "am").replace("p m", "pm")
    hour, minute, second = int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0)
    if (said in _NEEDS_COLON and match["minute"] is None) or hour > 24 or minute > 59 or second > 59:
        return None
    half = _HALVES[said] if said else ("24" if hour > 12 or hour == 0 or match["hour"].startswith("0") else "")
    if half in ("am", "pm") and not 1 <= hour <= 12:
        return None
    return ClockTime(hour, minute, second, half, match["before"] or match["after"] or "")


def date(text: str) -> Date | None:
    """Return the day of the calendar that a text in lower case names, None for anything else."""
    for pattern in _DATES:
        match = pattern.fullmatch(text)
        if match is not None:
            named = match["month"]
            month = int(named) if named.isdigit() else 1 + [name[:3] for name in _MONTHS].index(named[:3])
            day, year = int(match["day"]), int(match["year"]) if match["year"] else None
            return Date(month, day, year) if 1 <= month <= 12 and 1 <= day <= 31 else None
    return None


def minutes(time: ClockTime) -> tuple[int, ...]:
    """Return the seconds after midnight that a time may be: two where nothing says which half of the day."""
    seconds = 60 * time.minute + time.second
    if time.half in ("am", "pm"):
        return (3600 * (time.hour % 12 + 12 * (time.half == "pm")) + seconds,)
    if time.half == "24":
        return (3600 * (time.hour % 24) + seconds,)
    return (3600 * (time.hour % 12) + seconds, 3600 * (time.hour % 12 + 12) + seconds)
