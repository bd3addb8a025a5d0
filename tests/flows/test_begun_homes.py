"""A home goes on with the settings that it was begun with, and is refused in one line with any others."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flows.home.conduct import refuse_other_settings
from flows.settings import Settings, fingerprint, load, without_later
from tests.warehouse.trees import round_row
from warehouse.errors import BadInput
from warehouse.store.lake import Warehouse

SETTINGS = Settings()


HOME = Path("home")
BEGUN = replace(round_row(), settings_json=SETTINGS.model_dump_json(), fingerprint=fingerprint(SETTINGS, 1))
"""The first round of a home that was begun by this version."""


def test_a_home_goes_on_with_other_settings_of_speed_and_more_rounds() -> None:
    refuse_other_settings(load(overrides=["search.window=3", "run.name=other", "rounds.2.search.n_rollouts=4"]), HOME, [BEGUN])


def test_a_home_of_other_settings_is_refused_with_what_differs() -> None:
    with pytest.raises(BadInput, match=r"round 1 of other settings \(rounds\.1\.search\.n_trees: None -> 2\)"):
        refuse_other_settings(load(overrides=["rounds.1.search.n_trees=2"]), HOME, [BEGUN])


def test_a_home_that_was_begun_before_a_setting_came_goes_on_without_it() -> None:
    before = load(overrides=["search.skip_exhausted=false", "annotation.rejected_steps=all", "ppm.repeated_pairs=all"])
    stored = before.model_dump(mode="json")
    for section, name in (("search", "skip_exhausted"), ("annotation", "rejected_steps"), ("engine", "quantization")):
        del stored[section][name]
    del stored["ppm"]["repeated_pairs"]
    begun = replace(BEGUN, settings_json=json.dumps(stored), fingerprint=fingerprint(before, 1))
    settings, changed = without_later(SETTINGS, begun.settings_json)
    assert sorted(changed) == [
        'annotation.rejected_steps = "all"',
        'ppm.repeated_pairs = "all"',
        "search.skip_exhausted = false",
    ]
    refuse_other_settings(settings, HOME, [begun])
    assert without_later(SETTINGS, BEGUN.settings_json) == (SETTINGS, [])


def test_a_home_of_another_version_is_refused_in_one_line_and_can_still_be_read(tmp_path: Path) -> None:
    before = SETTINGS.model_dump(mode="json")
    before["search"]["n_rollouts_in_flight"] = 1
    row = replace(BEGUN, settings_json=json.dumps(before), fingerprint="0" * 16)
    with Warehouse.open(tmp_path) as lake:
        lake.start_round(row)
    with pytest.raises(BadInput) as refusal:
        refuse_other_settings(SETTINGS, tmp_path, [row])
    assert "another version of Stargrove, whose settings were others: search.n_rollouts_in_flight" in str(refusal.value)
    assert "can be read on: stargrove sql" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    with Warehouse.open(tmp_path, read_only=True) as lake:
        assert lake.query("select round from rounds").item() == 1
