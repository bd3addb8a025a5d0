r"""Decode JSON whose backslashes were LaTeX's: `"\sqrt{2}"` is no JSON, and nothing but a doubled backslash can be meant."""

import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

from tasks.problems.rows import Json

_ESCAPE: Final = re.compile(r"\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{4}|(?P<wrong>))")
_WRONG: Final = ("Invalid \\escape", "Invalid \\uXXXX escape")


@dataclass(slots=True)
class Decoder:
    """Decodes one value after the other. Mutable: `text` has the doubled backslashes from the first wrong one on."""

    text: str
    _added: list[int] = field(default_factory=list)

    def value(self, begin: int) -> tuple[Json, int]:
        """Return the value that begins there and where it ends in `text`. Raises ValueError or RecursionError."""
        try:
            return self._value(begin)
        except json.JSONDecodeError as error:
            if self._added or not error.msg.startswith(_WRONG):
                raise
            self._double(begin)
        return self._value(begin)

    def is_mended(self, begin: int, end: int) -> bool:
        """Return whether a backslash was doubled in this range of `text`."""
        place = bisect_left(self._added, begin)
        return place < len(self._added) and self._added[place] < end

    def _value(self, begin: int) -> tuple[Json, int]:
        value, end = json.JSONDecoder().raw_decode(self.text, begin)
        return value, end

    def _double(self, begin: int) -> None:
        pieces = [self.text[:begin]]
        copied, length = begin, begin
        for match in _ESCAPE.finditer(self.text, begin):
            piece = self.text[copied : match.end()]
            length += len(piece)
            if match["wrong"] is not None:
                piece += "\\"
                self._added.append(length)
                length += 1
            pieces.append(piece)
            copied = match.end()
        self.text = "".join((*pieces, self.text[copied:]))
