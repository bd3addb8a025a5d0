"""How many trees may be in flight: as many as the engine's KV cache holds, and never more than a bound."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KvCapacity:
    """What the policy's KV cache holds. n_tokens: at once, over all its engines; longest: the tokens of one context."""

    n_tokens: int
    longest: int


class Window:
    """The number of trees in flight. Mutable: it learns how long their prefixes and candidates are.

    More trees than the cache holds would push each other's prefixes out, which are then computed again at every step; fewer
    leave the engine idle. Which trees are in flight changes none of them.
    """

    def __init__(self, bound: int, capacity: KvCapacity | None) -> None:
        self._bound = bound
        self._capacity = capacity
        self._n_tokens = 0
        self._n_proposals = 0

    def observe(self, n_tokens: int) -> None:
        """Learn what one expansion held in the cache: its prefix and all its candidates."""
        self._n_tokens += n_tokens
        self._n_proposals += 1

    @property
    def size(self) -> int:
        """Trees that may be in flight now: at first as many as fit if each filled its context, then as many as do fit."""
        if self._capacity is None:
            return self._bound
        mean = self._n_tokens / self._n_proposals if self._n_proposals else self._capacity.longest
        return max(1, min(self._bound, int(self._capacity.n_tokens / max(1.0, mean))))
