"""What was typed so far: a whole statement, a command, or the beginning of one."""

import re
from typing import Final

LEAVE: Final = ("\\q", "exit", "quit")

_CLOSED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$|--[^\n]*|/\*.*?\*/", re.DOTALL)
_OPEN = re.compile(r"'|\"|\$\$|/\*")


def is_whole(text: str) -> bool:
    """Return whether Enter ends the input: a command, nothing at all, or SQL that a semicolon ends outside of quotes."""
    text = text.strip()
    if not text or is_command(text) or leaves(text):
        return True
    bare = _CLOSED.sub("", text).rstrip()
    return bare.endswith(";") and _OPEN.search(bare) is None


def is_command(text: str) -> bool:
    """Return whether the text is a command of the shell and no SQL."""
    return text.startswith("\\")


def leaves(text: str) -> bool:
    """Return whether the text says that the user leaves."""
    return text.rstrip("; ").lower() in LEAVE
