"""Settings as TOML and JSON hold them: laid over each other, and taken apart into dotted keys. Rounds count from 1."""

from collections.abc import Iterator, Mapping
from typing import Any

from warehouse.errors import BadInput

Table = dict[str, Any]
"""Sections of values, and a list of rounds."""


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> Table:
    """Return both tables as one; what stands in `above` wins. A list of rounds is replaced whole, or addressed by number."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(value, dict) and isinstance(under, dict):
            merged[name] = laid_over(under, value)
        elif isinstance(value, dict) and isinstance(under, list):
            merged[name] = _by_number(under, value)
        else:
            merged[name] = value
    return merged


def flat(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield (dotted key, value) for every value of a table."""
    match value:
        case dict():
            for name, part in value.items():
                yield from flat(part, f"{prefix}.{name}" if prefix else name)
        case [dict(), *_]:
            for number, part in enumerate(value, start=1):
                yield from flat(part, f"{prefix}.{number}")
        case _:
            yield prefix, value


def _by_number(rounds: list[Table], above: Table) -> list[Table]:
    """Return the rounds with those changed that `above` names by their number, counted from 1."""
    merged = [dict(table) for table in rounds]
    for number, value in above.items():
        if not number.isdigit() or not 1 <= int(number) <= len(rounds):
            raise BadInput(f"rounds.{number}: there is no such round", hint=f"rounds are numbered 1 to {len(rounds)}")
        merged[int(number) - 1] = laid_over(merged[int(number) - 1], value)
    return merged
