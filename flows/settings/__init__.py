"""All settings of one evolution: composed of the sections that the packages own, loaded from layers, fingerprinted."""

from flows.settings.composition import RoundSettings, RunSettings, Settings
from flows.settings.fingerprint import differences, fingerprint, stored_differences, unknown_settings, without_later
from flows.settings.layers import layered, layered_over, load
from flows.settings.toml import to_toml

__all__ = [
    "RoundSettings",
    "RunSettings",
    "Settings",
    "differences",
    "fingerprint",
    "layered",
    "layered_over",
    "load",
    "stored_differences",
    "to_toml",
    "unknown_settings",
    "without_later",
]
