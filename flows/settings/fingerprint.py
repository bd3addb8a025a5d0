"""The fingerprint of settings: equal fingerprints mean that the same data would come out.

Which settings decide data, each field says itself: see warehouse.no_data.
"""

import json
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from flows.settings.composition import RoundSettings, Settings
from flows.settings.tables import Table, flat
from warehouse.ids import content_id
from warehouse.no_data import Later, NoData


def fingerprint(settings: Settings, through_round: int | None = None, set_aside: Sequence[int] = ()) -> str:
    """Return 16 hex digits over every setting that decides data, of the rounds up to `through_round` (default: run.n_rounds).

    A round's data depends on the rounds before it and not on later ones, so that an evolution can be prolonged. set_aside: the
    rounds that it does not build on, where an earlier one was made current again: with others, other data come out.
    """
    content = _deciding(settings.model_dump(mode="json"), settings.run.n_rounds if through_round is None else through_round)
    if set_aside:
        content["set_aside"] = sorted(set_aside)
    return content_id(json.dumps(content, sort_keys=True, separators=(",", ":")))


def differences(stored_json: str, settings: Settings, through_round: int) -> list[str]:
    """Return `key: stored value -> value now` for every setting that decides data and differs from the stored ones.

    Where a setting came later, its neutral value is what the stored ones had.
    """
    after = settings.model_dump(mode="json")
    return _compared(_deciding(json.loads(stored_json), through_round), _deciding(after, through_round))


def without_later(settings: Settings, stored_json: str) -> tuple[Settings, list[str]]:
    """Return the settings with the neutral value of each that is younger than the stored ones, and `key = value` of those.

    So a home goes on as it was begun, whatever a later version does by default.
    """
    stored = {key for key, _ in flat(json.loads(stored_json))}
    content = settings.model_dump(mode="json")
    changed = []
    for key in sorted(_LATER_DATA):
        neutral = LATER[key]
        section, _, name = key.partition(".")
        if key not in stored and content[section][name] != neutral:
            content[section][name] = neutral
            changed.append(f"{key} = {json.dumps(neutral)}")
    return Settings.model_validate(content), changed


def stored_differences(before_json: str, after_json: str) -> list[str]:
    """Return `key: value before -> value after` for every setting, of whatever version, in which two rounds differ.

    The tables of [[rounds]] belong to one round each and are left out.
    """
    before, after = (
        {name: part for name, part in json.loads(text).items() if name != "rounds"} for text in (before_json, after_json)
    )
    return _compared(before, after)


def unknown_settings(stored_json: str) -> list[str]:
    """Return the keys of stored settings that this version does not know, and of its own those that are not stored, but for
    those that came later and have a neutral value."""
    stored, known = (
        {f"{section}.{name}" for section, part in table.items() if section != "rounds" for name in part}
        for table in (json.loads(stored_json), Settings().model_dump(mode="json"))
    )
    return sorted(stored ^ (known - (LATER.keys() - stored)))


def _said_of(section: str, name: str) -> list[object]:
    """Return what a setting and its section say of themselves."""
    part = Settings.model_fields[section]
    assert isinstance(part.annotation, type) and issubclass(part.annotation, BaseModel)
    return [*part.metadata, *part.annotation.model_fields[name].metadata]


LATER: Final = {
    f"{section}.{name}": said.neutral
    for section, part in Settings.model_fields.items()
    if isinstance(part.annotation, type) and issubclass(part.annotation, BaseModel)
    for name, field in part.annotation.model_fields.items()
    for said in field.metadata
    if isinstance(said, Later)
}
"""The neutral value of every setting that came later."""

_LATER_DATA: Final = {
    key
    for key in LATER
    for section, _, name in [key.partition(".")]
    if not any(isinstance(said, NoData) for said in _said_of(section, name))
}
"""Of these, the settings that decide data: the others may be turned at any time, also in a home that was begun without them."""


def _compared(before: Table, after: Table) -> list[str]:
    old, new = (
        {key: json.dumps(value) for key, value in LATER.items()} | {key: json.dumps(value) for key, value in flat(table)}
        for table in (before, after)
    )
    keys = sorted(old.keys() | new.keys())
    return [f"{key}: {old.get(key)} -> {new.get(key)}" for key in keys if old.get(key) != new.get(key)]


def _deciding(content: Table, through_round: int) -> Table:
    """Return the settings that decide data, of the rounds up to `through_round`."""
    sections = {name: part for name, part in content.items() if name != "rounds"}
    # What a round changes is never as the section says, so that a neutral value there is a change as well.
    rounds = [_kept(table, RoundSettings, neutral=False) for table in content["rounds"][:through_round]]
    return {**_kept(sections, Settings), "rounds": rounds}


def _kept(table: Table, kind: type[BaseModel], *, neutral: bool = True) -> Table:
    """Return a table without what its fields, and those of its sections, say of themselves that it decides no data.

    neutral: whether the neutral value of a setting that came later is left out as well. A section of which nothing is left goes
    too: a round that changes only its window is as one that changes nothing.
    """
    kept: Table = {}
    for name, value in table.items():
        field = kind.model_fields.get(name)
        if field is None:  # of another version
            kept[name] = value
        elif not any(isinstance(said, NoData) or (neutral and said == Later(value)) for said in field.metadata):
            section = field.annotation
            if isinstance(value, dict) and isinstance(section, type) and issubclass(section, BaseModel):
                kept[name] = _kept(value, section, neutral=neutral)
            else:
                kept[name] = value
    return {name: value for name, value in kept.items() if value != {}}
