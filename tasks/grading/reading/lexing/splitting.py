"""Split tokens at separators that stand outside of every bracket."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from tasks.grading.reading.lexing.tokens import Token
from tasks.grading.values.types import Value

_OPENERS: Final = frozenset(("(", "[", "{", r"\{", r"\langle", r"\lfloor", r"\lceil"))
_CLOSERS: Final = frozenset((")", "]", "}", r"\}", r"\rangle", r"\rfloor", r"\rceil"))
Parts = list[Token]
Read = Callable[[Parts], Value | None]
"""Reads tokens as a value, None where no type fits them all."""


@lru_cache(maxsize=4096)
def _step(text: str) -> int:
    if text in _OPENERS or text.startswith(r"\begin{"):
        return 1
    return -1 if text in _CLOSERS or text.startswith(r"\end{") else 0


def step(token: Token) -> int:
    """Return how much deeper in brackets the tokens are after this one."""
    return _step(token.text)


def is_balanced(parts: Parts) -> bool:
    """Return whether every bracket opens before it closes."""
    depth = 0
    for token in parts:
        depth += step(token)
        if depth < 0:
            return False
    return depth == 0


def split(parts: Parts, is_separator: Callable[[Token], bool]) -> tuple[list[Parts], Parts]:
    """Return the tokens between separators outside of brackets, and the separators."""
    if not any(map(is_separator, parts)):
        return [list(parts)], []
    pieces: list[Parts] = [[]]
    found: Parts = []
    depth = 0
    for token in parts:
        depth += _step(token.text)
        if depth == 0 and is_separator(token):
            pieces.append([])
            found.append(token)
        else:
            pieces[-1].append(token)
    return pieces, found


def split_at(parts: Parts, *texts: str) -> list[Parts]:
    """Return the tokens between these separators outside of brackets."""
    return split(parts, lambda token: token.text in texts)[0]


def group(parts: Parts) -> tuple[str, Parts, str] | None:
    """Return opener, inside and closer of one pair of brackets around all tokens, None where there is no such pair."""
    if len(parts) < 2 or step(parts[0]) != 1 or step(parts[-1]) != -1:
        return None
    depth = 0
    for index, token in enumerate(parts):
        depth += step(token)
        if depth == 0 and index < len(parts) - 1:
            return None
    return (parts[0].text, parts[1:-1], parts[-1].text) if depth == 0 else None


def all_read(pieces: list[Parts], read: Read) -> tuple[Value, ...] | None:
    """Return the values of all pieces, None where one of them cannot be read."""
    items: list[Value] = []
    for piece in pieces:
        item = read(piece)
        if item is None:
            return None
        items.append(item)
    return tuple(items)
