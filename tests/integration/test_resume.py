"""Disturb a real evolution in search, in training and in promotion, go on each time, and compare with one left in peace."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from tests.integration.conftest import Undisturbed
from tests.integration.small_evolution import disturbed, evolved, kill, n_batches, tables
from tests.servers import BUCKET, PASSWORD, PostgresServer, S3Server

pytestmark = pytest.mark.integration


def in_search(home: Path) -> bool:
    return n_batches(home, "rollout") >= 1


def in_search_later(home: Path) -> bool:
    return n_batches(home, "rollout") >= 2


def in_policy_training(home: Path) -> bool:
    return (home / "jobs" / "round-1-policy" / "job.json").exists()


def in_ppm_training(home: Path) -> bool:
    return (home / "jobs" / "round-1-ppm" / "job.json").exists()


def in_promotion(home: Path) -> bool:
    return n_batches(home, "gate-promotion") >= 1


def assert_ends_like(undisturbed: Undisturbed, home: Path, but_for: tuple[str, ...] = ()) -> None:
    """Compare the rows of two evolutions, without the columns of `but_for`."""
    found = tables(home)
    for name, rows in undisturbed.tables.items():
        assert len(rows), f"{name} is empty, so that comparing it shows nothing"
        assert_frame_equal(found[name].drop(but_for, strict=False), rows.drop(but_for, strict=False))


def assert_survives(undisturbed: Undisturbed, home: Path, *points: Callable[[Path], bool]) -> None:
    """Kill an evolution at each of the points, go on each time with another number of trees in flight, and compare."""
    ways = itertools.cycle([("search.window=1", "sandbox.n_workers=1"), ("search.window=8", "sandbox.n_workers=2")])
    for point in points:
        disturbed(home, point, kill, *next(ways))
    finished = evolved(home)
    assert finished.returncode == 0, finished.stderr[-2000:]
    # The settings say how many trees are in flight.
    assert_ends_like(undisturbed, home, but_for=("settings_json",))


def test_a_run_that_is_killed_in_training_ends_like_one_that_is_not_whatever_was_in_flight(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    assert_survives(undisturbed, tmp_path / "killed", in_policy_training)


@pytest.mark.soak
def test_a_run_that_is_killed_at_every_point_ends_like_one_that_is_not(undisturbed: Undisturbed, tmp_path: Path) -> None:
    assert_survives(
        undisturbed, tmp_path / "killed", in_search, in_search_later, in_policy_training, in_ppm_training, in_promotion
    )


def test_a_run_on_a_cluster_whose_postgres_goes_down_ends_like_one_at_home(
    undisturbed: Undisturbed, tmp_path: Path, postgres: PostgresServer, moto: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**moto.environment, "PGPASSWORD": PASSWORD}.items():
        monkeypatch.setenv(name, value)
    postgres.ask("create database evolution")
    lake = (f"warehouse.catalog={postgres.address('evolution')}", f"warehouse.data=s3://{BUCKET}/evolution")
    home = tmp_path / "cluster"
    code, said = disturbed(home, in_search, lambda _: postgres.stop(), *lake)
    postgres.start()
    assert code == 1
    assert "Postgres does not answer" in said
    finished = evolved(home, *lake)
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert not (home / "lake" / "catalog.sqlite").exists()
    # The settings say where the lake is.
    assert_ends_like(undisturbed, home, but_for=("settings_json",))
