"""Load settings from their layers: defaults < the profile and what it extends < --file < --set."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flows.profiles import DEFAULT_PROFILE, PROFILES, profile_text
from flows.settings.composition import Settings
from flows.settings.fingerprint import unknown_settings, without_later
from flows.settings.refusal import closest, refusal
from flows.settings.tables import Table, flat, laid_over
from warehouse.errors import BadInput
from warehouse.places.objects import fetched


@dataclass(frozen=True, slots=True)
class Layered:
    """Settings in force. origins: for every dotted key that some layer states, the topmost one; the others are defaults."""

    settings: Settings
    origins: dict[str, str]


def load(profile: str = DEFAULT_PROFILE, file: Path | None = None, overrides: Sequence[str] = ()) -> Settings:
    """Return the settings in force. Raises BadInput that names the key, the value, where it was set and what is allowed."""
    return layered(profile, file, overrides).settings


def layered(profile: str = DEFAULT_PROFILE, file: Path | None = None, overrides: Sequence[str] = ()) -> Layered:
    """Return the settings in force with where each comes from. Raises BadInput as `load` does."""
    return _in_force(_layers(profile, file, overrides))


def layered_over(
    stored_json: str, name: str, file: Path | None = None, overrides: Sequence[str] = (), profile: str = DEFAULT_PROFILE
) -> Layered:
    """Return the settings that a home was begun with, and what is laid over them. name: what the home is called as an origin.

    A setting that came later has its neutral value, with which the home goes on. Raises BadInput for a home of another version,
    where a profile is named as well, and as `load` does.
    """
    own = {} if file is None else _read(file)
    if profile != DEFAULT_PROFILE or _parent(own, str(file)) is not None:
        raise BadInput(f"{name} has settings of its own, which no profile replaces", hint="leave --home or the profile out")
    if unknown := unknown_settings(stored_json):
        raise BadInput(
            f"{name} was begun by another version of Stargrove, whose settings were others: {', '.join(unknown)}",
            hint="show them as they are with: stargrove sql --vertical 'select settings_json from rounds'",
        )
    settings, _ = without_later(Settings.model_validate_json(stored_json), stored_json)
    stored = settings.model_dump(mode="json")
    defaults = dict(flat(Settings().model_dump(mode="json")))
    found = _in_force([(name, stored), *([(str(file), own)] if file else []), *_overriding(overrides)])
    is_default = {key for key, value in flat(stored) if key in defaults and defaults[key] == value}
    origins = {key: origin for key, origin in found.origins.items() if origin != name or key not in is_default}
    return Layered(found.settings, origins)


def _in_force(layers: Iterable[tuple[str, Table]]) -> Layered:
    merged: Table = {}
    origins: dict[str, str] = {}
    for name, layer in layers:
        merged = laid_over(merged, layer)
        if isinstance(layer.get("rounds"), list):
            origins = {key: origin for key, origin in origins.items() if not key.startswith("rounds.")}
        origins |= {key: name for key, _ in flat(layer)}
    try:
        return Layered(Settings.model_validate(merged), origins)
    except ValidationError as error:
        raise refusal(error, origins) from error


def chain(profile: str, read: Callable[[str], str]) -> list[tuple[str, Table]]:
    """Return (name, table) of a profile after those that it extends, the outermost first; `read` gives the text of each."""
    found: dict[str, Table] = {}
    name: str | None = profile
    while name is not None:
        if name in found:
            circle = " -> ".join([*found, name])
            raise BadInput(f"profiles extend each other in a circle: {circle}", hint="let one of them extend nothing")
        table = _parsed(read(name), f"profile {name}")
        found[name], name = table, _parent(table, f"profile {name}")
    return list(found.items())[::-1]


def _layers(profile: str, file: Path | None, overrides: Sequence[str]) -> Iterator[tuple[str, Table]]:
    own = {} if file is None else _read(file)
    parent = _parent(own, str(file))
    if parent is not None and profile not in (parent, DEFAULT_PROFILE):
        raise BadInput(f"{file} extends {parent!r}, and --profile says {profile!r}", hint="leave one of the two out")
    for name, table in chain(parent or profile, _shipped):
        yield f"profile {name}", table
    if file is not None:
        yield str(file), own
    yield from _overriding(overrides)


def _overriding(overrides: Sequence[str]) -> Iterator[tuple[str, Table]]:
    for override in overrides:
        yield f"--set {override}", _override(override)


def _shipped(profile: str) -> str:
    if profile not in PROFILES:
        raise BadInput(f"no profile {profile!r}", hint=f"choose one of {', '.join(PROFILES)}{closest(profile, PROFILES)}")
    return profile_text(profile)


def _parent(table: Table, where: str) -> str | None:
    """Return the profile that a table extends, and take that line out of it."""
    parent = table.pop("extends", None)
    if not isinstance(parent, str | None):
        raise BadInput(f"{where}: extends = {parent!r}: must be the name of a profile", hint=f"one of {', '.join(PROFILES)}")
    return parent


def _read(path: Path) -> Table:
    try:
        with fetched(path) as local:
            return _parsed(local.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise BadInput(f"no settings file {path}", hint="check the path; a complete example: stargrove config show") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not valid TOML: {error}", hint="save it as UTF-8") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", hint="give a TOML file") from error


def _parsed(text: str, where: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{where} is not valid TOML: {error}", hint="text values need quotes, tables [brackets]") from error


def _override(text: str) -> Table:
    """Return the table that KEY=VALUE stands for. The value is read as TOML, and as plain text where it is not."""
    key, equals, value = text.partition("=")
    names = [name.strip() for name in key.split(".")]
    if not equals or len(names) < 2 or not all(names):
        raise BadInput(
            f"--set {text!r} is not section.key=value",
            hint="for instance: --set search.n_rollouts=16 or --set rounds.4.search.n_trees=2",
        )
    leaf: Any
    try:
        leaf = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        leaf = value.strip()
    for name in reversed(names):
        leaf = {name: leaf}
    return dict(leaf)
