"""A measurement that other settings would answer otherwise is another batch, so that no old answers pass for new ones."""

from pathlib import Path

import pytest

from flows.home.plans import plan_of, site_of
from flows.settings import load
from tasks.runtime.measure_plan import MeasurePlan, Selection
from warehouse.measured import AnswerMethod
from warehouse.places.location import Location
from warehouse.rounds.line import Turn

TEST_SPLIT = Selection(name="test", split="test")
METHODS: tuple[AnswerMethod, ...] = ("greedy", "sample", "beam", "mcts")


def batch_ids(home: Path, *overrides: str) -> dict[AnswerMethod, str]:
    settings = load(overrides=list(overrides))
    round_plan = plan_of(settings, site_of(settings, Location(home)), Turn(1), "test")
    plan = MeasurePlan(
        round_plan=round_plan, policy_id="policy-1", ppm_id="ppm-1", methods=METHODS, selections=(TEST_SPLIT,), share_size=8
    )
    return {method: plan.batch(TEST_SPLIT, method, [], "000").batch_id for method in METHODS}


@pytest.mark.parametrize(
    ("setting", "changed"),
    [
        ("evaluation.temperature=0.5", {"sample"}),
        ("evaluation.search_temperature=0.5", {"beam", "mcts"}),
        ("evaluation.search_exploration_weight=3.0", {"mcts"}),
        ("evaluation.n_beams=3", {"beam"}),
        ("search.max_consecutive_errors=3", set(METHODS)),
        ("evaluation.window=7", set()),
    ],
)
def test_a_setting_changes_the_batches_of_the_methods_that_it_decides(
    tmp_path: Path, setting: str, changed: set[AnswerMethod]
) -> None:
    before, after = batch_ids(tmp_path), batch_ids(tmp_path, setting)
    assert {method for method in METHODS if before[method] != after[method]} == changed
