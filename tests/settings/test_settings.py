"""Settings: layers, refusals, and what a fingerprint distinguishes."""

import itertools
import json
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from flows.settings import (
    RoundSettings,
    Settings,
    differences,
    fingerprint,
    layered,
    load,
    to_toml,
    unknown_settings,
    without_later,
)
from warehouse.errors import BadInput
from warehouse.no_data import NoData


def file_with(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_layer_overrides_the_one_below(tmp_path: Path) -> None:
    mine = file_with(tmp_path, "[search]\nn_candidates = 7\nwindow = 9\n")
    settings = load("paper", mine, ["search.window=11"])
    assert settings.search.max_depth == 16
    assert settings.search.n_candidates == 7
    assert settings.search.window == 11


def test_a_later_set_wins_over_an_earlier_one() -> None:
    assert load(overrides=["run.seed=1", "run.seed=2"]).run.seed == 2


def test_the_default_profile_equals_the_defaults() -> None:
    assert load() == Settings()


def test_a_set_value_is_toml_or_plain_text() -> None:
    settings = load(
        overrides=["run.name=other", 'engine.kind="transformers"', "annotation.min_margin=0.5", "gates.require_verified=false"]
    )
    assert (settings.run.name, settings.engine.kind) == ("other", "transformers")
    assert (settings.annotation.min_margin, settings.gates.require_verified) == (0.5, False)


def test_a_round_is_addressed_by_its_number_from_1() -> None:
    settings = load(overrides=["rounds.4.search.n_trees=2"])
    assert [settings.search_of(number).n_trees for number in (1, 2, 3, 4)] == [1, 1, 1, 2]


def test_rounds_of_a_file_replace_those_of_the_profile(tmp_path: Path) -> None:
    settings = load(file=file_with(tmp_path, "[run]\nn_rounds = 1\n[[rounds]]\nsearch.n_rollouts = 3\n"))
    assert settings.search_of(1).n_rollouts == 3
    assert len(settings.rounds) == 1


def test_a_round_changes_only_what_its_table_says() -> None:
    settings = load(overrides=["rounds.2.sft.learning_rate=1e-4", "rounds.2.sft.n_epochs=5", "search.max_depth=9"])
    assert (settings.sft_of(2).learning_rate, settings.sft_of(2).n_epochs) == (1e-4, 5)
    assert settings.sft_of(1) == settings.sft
    assert [settings.search_of(number).max_depth for number in (1, 2, 3, 4)] == [9] * 4


def test_a_round_is_stored_as_what_it_changes() -> None:
    stored = load(overrides=["rounds.2.sft.n_epochs=5"]).model_dump(mode="json")
    assert stored["rounds"][1] == {"search": {"n_rollouts": 16}, "sft": {"n_epochs": 5}}
    assert Settings.model_validate(stored) == load(overrides=["rounds.2.sft.n_epochs=5"])


def test_a_file_takes_the_profile_that_it_extends_in_place_of_the_default(tmp_path: Path) -> None:
    mine = file_with(tmp_path, 'extends = "paper"\n[search]\nwindow = 9\n')
    assert load(file=mine) == load("paper", overrides=["search.window=9"])
    assert load("paper", mine) == load(file=mine)


def test_a_file_that_extends_another_profile_than_the_one_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"mine\.toml extends 'paper', and --profile says 'release'"):
        load("release", file_with(tmp_path, 'extends = "paper"\n'))


def test_every_value_knows_where_it_comes_from(tmp_path: Path) -> None:
    mine = file_with(tmp_path, 'extends = "release"\n[gates]\nn_gram = 12\n[rounds.4]\nsearch.n_trees = 3\n')
    shown = layered(file=mine, overrides=["run.seed=7"])
    lines = to_toml(shown.settings, shown.origins).splitlines()
    for expected in (
        "seed = 7  # --set run.seed=7",
        f"n_gram = 12  # {mine}",
        "n_rollouts = 48  # profile release",
        "max_depth = 16  # profile paper",
        "n_layers = 4  # default",
        f"search.n_trees = 3  # {mine}",
        'search.q_source = "ppm"  # profile release',
    ):
        assert expected in lines


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("search.n_rollout=3", ["unknown setting search.n_rollout", "did you mean search.n_rollouts?"]),
        ("rounds.4.search.n_tree=2", ["unknown setting rounds.4.search.n_tree", "did you mean rounds.4.search.n_trees?"]),
        ("serach.n_rollouts=3", ["unknown setting serach"]),
        ("search.n_rollouts=0", ["search.n_rollouts = 0", "(from --set search.n_rollouts=0)", "at least 1"]),
        ("search.q_source=oracle", ["search.q_source = 'oracle'", "'terminal' or 'ppm'"]),
        ("search.max_depth=2.5", ["search.max_depth = 2.5", "a whole number"]),
        ("gates.require_verified=maybe", ["gates.require_verified = 'maybe'", "true or false"]),
        ("problems.train_per_level=[1,2]", ["problems.train_per_level = [1, 2]", "one value per level"]),
        ("run.name=a b", ["run.name = 'a b'", "text that matches"]),
        ("rounds.4.search.n_trees=200", ["rounds.4.search.n_trees = 200", "at most 64"]),
        ("rounds.4.n_trees=2", ["unknown setting rounds.4.n_trees", "did you mean rounds.4.search.n_trees?"]),
        ("rounds.2.sft.batch_size=17", ["rounds.2.sft", "batch_size = 17", "multiple of micro_batch_size = 16"]),
        ("rounds.9.search.n_trees=2", ["rounds.9", "numbered 1 to 4"]),
        ("rounds.1.search.q_source=ppm", ["rounds.1.search.q_source", "no PPM is trained before round 1"]),
        ("run.n_rounds=9", ["run.n_rounds = 9", "only 4 tables"]),
        ("sft.batch_size=17", ["batch_size = 17", "multiple of micro_batch_size = 16"]),
        ("search.max_step_tokens=512", ["search.max_step_tokens = 512", "less than engine.max_model_len = 512"]),
        ("engine.kind=vlm", ["engine.kind = 'vlm'", "one of 'vllm', 'vllm-async', 'http' or 'transformers'"]),
        ("engine.kind=http", ['kind = "http"', "policy_urls names no server"]),
        ('engine.policy_urls=["gpu-1:8000"]', ["engine.policy_urls", "'gpu-1:8000' is no address", "http://host:port"]),
        ('engine.ppm_urls=["https://me:secret@gpu-1"]', ["engine.ppm_urls", "the address of gpu-1 holds a secret"]),
        ("search", ["'search' is not section.key=value"]),
        ("search=4", ["is not section.key=value"]),
        ("search.=4", ["is not section.key=value"]),
    ],
)
def test_a_refusal_names_key_value_and_what_is_allowed(override: str, expected: list[str]) -> None:
    with pytest.raises(BadInput) as refusal:
        load(overrides=[override])
    for part in expected:
        assert part in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_refusal_names_the_file_that_holds_the_value(tmp_path: Path) -> None:
    mine = file_with(tmp_path, "[sandbox]\nn_workers = -1\n")
    with pytest.raises(BadInput, match=r"sandbox\.n_workers = -1 \(from .*mine\.toml\): must be at least 1"):
        load(file=mine)


def test_a_refusal_counts_what_else_is_wrong() -> None:
    with pytest.raises(BadInput, match=r"\(and 1 more\)"):
        load(overrides=["search.n_rollouts=0", "search.n_trees=0"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no settings file"),
        (lambda path: path.write_text("[search\n"), "is not valid TOML"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not valid TOML"),
        (lambda path: path.mkdir(), "cannot be read"),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "mine.toml"
    make(path)  # type: ignore[operator]
    with pytest.raises(BadInput, match=message):
        load(file=path)


def test_an_unknown_profile_is_refused_with_the_close_one() -> None:
    with pytest.raises(BadInput, match="did you mean tiny-cpu"):
        load("tiny-gpu")


def test_shown_settings_read_back_to_the_same(tmp_path: Path) -> None:
    settings = load("paper", overrides=["run.name=other", "rounds.2.sft.n_epochs=7"])
    assert load(file=file_with(tmp_path, to_toml(settings, {}))) == settings


def test_shown_settings_explain_every_value() -> None:
    lines = to_toml(Settings(), {}).split("\n[[rounds]]")[0].splitlines()
    unexplained = [
        line
        for above, line in itertools.pairwise(lines)
        if "=" in line and not line.startswith("#") and not above.startswith("#")
    ]
    assert unexplained == []


def another(value: object, kind: object) -> object:
    """Return some other value of a field's type."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return next((choice for choice in choices(kind) if choice != value), f"{value}x")
        case tuple():
            return (*value[:-1], another(value[-1], None)) if value else ("0",)
    raise TypeError(f"no other value of {value!r}")


def choices(kind: object) -> tuple[object, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()


def said(field: FieldInfo) -> list[NoData]:
    return [part for part in field.metadata if isinstance(part, NoData)]


FIELDS = [
    (section, name, bool(said(part) or said(field)))
    for section, part in Settings.model_fields.items()
    if section != "rounds" and isinstance(part.annotation, type)
    for name, field in part.annotation.model_fields.items()
]
"""Every setting: its section, its name, and whether it, or its whole section, says that it decides no data."""


@pytest.mark.parametrize(("section", "name", "no_data"), FIELDS, ids=lambda part: str(part))
def test_a_setting_changes_the_fingerprint_unless_it_says_that_it_decides_no_data(
    section: str, name: str, *, no_data: bool
) -> None:
    before = getattr(Settings(), section)
    value = another(getattr(before, name), type(before).model_fields[name].annotation)
    changed = Settings().model_copy(update={section: before.model_copy(update={name: value})})
    assert changed != Settings()
    assert (fingerprint(changed) == fingerprint(Settings())) is no_data


@pytest.mark.parametrize(
    ("section", "name", "no_data"), [one for one in FIELDS if one[0] in RoundSettings.model_fields], ids=lambda part: str(part)
)
def test_so_does_what_a_round_changes(section: str, name: str, *, no_data: bool) -> None:
    first = Settings().rounds[0]
    before = getattr(first, section)
    value = another(getattr(before, name), type(before).model_fields[name].annotation)
    changed = first.model_copy(update={section: before.model_copy(update={name: value})})
    settings = Settings().model_copy(update={"rounds": (changed, *Settings().rounds[1:])})
    assert (fingerprint(settings) == fingerprint(Settings())) is no_data


def test_most_settings_decide_data() -> None:
    assert 40 < sum(not no_data for _, _, no_data in FIELDS) < len(FIELDS)


@pytest.mark.parametrize(
    "override",
    ["run.seed=1", "search.n_candidates=6", "sft.learning_rate=1e-4", "rounds.2.search.n_rollouts=17", "sandbox.cpu_seconds=6"],
)
def test_settings_that_decide_data_change_the_fingerprint(override: str) -> None:
    assert fingerprint(load(overrides=[override])) != fingerprint(Settings())


def test_a_rounds_fingerprint_does_not_depend_on_later_rounds() -> None:
    changed = load(overrides=["rounds.3.search.n_rollouts=17", "run.n_rounds=3"])
    assert fingerprint(changed, 2) == fingerprint(Settings(), 2)
    assert fingerprint(changed, 3) != fingerprint(Settings(), 3)


AS_BEFORE = ("annotation.rejected_steps=all", "ppm.repeated_pairs=all", "search.skip_exhausted=false")
"""What a home sets that was begun before there were these settings, to go on as it was."""


@pytest.mark.parametrize(("profile", "first_round"), [("tiny-cpu", "95363ee19879a09a"), ("paper", "28fe2c4c2f7567a0")])
def test_homes_that_were_begun_with_this_version_can_go_on(profile: str, first_round: str) -> None:
    as_before = load(profile, overrides=AS_BEFORE)
    assert fingerprint(as_before, 1) == first_round, "is a new setting SPEED, OUTSIDE or Later? homes are refused else"


def test_a_home_begun_before_is_told_what_to_set_to_go_on() -> None:
    before = Settings().model_dump(mode="json")
    for key, _ in map(flat_override, AS_BEFORE):
        section, name = key.split(".")
        del before[section][name]
    told = differences(json.dumps(before), Settings(), 1)
    assert [line.partition(" ->")[0] for line in told] == sorted(
        f"{key}: {value}" for key, value in map(flat_override, AS_BEFORE)
    )


def flat_override(override: str) -> tuple[str, str]:
    """Return its key, and its value as JSON."""
    key, _, value = override.partition("=")
    return key, value if value in ("true", "false") else json.dumps(value)


def test_a_setting_that_came_later_changes_a_home_only_where_it_is_turned() -> None:
    before = Settings().model_dump(mode="json")
    del before["engine"]["quantization"]
    assert unknown_settings(json.dumps(before)) == []
    turned = load(overrides=["engine.dtype=bfloat16", "engine.quantization=int8"])
    assert fingerprint(turned, 1) != fingerprint(load(overrides=["engine.dtype=bfloat16"]), 1)
    assert differences(json.dumps(before), turned, 1)[-1].endswith('-> "int8"')


def test_a_setting_that_came_later_and_decides_no_data_may_be_turned_in_a_home_that_was_begun_without_it() -> None:
    before = Settings().model_dump(mode="json")
    del before["gates"]["promotion"]
    manual = load(overrides=["gates.promotion=manual"])
    assert unknown_settings(json.dumps(before)) == []
    assert without_later(manual, json.dumps(before)) == (manual, [])
    assert fingerprint(manual) == fingerprint(Settings())


def test_a_round_that_does_not_build_on_all_before_it_has_another_fingerprint() -> None:
    plain = fingerprint(Settings(), 2)
    assert plain == fingerprint(Settings(), 2, ())
    assert len({plain, fingerprint(Settings(), 2, (2,)), fingerprint(Settings(), 2, (2, 3))}) == 3
    assert fingerprint(Settings(), 2, (3, 2)) == fingerprint(Settings(), 2, (2, 3))


def test_settings_of_another_version_are_told_from_other_settings() -> None:
    now = Settings().model_dump(mode="json")
    assert unknown_settings(json.dumps(now)) == []
    assert unknown_settings(load("paper").model_dump_json()) == []
    before = now | {"search": now["search"] | {"n_rollouts_in_flight": 1}, "rounds": [{"n_rollouts": 8}]}
    del before["run"]["seed"]
    assert unknown_settings(json.dumps(before)) == ["run.seed", "search.n_rollouts_in_flight"]
