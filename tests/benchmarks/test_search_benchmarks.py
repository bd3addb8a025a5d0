"""The stored figures of the search benchmarks are within their bounds, and the cheapest of them is measured again."""

import itertools
import json

from tests.benchmarks.search_scaling import BASELINE, in_own_process


def test_cost_grows_no_faster_than_problems_rollouts_and_candidates() -> None:
    baseline = json.loads(BASELINE.read_text())
    for name in ("problems", "rollouts", "candidates"):
        costs = [(int(value), found["cpu_seconds"]) for value, found in baseline[name].items() if value.isdigit()]
        assert len(costs) >= 3
        for (small, cheap), (large, dear) in itertools.pairwise(costs):
            assert dear <= 1.15 * cheap * large / small


def test_memory_is_flat_from_200_to_5000_problems() -> None:
    problems = json.loads(BASELINE.read_text())["problems"]
    assert problems["5000"]["memory_mib"] <= 1.2 * problems["200"]["memory_mib"]


def test_four_times_the_problems_need_no_more_memory_and_at_most_four_times_the_cpu() -> None:
    few, many = in_own_process(200, 4, 4), in_own_process(800, 4, 4)
    assert many["n_nodes"] == 4 * few["n_nodes"]
    assert many["memory_mib"] <= 1.25 * few["memory_mib"]
    assert many["cpu_seconds"] <= 1.5 * 4 * few["cpu_seconds"]
