"""The shipped profiles: loadable, free of repetition, and true to their sources."""

import tomllib
from pathlib import Path

import pytest

from flows.profiles import PROFILES, profile_text, purpose, reasons, rules
from flows.settings import fingerprint, load
from flows.settings.layers import chain
from flows.settings.tables import flat
from warehouse.errors import BadInput

PARENTS = {profile: tomllib.loads(profile_text(profile)).get("extends") for profile in PROFILES}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_can_be_used(profile: str) -> None:
    assert load(profile).run.n_rounds == 4


@pytest.mark.parametrize("profile", [profile for profile, parent in PARENTS.items() if parent])
def test_a_profile_states_only_what_it_changes_in_the_one_it_extends(profile: str) -> None:
    below = load(PARENTS[profile]).model_dump(mode="json")
    stated = {
        key: value for key, value in flat(tomllib.loads(profile_text(profile))) if not key.startswith(("extends", "rounds."))
    }
    repeated = [key for key, value in stated.items() if dict(flat(below))[key] == value]
    assert repeated == []


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_begins_with_what_it_is_for(profile: str) -> None:
    assert len(purpose(profile)) > 40


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_explains_every_value(profile: str) -> None:
    lines = profile_text(profile).splitlines()
    unexplained = [
        line
        for before, above, line in zip(["", *lines], lines, lines[1:], strict=False)
        if "=" in line
        and not line.startswith(("#", "extends"))
        and not above.startswith("#")
        # The first value of a round may be explained above the round.
        and not (above == "[[rounds]]" and before.startswith("#"))
    ]
    assert unexplained == []


@pytest.mark.parametrize("profile", PROFILES)
def test_the_reason_of_every_value_that_a_profile_states_can_be_read(profile: str) -> None:
    stated = {key for key, _ in flat(tomllib.loads(profile_text(profile))) if key != "extends"}
    assert reasons(profile).keys() == stated
    assert all(reasons(profile).values())


def test_the_first_value_of_a_round_has_the_comment_above_the_round() -> None:
    assert reasons("tiny-cpu")["rounds.1.search.n_rollouts"].startswith("Round 1: terminal-guided")
    assert reasons("tiny-cpu")["rounds.3.search.n_rollouts"] == "The paper's."


def test_rules_are_the_list_before_the_first_section_with_their_continued_lines() -> None:
    assert [len(rules(profile)) > 0 for profile in ("paper", "release", "tiny-cpu")] == [True, True, False]
    continued = next(rule for rule in rules("paper") if rule.startswith("Candidates whose code fails"))
    assert continued.endswith("In pairs of steps they are never rejected, and chosen only where a later step mended them.")


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "infra").glob("*.toml")), ids=lambda path: path.name)
def test_a_settings_file_of_infra_can_be_laid_over_every_profile(path: Path) -> None:
    for profile in PROFILES:
        assert load(profile, path).warehouse.catalog


def test_profiles_make_different_data() -> None:
    fingerprints = {fingerprint(load(profile)) for profile in PROFILES}
    assert len(fingerprints) == len(PROFILES)


def test_a_name_that_is_no_profile_reads_no_file() -> None:
    with pytest.raises(BadInput, match="no profile"):
        load("../cli")


def test_a_chain_of_profiles_lays_the_outermost_first() -> None:
    texts = {"a": "[run]\nseed = 1", "b": 'extends = "a"\n[run]\nseed = 2', "c": 'extends = "b"'}
    assert chain("c", texts.__getitem__) == [("a", {"run": {"seed": 1}}), ("b", {"run": {"seed": 2}}), ("c", {})]


def test_profiles_that_extend_each_other_are_refused() -> None:
    texts = {"a": 'extends = "b"', "b": 'extends = "c"', "c": 'extends = "b"'}
    with pytest.raises(BadInput, match="in a circle: a -> b -> c -> b"):
        chain("a", texts.__getitem__)


def test_a_parent_that_is_no_name_is_refused() -> None:
    with pytest.raises(BadInput, match="profile a: extends = 3: must be the name of a profile"):
        chain("a", {"a": "extends = 3"}.__getitem__)


PAPER = load("paper")


@pytest.mark.parametrize(
    ("observed", "published"),
    [
        (PAPER.search.max_depth, 16),
        (PAPER.search.exploration_weight, 2.0),
        (PAPER.run.n_rounds, 4),
        ([PAPER.search_of(number).n_rollouts for number in (1, 2, 3, 4)], [8, 16, 16, 16]),
        ([PAPER.search_of(number).n_candidates for number in (1, 2, 3, 4)], [5, 8, 8, 16]),
        ([PAPER.search_of(number).n_trees for number in (1, 2, 3, 4)], [1, 1, 1, 2]),
        ([PAPER.search_of(number).q_source for number in (1, 2, 3, 4)], ["terminal", "terminal", "ppm", "ppm"]),
        (PAPER.search_of(2).n_extra_rollouts, 16),
        (PAPER.search_of(4).n_rollouts + PAPER.search_of(4).n_extra_rollouts, 128),
        (PAPER.annotation.n_sft_per_problem, 2),
        (PAPER.annotation.n_chosen, 2),
        (PAPER.annotation.n_rejected, 2),
        (PAPER.sft.n_epochs, 2),
        (PAPER.sft.max_length, 4096),
        (PAPER.sft.batch_size, 128),
        (PAPER.sft.learning_rate, 7e-6),
        (PAPER.ppm.n_epochs, 1),
        (PAPER.ppm.learning_rate, 7e-6),
        (PAPER.ppm.loss_kind, "ppm"),
        (PAPER.evaluation.ks, (8, 64)),
        (PAPER.gates.n_gram, 13),
    ],
)
def test_the_paper_profile_keeps_the_papers_number(observed: object, published: object) -> None:
    assert observed == published


def test_the_papers_512_pairs_are_16_packs_of_a_problem_with_8_steps() -> None:
    pairs_per_step = PAPER.annotation.n_chosen * PAPER.annotation.n_rejected
    assert PAPER.ppm.batch_size * 8 * pairs_per_step == 512


def test_the_papers_test_time_search_has_32_candidates_and_at_most_64_trajectories() -> None:
    assert (PAPER.evaluation.n_search_candidates, PAPER.evaluation.n_search_rollouts) == (32, 64)


def test_the_release_profile_differs_from_the_paper_as_the_release_does() -> None:
    release = load("release")
    assert [release.search_of(number).n_candidates for number in (1, 2, 3, 4)] == [12] * 4
    assert [release.search_of(number).n_rollouts for number in (1, 2, 3, 4)] == [48] * 4
    assert release.annotation.min_margin == 0.5
    assert release.sft == PAPER.sft


def test_the_tiny_profile_is_the_recipes() -> None:
    tiny = load("tiny-cpu")
    assert tiny.problems.train_per_level == (90, 100, 90, 70, 50)
    assert sum(tiny.problems.test_per_level) >= 200
    assert [tiny.search_of(number).n_rollouts for number in (1, 2, 3, 4)] == [8, 16, 16, 16]
    assert [tiny.search_of(number).n_extra_rollouts for number in (1, 2, 3, 4)] == [0, 0, 0, 32]
    assert [tiny.search_of(number).q_source for number in (1, 2, 3, 4)] == ["terminal", "terminal", "ppm", "ppm"]
