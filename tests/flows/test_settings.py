"""Settings: layers, refusals, and what a fingerprint distinguishes."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.settings import Settings, fingerprint, load, to_toml
from flows.settings.fingerprint import DECIDES_NO_DATA, SECTIONS_THAT_DECIDE_NO_DATA
from warehouse.errors import BadInput


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
    settings = load(overrides=["rounds.4.n_trees=2"])
    assert [settings.search_of(number).n_trees for number in (1, 2, 3, 4)] == [1, 1, 1, 2]


def test_rounds_of_a_file_replace_those_of_the_profile(tmp_path: Path) -> None:
    settings = load(file=file_with(tmp_path, "[run]\nn_rounds = 1\n[[rounds]]\nn_rollouts = 3\n"))
    assert settings.search_of(1).n_rollouts == 3
    assert len(settings.rounds) == 1


def test_a_rounds_training_differs_only_in_what_its_table_says() -> None:
    settings = load(overrides=["rounds.2.sft_learning_rate=1e-4", "rounds.2.sft_n_epochs=5"])
    assert (settings.sft_of(2).learning_rate, settings.sft_of(2).n_epochs) == (1e-4, 5)
    assert settings.sft_of(1) == settings.sft


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("search.n_rollout=3", ["unknown setting search.n_rollout", "did you mean search.n_rollouts?"]),
        ("rounds.4.n_tree=2", ["unknown setting rounds.4.n_tree", "did you mean rounds.4.n_trees?"]),
        ("serach.n_rollouts=3", ["unknown setting serach"]),
        ("search.n_rollouts=0", ["search.n_rollouts = 0", "(from --set search.n_rollouts=0)", "at least 1"]),
        ("search.q_source=oracle", ["search.q_source = 'oracle'", "'terminal' or 'ppm'"]),
        ("search.max_depth=2.5", ["search.max_depth = 2.5", "a whole number"]),
        ("gates.require_verified=maybe", ["gates.require_verified = 'maybe'", "true or false"]),
        ("problems.train_per_level=[1,2]", ["problems.train_per_level = [1, 2]", "one value per level"]),
        ("run.name=a b", ["run.name = 'a b'", "text that matches"]),
        ("rounds.4.n_trees=200", ["rounds.4.n_trees = 200", "at most 64"]),
        ("rounds.9.n_trees=2", ["rounds.9", "numbered 1 to 4"]),
        ("rounds.1.q_source=ppm", ["rounds.1.q_source", "no PPM is trained before round 1"]),
        ("run.n_rounds=9", ["run.n_rounds = 9", "only 4 tables"]),
        ("sft.batch_size=17", ["batch_size = 17", "multiple of micro_batch_size = 16"]),
        ("search.max_step_tokens=512", ["search.max_step_tokens = 512", "less than engine.max_model_len = 512"]),
        ("engine.kind=vlm", ["engine.kind = 'vlm'", "one of 'vllm', 'vllm-async', 'http' or 'transformers'"]),
        ("engine.kind=http", ['kind = "http"', "policy_urls names no server"]),
        ('engine.policy_urls=["gpu-1:8000"]', ["engine.policy_urls", "'gpu-1:8000' is no address", "http://host:port"]),
        ('engine.ppm_urls=["https://me:secret@gpu-1"]', ["engine.ppm_urls", "the address of gpu-1 holds a secret"]),
        ("search", ["'search' is not section.key=value"]),
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
    settings = load("paper", overrides=["run.name=other", "rounds.2.sft_n_epochs=7"])
    assert load(file=file_with(tmp_path, to_toml(settings))) == settings


def test_shown_settings_explain_every_value() -> None:
    lines = to_toml(Settings()).split("\n[[rounds]]")[0].splitlines()
    unexplained = [
        line
        for above, line in itertools.pairwise(lines)
        if "=" in line and not line.startswith("#") and not above.startswith("#")
    ]
    assert unexplained == []


NO_NUMBERS = {
    "sandbox.minimum_isolation",
    "sandbox.namespaces",
    "run.name",
    "run.n_rounds",
    "engine.policy_gpus",
    "engine.ppm_gpus",
    "engine.policy_urls",
    "engine.ppm_urls",
    "engine.policy_model",
    "engine.ppm_model",
    "engine.weights",
}


@pytest.mark.parametrize(
    "override",
    [
        'engine.ppm_urls=["http://gpu-1:8000"]',
        "engine.ppm_model=mine",
        "engine.weights=served",
        'engine.policy_gpus=["0","1"]',
        "engine.kind=vllm-async",
    ],
)
def test_where_models_are_served_does_not_change_the_fingerprint(override: str) -> None:
    changed = load(overrides=[override])
    assert changed != Settings()
    assert fingerprint(changed) == fingerprint(Settings())


@given(name=st.sampled_from(sorted(DECIDES_NO_DATA - NO_NUMBERS)))
def test_settings_of_speed_do_not_change_the_fingerprint(name: str) -> None:
    section, key = name.split(".")
    value = getattr(getattr(Settings(), section), key)
    changed = load(overrides=[f"{name}={type(value)(value + 1)}"])
    assert changed != Settings()
    assert fingerprint(changed) == fingerprint(Settings())


def test_settings_without_influence_exist() -> None:
    for name in DECIDES_NO_DATA:
        section, key = name.split(".")
        assert key in type(getattr(Settings(), section)).model_fields
    assert set(Settings.model_fields) >= SECTIONS_THAT_DECIDE_NO_DATA


@pytest.mark.parametrize(
    "override",
    ["run.seed=1", "search.n_candidates=6", "sft.learning_rate=1e-4", "rounds.2.n_rollouts=17", "sandbox.cpu_seconds=6"],
)
def test_settings_that_decide_data_change_the_fingerprint(override: str) -> None:
    assert fingerprint(load(overrides=[override])) != fingerprint(Settings())


def test_a_rounds_fingerprint_does_not_depend_on_later_rounds() -> None:
    changed = load(overrides=["rounds.3.n_rollouts=17", "run.n_rounds=3"])
    assert fingerprint(changed, 2) == fingerprint(Settings(), 2)
    assert fingerprint(changed, 3) != fingerprint(Settings(), 3)


@pytest.mark.parametrize(
    ("profile", "as_it_was", "first_round"),
    [
        ("tiny-cpu", [], "a66bc8f64c36f140"),
        ("tiny-cpu", ["evaluation.temperature=1.0", "sft.n_epochs=2"], "6997138f12224ec0"),
        ("paper", [], "14a3a0b994d92c57"),
    ],
)
def test_homes_that_were_begun_earlier_can_go_on(profile: str, as_it_was: list[str], first_round: str) -> None:
    assert fingerprint(load(profile, overrides=as_it_was), 1) == first_round, "does a new setting belong into DECIDES_NO_DATA?"
