"""Disturb a real evolution in search, in training and in promotion, go on each time, and compare with one left in peace."""

import itertools
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from flows.cli.app import main
from tests.integration.conftest import Undisturbed
from tests.integration.small_evolution import disturbed, evolved, kill, n_batches, tables
from tests.servers import BUCKET, PASSWORD, PostgresServer, S3Server
from warehouse.errors import RoundHeld
from warehouse.places.postgres_lease import read_lease

pytestmark = pytest.mark.integration

AWAY_SECONDS = 10.0


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
    """Kill an evolution at each of the points, go on each time with another number of trees in flight, let a person promote its
    round, and compare."""
    ways = itertools.cycle([("search.window=1", "sandbox.n_workers=1"), ("search.window=8", "sandbox.n_workers=2")])
    for point in points:
        disturbed(home, point, kill, *next(ways))
    held = evolved(home, "gates.promotion=manual")
    assert held.returncode == RoundHeld.exit_code, held.stderr[-2000:]
    assert held.stderr.splitlines()[-1].startswith("stargrove: round 1 is held for review; decide: stargrove promote --round 1")
    assert evolved(home).returncode == RoundHeld.exit_code, "only a person promotes it, whatever the setting is by now"
    assert main(["promote", "--round", "1", "--reason", "it is right", "--home", str(home)]) == 0
    # The settings say how many trees are in flight.
    assert_ends_like(undisturbed, home, but_for=("settings_json",))


def test_a_run_that_is_killed_in_training_ends_like_one_that_is_not_whatever_was_in_flight(
    undisturbed: Undisturbed, tmp_path: Path, prefect_url: str
) -> None:
    assert_survives(undisturbed, tmp_path / "killed", in_policy_training)
    assert_a_review_was_asked_for(prefect_url, tmp_path / "killed")


def assert_a_review_was_asked_for(url: str, home: Path) -> None:
    """Those runs of a home that end with a held round are completed, in a state of their own, and say what to type."""
    ended = [
        run["state"] for run in asked(url, "flow_runs", sort="START_TIME_DESC") if str(home) in str(run["state"]["message"])
    ]
    assert [(state["type"], state["name"]) for state in ended] == [("COMPLETED", "Held")] * 2, "the round and the evolution"
    (artifact,) = [one for one in asked(url, "artifacts") if one["key"] == "review" and str(home) in one["data"]]
    assert "stargrove promote --round 1 --reason WHY --home" in artifact["data"]
    # A server takes events in beside its other work.
    wanted, found, deadline = {"stargrove.round.held", "stargrove.round.promoted"}, set(), time.monotonic() + 60
    while not wanted <= found:
        assert time.monotonic() < deadline, found
        events = asked(url, "events", filter={"event": {"prefix": ["stargrove.round"]}})
        found = {one["event"] for one in events["events"]}


def asked(url: str, what: str, **more: object) -> Any:
    """Return what a Prefect server has of something."""
    request = urllib.request.Request(
        f"{url}/{what}/filter", json.dumps({"limit": 50, **more}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.soak
def test_a_run_that_is_killed_at_every_point_ends_like_one_that_is_not(undisturbed: Undisturbed, tmp_path: Path) -> None:
    assert_survives(
        undisturbed, tmp_path / "killed", in_search, in_search_later, in_policy_training, in_ppm_training, in_promotion
    )


def test_a_run_on_a_cluster_whose_postgres_is_away_for_ten_seconds_goes_on_and_ends_like_one_at_home(
    undisturbed: Undisturbed, tmp_path: Path, postgres: PostgresServer, moto: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**moto.environment, "PGPASSWORD": PASSWORD}.items():
        monkeypatch.setenv(name, value)
    postgres.ask("create database evolution")
    lake = (f"warehouse.catalog={postgres.address('evolution')}", f"warehouse.data=s3://{BUCKET}/evolution")
    home = tmp_path / "cluster"

    def take_away(_: int) -> None:
        postgres.stop()
        time.sleep(AWAY_SECONDS)
        postgres.start()

    code, said = disturbed(home, in_search, take_away, *lake)
    assert code == 0, said[-2000:]
    assert "Postgres does not answer" in said and "the work goes on unless another evolution begins" in said
    found = read_lease(postgres.address("evolution"))
    assert found is not None and found[0].is_released and found[0].token == 1
    assert not (home / "lake" / "catalog.sqlite").exists()
    # The settings say where the lake is.
    assert_ends_like(undisturbed, home, but_for=("settings_json",))
