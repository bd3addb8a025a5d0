"""Which families of tasks of the library reasoning-gym are problems here, and which of its modules holds each.

A family is one whose answer fits on a line, whose verifier evaluates no text as code (countdown, puzzle24 and others do, and a
grading worker refuses that), and whose problems are made in milliseconds at every level.
"""

from dataclasses import dataclass
from typing import Final, Literal

Area = Literal["arithmetic", "algebra", "logic", "algorithms", "graphs", "games"]


@dataclass(frozen=True, slots=True)
class Family:
    """area: what a family is about, as we call it. module: where it is defined, below the library's package.

    highest_level: above it statements get too long for a small model, and the family takes no part.
    """

    area: Area
    module: str
    highest_level: int = 5


FAMILIES: Final[dict[str, Family]] = {
    "chain_sum": Family("arithmetic", "arithmetic.chain_sum"),
    "basic_arithmetic": Family("arithmetic", "arithmetic.basic_arithmetic"),
    "gcd": Family("arithmetic", "arithmetic.gcd"),
    "lcm": Family("arithmetic", "arithmetic.lcm"),
    "prime_factorization": Family("arithmetic", "arithmetic.prime_factorization"),
    "calendar_arithmetic": Family("arithmetic", "arithmetic.calendar_arithmetic"),
    "count_bits": Family("arithmetic", "arithmetic.count_bits"),
    "simple_equations": Family("algebra", "algebra.simple_equations"),
    "complex_arithmetic": Family("algebra", "algebra.complex_arithmetic"),
    "knights_knaves": Family("logic", "logic.knights_knaves", highest_level=3),
    "syllogism": Family("logic", "logic.syllogisms"),
    "self_reference": Family("logic", "logic.self_reference"),
    "aiw": Family("logic", "logic.aiw"),
    "base_conversion": Family("algorithms", "algorithmic.base_conversion"),
    "count_primes": Family("algorithms", "algorithmic.count_primes"),
    "letter_counting": Family("algorithms", "algorithmic.letter_counting"),
    "spell_backward": Family("algorithms", "algorithmic.spell_backward"),
    "course_schedule": Family("graphs", "graphs.course_schedule", highest_level=1),
    "family_relationships": Family("graphs", "graphs.family_relationships"),
    "maze": Family("games", "games.maze", highest_level=1),
    "quantum_lock": Family("games", "graphs.quantum_lock"),
}
"""By the library's own name."""
