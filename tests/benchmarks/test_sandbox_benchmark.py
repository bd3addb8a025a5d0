"""The sandbox keeps what its benchmark measured; a part of `python -m tests.benchmarks.sandbox`."""

import json

import pytest

from tests.benchmarks.sandbox import BASELINE, DEPTH, HEAVY, LIGHT, PATIENT, chain, memory_in_flight, throughput

LIGHT_CPU_MS = 8.0
HEAVY_CPU_MS = 60.0
QUARTER = DEPTH // 4


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.fixture(scope="module")
def light() -> list[float]:
    return chain(PATIENT, LIGHT, 12)


def test_a_light_step_costs_at_most_8_ms_of_cpu(light: list[float]) -> None:
    assert mean(light) <= LIGHT_CPU_MS


def test_light_steps_cost_the_same_at_every_depth(light: list[float]) -> None:
    assert mean(light[-QUARTER:]) <= 1.6 * mean(light[:QUARTER])


def test_a_sympy_step_costs_at_most_60_ms_of_cpu_and_less_than_running_the_prefix_again() -> None:
    snapshots = chain(PATIENT, HEAVY, 2)
    assert mean(snapshots) <= HEAVY_CPU_MS
    again = chain(PATIENT.model_copy(update={"n_snapshots": 0}), HEAVY, 1)
    assert mean(snapshots[-QUARTER:]) < mean(again[-QUARTER:]) / 2


def test_the_cpu_of_250_light_steps_is_less_than_two_cores_have() -> None:
    # CPU rather than the wall clock, which other work on the machine would falsify.
    assert throughput(500)["cpu_ms"] <= 2 * 1000 / 250


def test_64_trees_with_12_candidates_each_stay_within_2_gib() -> None:
    figures = memory_in_flight(64, 12)
    assert figures["n_finished"] == 64 * 12
    assert figures["peak_mib"] <= 2048


def test_the_baseline_was_within_the_bounds() -> None:
    baseline = json.loads(BASELINE.read_text())
    assert baseline["chain_of_16"]["light"]["sandbox"]["cpu_ms_mean"] <= LIGHT_CPU_MS
    assert baseline["throughput"]["steps_per_second"] >= 250
    assert baseline["chain_of_16"]["heavy"]["sandbox"]["cpu_ms_mean"] <= HEAVY_CPU_MS
    assert baseline["memory"]["peak_mib"] <= 2048
