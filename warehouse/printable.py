"""Text that a model or a file brought, made fit for a terminal: nothing in it moves the cursor or changes colours."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SPELLED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def one_line(text: str) -> str:
    """Return the text on one line, with line breaks and other control characters spelled out, as in \\n and \\x1b."""
    return _CONTROL.sub(_spelled, text)


def printable(text: str) -> str:
    """Return the text with its lines and tabs, other control characters spelled out."""
    return _CONTROL_BUT_LINES.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    return _SPELLED.get(found[0], f"\\x{ord(found[0]):02x}")
