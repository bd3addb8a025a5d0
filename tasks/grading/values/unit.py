"""What a value may be measured in."""

from dataclasses import dataclass
from fractions import Fraction

Dimensions = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a value is measured in: powers of dimensions in order of their names, and how many base units one is.

    certain is False where the letters may as well be variables (`6m`), and for a noun that nobody expects after this number.
    generic: "units", "square units": any unit of that power.
    """

    dimensions: Dimensions
    factor: Fraction
    certain: bool = True
    generic: int = 0

    @property
    def is_degree(self) -> bool:
        """Whether this is an angle in degrees."""
        return self.dimensions == (("angle", 1),) and self.factor == 1

    @property
    def is_noun(self) -> bool:
        """Whether this is what is counted, not a unit of measure."""
        return bool(self.dimensions) and self.dimensions[0][0].startswith("the ")
