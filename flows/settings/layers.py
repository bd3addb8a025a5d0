"""Load settings from their layers: defaults < profile < --file < --set."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flows.settings.composition import Settings
from flows.settings.refusal import closest, refusal
from warehouse.errors import BadInput
from warehouse.places.objects import fetched

PROFILES = ("tiny-cpu", "gsm8k-small", "single-gpu", "paper", "release")

Table = dict[str, Any]
"""A TOML table before it is parsed into Settings. Nothing beyond this module sees one."""


def load(profile: str = "tiny-cpu", file: Path | None = None, overrides: Sequence[str] = ()) -> Settings:
    """Return the settings in force. Raises BadInput that names the key, the value, where it was set and what is allowed."""
    merged: Table = {}
    origins: dict[str, str] = {}
    for name, layer in _layers(profile, file, overrides):
        merged = _merge(merged, layer)
        origins.update(dict.fromkeys(_keys(layer), name))
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise refusal(error, origins) from error


def profile_text(profile: str) -> str:
    """Return a shipped profile as it stands in its file, comments included."""
    if profile not in PROFILES:
        raise BadInput(f"no profile {profile!r}", hint=f"choose one of {', '.join(PROFILES)}{closest(profile, PROFILES)}")
    return (files("flows") / "settings" / "profiles" / f"{profile}.toml").read_text(encoding="utf-8")


def _layers(profile: str, file: Path | None, overrides: Sequence[str]) -> Iterator[tuple[str, Table]]:
    yield f"profile {profile}", tomllib.loads(profile_text(profile))
    if file is not None:
        yield str(file), _read(file)
    for override in overrides:
        yield f"--set {override}", _override(override)


def _read(path: Path) -> Table:
    try:
        with fetched(path) as local:
            return tomllib.loads(local.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"no settings file {path}", hint="check the path; a complete example: stargrove config show") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not valid TOML: {error}", hint="text values need quotes, tables [brackets]") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", hint="give a TOML file") from error


def _override(text: str) -> Table:
    """Return the table that KEY=VALUE stands for. The value is read as TOML, and as plain text where it is not."""
    key, equals, value = text.partition("=")
    names = [name.strip() for name in key.split(".")]
    if not equals or len(names) < 2 or not all(names):
        raise BadInput(
            f"--set {text!r} is not section.key=value",
            hint="for instance: --set search.n_rollouts=16 or --set rounds.4.n_trees=2",
        )
    leaf: Any
    try:
        leaf = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        leaf = value.strip()
    for name in reversed(names):
        leaf = {name: leaf}
    return dict(leaf)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Table:
    """Return both tables as one; what stands in `above` wins. A list of rounds is replaced whole, or addressed by number."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(value, dict) and isinstance(under, dict):
            merged[name] = _merge(under, value)
        elif isinstance(value, dict) and isinstance(under, list):
            merged[name] = _merge_numbered(under, value)
        else:
            merged[name] = value
    return merged


def _merge_numbered(rounds: list[Table], above: Table) -> list[Table]:
    """Return the rounds with those replaced that `above` names by their number, counted from 1."""
    merged = [dict(table) for table in rounds]
    for number, value in above.items():
        if not number.isdigit() or not 1 <= int(number) <= len(rounds):
            raise BadInput(f"rounds.{number}: there is no such round", hint=f"rounds are numbered 1 to {len(rounds)}")
        merged[int(number) - 1] = _merge(merged[int(number) - 1], value)
    return merged


def _keys(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted key of every value, rounds counted from 1."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{name}.")
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
            for number, item in enumerate(value, start=1):
                yield from _keys(item, f"{prefix}{name}.{number}.")
        else:
            yield f"{prefix}{name}"
