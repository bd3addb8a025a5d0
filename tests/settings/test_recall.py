"""How a command says settings again: the options give the very settings that they are made from, or there are none."""

import shlex

import pytest

from flows.profiles import PROFILES
from flows.settings import Settings, load
from flows.settings.layers import layered_over
from flows.settings.recall import MAX_OVERRIDES, options_of
from warehouse.errors import BadInput


def loaded(options: list[str]) -> Settings:
    """Return the settings that options of the command line give."""
    words = shlex.split(" ".join(options))
    given = list(zip(words[::2], words[1::2], strict=True))
    profile = next((value for name, value in given if name == "--profile"), "tiny-cpu")
    return load(profile, overrides=[value for name, value in given if name == "--set"])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_said_by_its_name(profile: str) -> None:
    options = options_of(load(profile).model_dump_json())
    assert options == ([] if profile == "tiny-cpu" else ["--profile", profile])


@pytest.mark.parametrize("overrides", [("evaluation.ks=[4,8]", "run.name=it"), ("rounds.2.search.n_rollouts=3",)])
def test_what_differs_from_the_nearest_profile_is_said_by_set(overrides: tuple[str, ...]) -> None:
    settings = load("gsm8k-small", overrides=overrides)
    options = options_of(settings.model_dump_json())
    assert options is not None and options[:2] == ["--profile", "gsm8k-small"]
    assert loaded(options) == settings


def test_what_set_cannot_say_is_left_to_a_file() -> None:
    # Every round has this now, so that none is stored with a change of its own.
    assert options_of(load(overrides=("search.n_rollouts=16",)).model_dump_json()) is None


def test_what_is_too_long_for_a_command_is_left_to_a_file() -> None:
    overrides = [f"search.{name}=3" for name in ("max_depth", "n_candidates", "window")]
    overrides += ["run.seed=3", "run.n_rounds=3", "engine.max_num_seqs=3", "sft.batch_size=16", "run.name=it"]
    n_kept = MAX_OVERRIDES - 1
    assert options_of(load(overrides=overrides[:n_kept]).model_dump_json()) is not None
    assert options_of(load(overrides=overrides).model_dump_json()) is None


def test_a_homes_own_settings_are_the_layer_below_file_and_set() -> None:
    stored = load("paper").model_dump_json()
    found = layered_over(stored, ".mine", overrides=("run.seed=4",))
    assert found.settings == load("paper", overrides=("run.seed=4",))
    assert found.origins["run.seed"] == "--set run.seed=4"
    assert found.origins["search.n_candidates"] == ".mine"
    assert "sandbox.n_workers" not in found.origins or load("paper").sandbox.n_workers != Settings().sandbox.n_workers


def test_a_home_of_another_version_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"\.mine was begun by another version of Stargrove.*search\.gone"):
        layered_over('{"search": {"gone": 1}}', ".mine")
