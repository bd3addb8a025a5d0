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


def test_what_set_cannot_say_or_too_much_of_it_is_left_to_a_file() -> None:
    as_all_rounds = load(overrides=("search.n_rollouts=16",))
    assert options_of(as_all_rounds.model_dump_json()) is None
    many = [f"search.{name}=3" for name in ("max_depth", "n_candidates", "window")]
    many += [f"engine.{name}=3" for name in ("n_threads", "max_num_seqs", "kv_cache_mib")]
    many += ["run.seed=3", "run.n_rounds=3"]
    assert len(many) > MAX_OVERRIDES
    assert options_of(load(overrides=[key for key in many if not key.startswith("engine.")]).model_dump_json()) is not None


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
