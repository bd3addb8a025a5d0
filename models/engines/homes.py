"""Which of several engines has a problem's prefix cached."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_HOME_CHARS: Final = 256
"""Prefixes that agree so far belong to the same problem, nearly always; where they do not, only a cached prefix is lost."""
_HOMES_REMEMBERED: Final = 10_000


class Homes:
    """The engine that a problem's requests went to before. Mutable; the least recently used are forgotten."""

    def __init__(self) -> None:
        self._homes: OrderedDict[str, int] = OrderedDict()

    def of(self, prefix: str, choose: Callable[[], int]) -> int:
        """Return the engine that has this prefix's beginning cached, and `choose` one where none has."""
        key = prefix[:_HOME_CHARS]
        home = self._homes.get(key)
        if home is None:
            home = self._homes[key] = choose()
            if len(self._homes) > _HOMES_REMEMBERED:
                self._homes.popitem(last=False)
        self._homes.move_to_end(key)
        return home
