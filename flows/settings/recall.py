"""How a command says the settings that a home was begun with: a profile, and what differs from it."""

import json
import shlex
from typing import Final

from flows.profiles import DEFAULT_PROFILE, PROFILES
from flows.settings.fingerprint import without_later
from flows.settings.layers import load
from flows.settings.tables import flat

MAX_OVERRIDES: Final = 6
"""More --set than these are no command any more, but a file."""


def options_of(stored_json: str) -> list[str] | None:
    """Return the options that give the stored settings again, as words of a shell; None where only a file can.

    The profile is the one from which fewest settings differ.
    """
    found = [(profile, _overrides(profile, stored_json)) for profile in (DEFAULT_PROFILE, *PROFILES)]
    possible = [(profile, overrides) for profile, overrides in found if overrides is not None]
    profile, overrides = min(possible, key=lambda candidate: len(candidate[1]), default=("", None))
    if overrides is None or len(overrides) > MAX_OVERRIDES:
        return None
    chosen = [] if profile == DEFAULT_PROFILE else ["--profile", profile]
    return chosen + [word for override in overrides for word in ("--set", shlex.quote(override))]


def _overrides(profile: str, stored_json: str) -> list[str] | None:
    """Return KEY=VALUE for every setting in which the stored ones differ from a profile; None where --set cannot say it."""
    settings, _ = without_later(load(profile), stored_json)
    now = dict(flat(settings.model_dump(mode="json")))
    stored = dict(flat(json.loads(stored_json)))
    differing = {key: value for key, value in stored.items() if key not in now or now[key] != value}
    unset = [key for key in now if key not in stored and key.startswith("rounds.")]
    if unset or any(key not in now or value is None for key, value in differing.items()):
        return None
    return [f"{key}={json.dumps(value)}" for key, value in differing.items()]
