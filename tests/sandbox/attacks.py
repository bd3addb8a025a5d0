"""The corpus of attacks, read from attacks.toml, which explains it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Attack:
    """Codes of one path, and the outcomes with which the last may end."""

    name: str
    steps: tuple[str, ...]
    ends: frozenset[str]


def read_attacks() -> tuple[Attack, ...]:
    """Return every attack of the corpus, and one whose code would not fit into the file."""
    entries = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text())["attack"]
    written = [Attack(entry["name"], tuple(entry["steps"]), frozenset(entry["ends"])) for entry in entries]
    return (
        *written,
        Attack("a huge program", ("x = 1\n" * 200_000,), frozenset({"ok", "error", "timeout", "out_of_memory", "killed"})),
    )


ATTACKS: Final = read_attacks()
