"""The line of an evolution: which rounds build on which, once an earlier round was made current again.

A round keeps its number for ever. When round 2 of four is made current again, rounds 3 and 4 are superseded, and the evolution
goes on with round 5, which takes the third place: it works as the third table of [[rounds]] says and builds on 1 and 2. Numbers
are never used twice, so that neither seeds nor ids of batches can be those of a superseded round.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.records import RoundRow


@dataclass(frozen=True, slots=True)
class Turn:
    """A round in its line. round: its number. set_aside: the earlier rounds that it does not build on, superseded by then."""

    round: int
    set_aside: tuple[int, ...] = ()

    @property
    def place(self) -> int:
        """Which place of the line it takes, from 1: how many rounds the line then has. 0 for the base."""
        return self.round - len(self.set_aside)

    @property
    def line(self) -> tuple[int, ...]:
        """The numbers of the rounds that it builds on, in their order, and its own at the end."""
        return tuple(number for number in range(1, self.round + 1) if number not in self.set_aside)


def turn_of(row: RoundRow) -> Turn:
    """Return the turn that a begun round took."""
    return Turn(row.round, row.set_aside)


def turns(rows: Sequence[RoundRow], n_rounds: int) -> tuple[Turn, ...]:
    """Return the first n_rounds turns of the current line: those that were begun, then those that are to come.

    rows: every round of the lake. A round to come has the next number that none had, and sets aside all that are superseded.
    """
    begun = [turn_of(row) for row in sorted(rows, key=lambda row: row.round) if row.status != "superseded"]
    superseded = tuple(sorted(row.round for row in rows if row.status == "superseded"))
    highest = max((row.round for row in rows), default=0)
    coming = [Turn(highest + i, superseded) for i in range(1, n_rounds - len(begun) + 1)]
    return tuple([*begun, *coming][:n_rounds])
