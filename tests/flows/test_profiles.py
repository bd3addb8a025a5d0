"""The shipped profiles: complete, loadable, and true to their sources."""

import itertools
import tomllib

import pytest

from flows.settings import PROFILES, RoundSettings, Settings, fingerprint, load
from flows.settings.layers import profile_text
from warehouse.errors import BadInput


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_names_every_setting(profile: str) -> None:
    content = tomllib.loads(profile_text(profile))
    for section, field in Settings.model_fields.items():
        if section == "rounds":
            assert all(set(table) <= set(RoundSettings.model_fields) for table in content["rounds"])
        else:
            assert set(content[section]) == set(getattr(field.annotation, "model_fields"))  # noqa: B009


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_explains_every_value(profile: str) -> None:
    lines = profile_text(profile).split("[[rounds]]")[0].splitlines()
    for above, line in itertools.pairwise(lines):
        assert "=" not in line or line.startswith("#") or above.startswith("#"), line


def test_profiles_make_different_data() -> None:
    fingerprints = {fingerprint(load(profile)) for profile in PROFILES}
    assert len(fingerprints) == len(PROFILES)


def test_a_name_that_is_no_profile_reads_no_file() -> None:
    with pytest.raises(BadInput):
        profile_text("../cli")


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
