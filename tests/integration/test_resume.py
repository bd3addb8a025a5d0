"""Kill a real evolution in search, in training and in promotion, go on each time, and compare with one left in peace."""

from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from tests.integration.small_evolution import evolved, home_with_server, kill_when, n_batches, tables

pytestmark = pytest.mark.integration


def in_search(home: Path) -> bool:
    return n_batches(home, "rollout") >= 2


def in_policy_training(home: Path) -> bool:
    return (home / "jobs" / "round-1-policy" / "job.json").exists()


def in_ppm_training(home: Path) -> bool:
    return (home / "jobs" / "round-1-ppm" / "job.json").exists()


def in_promotion(home: Path) -> bool:
    return n_batches(home, "gate-promotion") >= 1


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_is_not(tmp_path):
    with home_with_server(tmp_path / "killed") as killed, home_with_server(tmp_path / "whole") as whole:
        for point in (in_search, in_policy_training, in_ppm_training, in_promotion):
            kill_when(killed, point)
        finished = evolved(killed)
        assert finished.returncode == 0, finished.stderr[-2000:]
        undisturbed = evolved(whole)
        assert undisturbed.returncode == 0, undisturbed.stderr[-2000:]
        expected, found = tables(whole), tables(killed)
        for name, rows in expected.items():
            assert len(rows), f"{name} is empty, so that comparing it shows nothing"
            assert_frame_equal(found[name], rows)
