"""Lineage events follow from the ledger, and a server that is not there stops nothing."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.home.openlineage import LineageServer, emit_round
from tests.warehouse.gate_lake import batch, evaluation, whole_round
from warehouse.rounds.openlineage import round_events
from warehouse.stages import MEASURE
from warehouse.store.lake import Warehouse


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with whole_round(tmp_path_factory.mktemp("home")) as lake:
        lake.promote(1, "new", "new-ppm")
        yield lake


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]], list[str | None]]]:
    """A server that keeps what it is sent."""
    events: list[dict[str, Any]] = []
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))) | {"path": self.path})
            keys.append(self.headers["Authorization"])
            self.send_response(201)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", events, keys
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_every_batch_starts_and_completes_within_its_round(lake: Warehouse) -> None:
    events = round_events(lake, 1, "here")
    by_job: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        by_job.setdefault(event["job"]["name"], []).append(event)
    assert {job: [event["eventType"] for event in found] for job, found in by_job.items()} == {
        job: ["START", "COMPLETE"]
        for job in (
            "evolution_round",
            "rollout.all",
            "trajectories.all",
            "verify.all",
            "annotate-sft.all",
            "annotate-pairs.all",
            "evaluate.all",
        )
    }
    round_run = by_job["evolution_round"][0]["run"]["runId"]
    rollout = by_job["rollout.all"][1]
    assert rollout["run"]["facets"]["parent"]["run"]["runId"] == round_run
    assert rollout["run"]["facets"]["stargrove_batch"]["fingerprint"] == "fingerprint"
    assert [one["name"] for one in rollout["inputs"]] == ["lake.problems", "lake.checkpoints"]
    (nodes,) = rollout["outputs"]
    assert (nodes["name"], nodes["outputFacets"]["outputStatistics"]["rowCount"]) == ("lake.nodes", 15)
    assert by_job["evolution_round"][1]["run"]["facets"]["stargrove_round"]["policy_id"] == "new"


def test_what_is_measured_on_top_is_no_part_of_the_round(tmp_path: Path) -> None:
    with whole_round(tmp_path) as lake:
        lake.commit(batch("measure"), {"evaluations": [evaluation("new", "new-ppm", "maj_8", 0.5)]})
        measured = [event for event in round_events(lake, 1, "here") if event["job"]["name"] == "measure.all"]
    assert [event["eventType"] for event in measured] == ["START", "COMPLETE"]
    assert all("parent" not in event["run"]["facets"] for event in measured)
    assert [one["name"] for one in measured[1]["outputs"]] == [f"lake.{table}" for table in MEASURE.writes]


def test_the_same_events_are_sent_again_as_the_same_runs(lake: Warehouse) -> None:
    assert round_events(lake, 1, "here") == round_events(lake, 1, "here")
    runs = {event["run"]["runId"] for event in round_events(lake, 1, "here")}
    assert runs.isdisjoint(event["run"]["runId"] for event in round_events(lake, 1, "there"))


def test_events_reach_the_configured_server(
    lake: Warehouse, server: tuple[str, list[dict[str, Any]], list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, events, keys = server
    monkeypatch.setenv("OPENLINEAGE_URL", f"{url}/")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "secret")
    told: list[str] = []
    assert emit_round(lake, 1, told.append) == len(events) == 14
    assert {event["path"] for event in events} == {"/api/v1/lineage"}
    assert (set(keys), told) == ({"Bearer secret"}, [])


def test_without_a_url_nothing_is_sent_and_an_absent_server_stops_nothing(
    lake: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)
    told: list[str] = []
    assert LineageServer.configured() is None
    assert emit_round(lake, 1, told.append) == 0 and told == []
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    assert emit_round(lake, 1, told.append) == 0
    assert len(told) == 1 and "lineage of round 1 not sent" in told[0]


def test_the_ledger_of_a_home_without_rounds_gives_no_round_event(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as empty:
        assert round_events(empty, 1, "here") == []
