"""Settings of where problems come from."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.domains.registry import DOMAINS
from warehouse.registered import registered

LevelCounts = tuple[int, int, int, int, int]
"""Problems of levels 1 to 5."""


class ProblemsSettings(BaseModel):
    """Which problems the loop works on. Defaults: virtual problems, made from seeds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: Annotated[str, registered(DOMAINS)] = "mathematics"
    """The kind of problem: what generates, words, reads and grades them (tasks/domains)."""

    source: Literal["virtual", "files"] = "virtual"
    """virtual: chains of relations made from a seed, no file needed. files: what `stargrove ingest` read."""

    base_corpus: Literal["separate", "gsm8k train"] = "separate"
    """separate: the base has read none of these problems. gsm8k train: it has read the solutions of one half of GSM8K's
    training file, so ingest takes only the rows that are left for the split (`tasks.domains.mathematics.gsm8k.use_of`)."""

    train_per_level: LevelCounts = (90, 100, 90, 70, 50)
    """Virtual problems to search in, at levels 1 to 5."""

    validation_per_level: LevelCounts = (20, 20, 20, 20, 20)
    """Virtual problems that decide a promotion."""

    test_per_level: LevelCounts = (40, 40, 40, 40, 40)
    """Virtual problems that `evaluate` alone looks at."""

    train_seed: int = Field(default=0, ge=0)
    """Of the virtual training problems."""

    validation_seed: int = Field(default=0, ge=0)
    """Of the virtual validation problems."""

    test_seed: int = Field(default=20, ge=0)
    """Of the virtual test problems. Numbers to be reported take a seed that nobody tuned on."""
