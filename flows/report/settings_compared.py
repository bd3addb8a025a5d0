"""The settings of the paper beside those that a home's newest round was begun with: the same, or different and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from flows.profiles import PROFILES, profile_text, reasons
from flows.report.paper import OursAlone, PaperSetting
from flows.settings import load
from flows.settings.fingerprint import LATER
from flows.settings.layers import chain
from flows.settings.tables import Table, flat

Verdict = Literal["same", "different", "not known"]

NO_REASON: Final = "no reason stated"
UNKNOWN: Final = "not known"
"""Said of a setting that the version of Stargrove which began the home did not have."""


@dataclass(frozen=True, slots=True)
class ComparedSetting:
    """A setting of the paper and the home's, as text. why: the reason of a difference, empty where there is none."""

    key: str
    paper: str
    source: str
    ours: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class NearestProfile:
    """The shipped profile that the home's settings differ least from, in its own settings and those that it extends.

    reasons: the comment beside each value that it states, by dotted key. differing: keys that the home has otherwise.
    """

    name: str
    content: Table
    reasons: Mapping[str, str]
    differing: tuple[str, ...]


def nearest_profile(stored: Table) -> NearestProfile:
    """Return the profile of which the fewest settings are other than the stored ones; of equals the first by name."""
    candidates = [(name, load(name).model_dump(mode="json")) for name in PROFILES]
    name, content = min(candidates, key=lambda one: len(_differing(stored, one[1])))
    return NearestProfile(name, content, stated_reasons(name), _differing(stored, content))


def stated_reasons(profile: str) -> dict[str, str]:
    """Return the comment beside each value in force of a profile: its own, or that of the one it extends."""
    found: dict[str, str] = {}
    for name, table in chain(profile, profile_text):
        if "rounds" in table:  # the tables of [[rounds]] are replaced whole
            found = {key: reason for key, reason in found.items() if not key.startswith("rounds.")}
        found |= reasons(name)
    return found


def compared_settings(published: Sequence[PaperSetting], stored: Table, nearest: NearestProfile) -> list[ComparedSetting]:
    """Return every setting of the paper beside the stored one, in the paper's order."""
    return [_compared(setting, stored, nearest) for setting in published]


def own_settings(groups: Sequence[OursAlone], stored: Table) -> list[tuple[str, str]]:
    """Return (why the paper does not have them, `key = value` of each) of the settings that are ours alone."""
    n_rounds = n_rounds_of(stored)
    return [
        (group.why, "; ".join(f"{key} = {_text(values_of(stored, key, n_rounds))}" for key in group.keys)) for group in groups
    ]


def values_of(stored: Table, key: str, n_rounds: int) -> list[Any]:
    """Return the value of a setting in each round. Where the stored settings are older than it, its neutral value."""
    section, _, name = key.partition(".")
    general = stored.get(section, {}).get(name, LATER.get(key, UNKNOWN))
    rounds = [*stored.get("rounds", []), *({} for _ in range(n_rounds))][:n_rounds]
    return [table.get(section, {}).get(name, general) for table in rounds]


def n_rounds_of(stored: Table) -> int:
    """Return how many rounds the stored settings run."""
    return int(stored.get("run", {}).get("n_rounds", 1))


def _compared(setting: PaperSetting, stored: Table, nearest: NearestProfile) -> ComparedSetting:
    n_rounds = n_rounds_of(stored)
    ours = values_of(stored, setting.key, n_rounds)
    published = setting.value if setting.by_round else [setting.value] * n_rounds
    # A home may run more rounds than the paper has: only those that both have can be the same.
    differing = [
        number for number, (one, other) in enumerate(zip(ours, published, strict=False), start=1) if not _equal(one, other)
    ]
    verdict: Verdict = "not known" if UNKNOWN in ours else "different" if differing else "same"
    why = _why(setting.key, differing, stored, nearest) if verdict == "different" else ""
    paper = setting.said or _text(setting.value if setting.by_round else [setting.value])
    return ComparedSetting(setting.key, paper, setting.source, _text(ours), verdict, why)


def _equal(ours: object, published: object) -> bool:
    """Return whether both mean the same. A model may be named by its directory."""
    if isinstance(ours, str) and isinstance(published, str):
        return ours.rstrip("/").rpartition("/")[2] == published
    return ours == published


def _why(key: str, rounds: Sequence[int], stored: Table, nearest: NearestProfile) -> str:
    """Return the reason that the nearest profile states beside the values, where the home has those."""
    n_rounds = n_rounds_of(stored)
    ours, shipped = values_of(stored, key, n_rounds), values_of(nearest.content, key, n_rounds)
    by_reason: dict[str, list[int]] = {}
    for number in rounds:
        stated = nearest.reasons.get(f"rounds.{number}.{key}", nearest.reasons.get(key, NO_REASON))
        by_reason.setdefault(stated if ours[number - 1] == shipped[number - 1] else NO_REASON, []).append(number)
    if len(by_reason) == 1:
        return next(iter(by_reason))
    parts = [f"round {', '.join(map(str, numbers))}: {reason.removesuffix('.')}" for reason, numbers in by_reason.items()]
    return "; ".join(parts)


def _differing(stored: Table, content: Table) -> tuple[str, ...]:
    # What came later than the home is there with its neutral value.
    ours, theirs = LATER | dict(flat(stored)), dict(flat(content))
    keys = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    # Where the lake is stands in no profile.
    return tuple(key for key in keys if not key.startswith("warehouse."))


def _text(values: Sequence[object]) -> str:
    """Return values of rounds as text, once where all are alike."""
    texts = [_value_text(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def _value_text(value: object) -> str:
    match value:
        case bool():
            return json.dumps(value)
        case float():
            return f"{value:g}"
        case "":
            return "none"
        case list():
            return f"[{', '.join(map(_value_text, value))}]"
        case _:
            return str(value)
