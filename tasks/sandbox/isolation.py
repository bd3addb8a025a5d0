"""Which isolation this machine gives to step code, from the weakest level to the strongest."""

from dataclasses import dataclass
from typing import Final, Literal

IsolationLevel = Literal["none", "seccomp", "landlock", "namespaces"]

LEVELS: Final[tuple[IsolationLevel, ...]] = ("none", "seccomp", "landlock", "namespaces")


@dataclass(frozen=True, slots=True)
class Isolation:
    """What the zygotes of a sandbox reached. missing: the layers that do not hold, each with the kernel's reason; empty: none.

    snapshots: whether steps with a costly path can be kept as processes (the kernel can ask before a fork).
    """

    level: IsolationLevel
    missing: str
    snapshots: bool

    def reaches(self, minimum: IsolationLevel) -> bool:
        """Return whether this level is at least the minimum."""
        return LEVELS.index(self.level) >= LEVELS.index(minimum)

    @property
    def line(self) -> str:
        """One line for people."""
        snapshots = "with snapshots" if self.snapshots else "without snapshots"
        return f"isolation level {self.level}, {snapshots}" + (f"; not here: {self.missing}" if self.missing else "")


def weaker(one: Isolation, other: Isolation) -> Isolation:
    """Return what holds for both."""
    level = min(one.level, other.level, key=LEVELS.index)
    missing = one.missing if one.level == level else other.missing
    return Isolation(level, missing, one.snapshots and other.snapshots)
