"""How hard a problem is, from the ways in which files say it."""

import re
from typing import Final

from tasks.problems.fields import is_empty
from tasks.problems.rows import Json

MAX_LEVEL: Final = 100
"""More is some other number: a rating, an identifier."""
_LEVEL: Final = re.compile(r"(?:level\s*)?(\d{1,9})(?:\.0*)?", re.IGNORECASE)
_UNKNOWN: Final = ("level ?", "?", "unknown", "none", "null", "nan", "n/a", "level")


def level_of(value: Json) -> int | None:
    """Return the level, None where the value says that it is not known. Raises ValueError where it is no whole number."""
    if is_empty(value) or (isinstance(value, str) and value.strip().lower() in _UNKNOWN):
        return None
    match = _LEVEL.fullmatch(str(value).strip())
    if match is None or int(match[1]) > MAX_LEVEL:
        raise ValueError("no whole number from 0 to 100")
    return int(match[1])
