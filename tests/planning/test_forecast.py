"""What a round will take: never a number without a measurement, and more work never takes less time."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tasks.planning.forecast import SEARCH, Cost, Forecast, Size, forecast

STAGES = (SEARCH, "verify", "train-policy", "evaluate")
SMALL = Size(n_trees=10, n_rollouts=8, n_candidates=5, n_epochs={"train-policy": 2.0})
BASE = Cost(0, "evaluate", 1000, 10.0)
ROUND_1 = (Cost(1, SEARCH, 40_000, 400.0), Cost(1, "verify", 0, 8.0), Cost(1, "train-policy", 0, 60.0))


def by_stage(*costs: Cost, size: Size = SMALL, number: int = 2, tokens: float = 100.0) -> dict[str, Forecast]:
    found = forecast(number, {1: SMALL, number: size}, costs, tokens, STAGES)
    assert [one.stage for one in found] == list(STAGES)
    return {one.stage: one for one in found}


def test_what_was_never_measured_is_named_and_not_guessed() -> None:
    for one in by_stage(number=1).values():
        assert (one.least, one.most, one.basis) == (None, None, "not measured yet")


def test_the_first_search_is_foretold_from_the_answers_of_the_base() -> None:
    found = by_stage(BASE, number=1)
    # 10 trees of 5 candidates of 100 tokens, at 100 tokens per second; and that for each of 8 rollouts.
    assert found[SEARCH] == Forecast(SEARCH, 50.0, 400.0, "from the base's answers")
    assert found["evaluate"].most == 10.0


def test_a_later_search_takes_as_long_as_the_one_before_or_longer_by_its_rollouts() -> None:
    found = by_stage(BASE, *ROUND_1, size=replace(SMALL, n_rollouts=16))
    assert (found[SEARCH].least, found[SEARCH].most) == (400.0, 800.0)
    assert found["verify"] == Forecast("verify", 8.0, 8.0, "as in round 1")


def test_a_training_takes_as_long_as_its_epochs_say_and_longer_by_the_rounds_it_learns_from() -> None:
    found = by_stage(*ROUND_1, size=replace(SMALL, n_epochs={"train-policy": 3.0}), number=3)
    assert (found["train-policy"].least, found["train-policy"].most) == (90.0, 270.0)


def test_only_rounds_before_count() -> None:
    assert by_stage(*ROUND_1, replace(ROUND_1[0], round=2, seconds=1.0))[SEARCH].least == 400.0


@given(
    st.integers(1, 64),
    st.integers(1, 64),
    st.integers(1, 16),
    st.integers(1, 64),
    st.lists(st.sampled_from(ROUND_1), max_size=3),
)
def test_more_of_anything_never_takes_less(
    n_trees: int, n_rollouts: int, n_candidates: int, more: int, costs: list[Cost]
) -> None:
    size = Size(n_trees, n_rollouts, n_candidates, {"train-policy": 1.0})
    for larger in (
        replace(size, n_trees=n_trees + more),
        replace(size, n_rollouts=n_rollouts + more),
        replace(size, n_candidates=n_candidates + more),
        replace(size, n_epochs={"train-policy": 1.0 + more}),
    ):
        for few, many in zip(
            by_stage(BASE, *costs, size=size).values(), by_stage(BASE, *costs, size=larger).values(), strict=True
        ):
            if few.most is not None and few.least is not None:
                assert many.most is not None and many.least is not None
                assert few.least <= few.most <= many.most
                assert few.least <= many.least
