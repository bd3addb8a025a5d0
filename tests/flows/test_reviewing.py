"""promote, reject and rollback: one line each, under the home's lock, and told to whoever listens."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from flows.cli import app as cli
from flows.home.conduct import what_is_left
from flows.home.lock import hold
from flows.home.plans import fingerprint_of
from flows.settings import Settings, load
from tests.warehouse.trees import batch
from warehouse.errors import GateRefused, RoundHeld
from warehouse.measured import Evaluation, GateResult
from warehouse.records import CheckpointKind, CheckpointRow, RoundRow
from warehouse.rounds.line import Turn, turns
from warehouse.rounds.review import review_markdown
from warehouse.store.lake import Warehouse

SETTINGS = Settings()
KINDS: Final[tuple[CheckpointKind, ...]] = ("policy", "ppm")
BROKEN = GateResult(
    "promotion", "pass@1 holds", "evaluations", "value", "0.4", ">= 0.5", passed=False, n_failing=1, hint="look"
)


def begin(lake: Warehouse, turn: Turn) -> None:
    """Begin a round that has trained its candidates."""
    number, fingerprint = turn.round, fingerprint_of(SETTINGS, turn)
    lake.start_round(
        RoundRow(number, "running", fingerprint, SETTINGS.model_dump_json(), "v1", "base", None, set_aside=turn.set_aside)
    )
    for kind in KINDS:
        lake.record_checkpoint(
            CheckpointRow(f"{kind}-{number}", kind, number, "base", None, fingerprint, "file:///x", "candidate")
        )
    lake.set_candidates(number, f"policy-{number}", f"ppm-{number}")


@pytest.fixture(scope="module")
def grown(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose first round is promoted, and whose second one is held."""
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("grown") / "home")
    with Warehouse.open(home) as lake:
        begin(lake, Turn(1))
        lake.promote(1, "policy-1", "ppm-1")
        begin(lake, Turn(2))
        lake.commit(batch(2, "gate-promotion"), {"gate_results": [BROKEN]})
        lake.set_round_status(2, "held")
    return home


@pytest.fixture
def home(grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Such a home, to be decided about. No server listens."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return shutil.copytree(grown, tmp_path / "home")


def decided(home: Path, verb: str, number: int, *more: str, reason: str = "three trees look right") -> int:
    return cli.main([verb, "--round", str(number), "--reason", reason, "--home", str(home), *more])


def statuses(home: Path) -> list[str]:
    with Warehouse.open(home, read_only=True) as lake:
        return [row.status for row in lake.round_rows()]


def test_evolve_leaves_a_held_round_to_people_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evolve", "--home", str(home)]) == RoundHeld.exit_code == 4
    printed = capsys.readouterr().err
    assert printed == (
        f"stargrove: round 2 is held for review; decide: stargrove promote --round 2 --reason WHY --home {home} or: "
        f"stargrove reject --round 2 --reason WHY --home {home}\n"
    )


def test_a_promotion_by_hand_is_said_once_and_done_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert decided(home, "promote", 2) == 0
    assert "round 2 is promoted by" in capsys.readouterr().out
    assert decided(home, "promote", 2, reason="again") == 0
    assert capsys.readouterr().out == "round 2 is promoted already: nothing to do\n"
    with Warehouse.open(home, read_only=True) as lake:
        (row,) = lake.query("promotion_decisions", round=2).to_dicts()
    assert (row["decision"], row["reason"], row["policy_id"]) == ("promoted", "three trees look right", "policy-2")
    assert row["decided_by"].count("@") == 1


def test_evolve_does_not_try_again_what_a_person_rejected(home: Path) -> None:
    assert decided(home, "reject", 2) == 0
    with pytest.raises(
        GateRefused, match=r"round 2 was rejected by .*: three trees look right; grow another.*rollback --round 1"
    ):
        what_is_left(SETTINGS, home, None)  # type: ignore[arg-type]  # it is refused before anything is shown


def test_an_override_says_which_rules_were_broken(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decided(home, "reject", 2)
    assert decided(home, "promote", 2) == 2
    assert "round 2 was refused: rejected by" in capsys.readouterr().err
    assert decided(home, "promote", 2, "--override") == 0
    assert "overridden: pass@1 holds: observed 0.4, needed >= 0.5" in capsys.readouterr().out
    assert statuses(home) == ["promoted", "promoted"]


def test_after_a_rollback_the_evolution_goes_on_with_a_number_that_none_had(home: Path) -> None:
    decided(home, "promote", 2)
    assert decided(home, "rollback", 1) == 0
    assert statuses(home) == ["promoted", "superseded"]
    # The superseded round is compared with nothing, so that its turn may be tried with other settings.
    other = load(overrides=["rounds.2.search.n_rollouts=17"])
    assert what_is_left(other, home, None) == other  # type: ignore[arg-type]  # nothing is shown
    with Warehouse.open(home) as lake:
        assert turns(lake.round_rows(), 3) == (Turn(1), Turn(3, (2,)), Turn(4, (2,)))
        current = lake.current_checkpoint("policy")
        assert current is not None
        assert current.checkpoint_id == "policy-1"


def test_seeds_batches_and_fingerprints_of_a_second_try_are_its_own() -> None:
    first, again = Turn(2), Turn(3, (2,))
    assert (first.place, again.place) == (2, 2)
    assert fingerprint_of(SETTINGS, first) != fingerprint_of(SETTINGS, again), "other data come out"
    assert fingerprint_of(SETTINGS, again) == fingerprint_of(SETTINGS, Turn(3, (2,)))
    assert fingerprint_of(SETTINGS, Turn(5, (3, 4))) != fingerprint_of(SETTINGS, Turn(5, (2, 3))), "they build on other rounds"


@pytest.mark.parametrize("verb", ["promote", "reject", "rollback"])
def test_nothing_is_decided_while_an_evolution_runs(verb: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hold(home):
        assert decided(home, verb, 1) == 2
    printed = capsys.readouterr().err
    assert f"another evolution runs on {home} (machine " in printed and f"process {os.getpid()}, " in printed
    assert printed.count("\n") == 1
    assert statuses(home) == ["promoted", "held"]


@pytest.mark.parametrize("verb", ["promote", "reject", "rollback"])
def test_a_decision_needs_words_and_an_evolution(
    verb: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decided(home, verb, 1, reason=" ") == 2
    assert "a decision needs a reason" in capsys.readouterr().err
    assert decided(tmp_path / "nowhere", verb, 1) == 2
    assert "there is no evolution in" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """What a Prefect server on this machine hears: paths and contents."""
    heard: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
    yield heard
    server.shutdown()
    server.server_close()


def test_prefects_automations_hear_what_was_decided(home: Path, listener: list[tuple[str, Any]]) -> None:
    decided(home, "promote", 2)
    decided(home, "promote", 2)
    decided(home, "rollback", 1)
    assert [(path, content[0]["event"], content[0]["resource"]) for path, content in listener] == [
        ("/api/events", "stargrove.round.promoted", {"prefect.resource.id": "stargrove.round.2"}),
        ("/api/events", "stargrove.round.made_current", {"prefect.resource.id": "stargrove.round.1"}),
    ]
    assert listener[1][1][0]["payload"]["superseded"] == [2]


def test_a_server_that_does_not_hear_takes_nothing_back(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert decided(home, "promote", 2) == 0
    assert "was not told of it" in capsys.readouterr().out
    assert statuses(home) == ["promoted", "promoted"]


def test_a_review_shows_the_round_beside_the_one_it_builds_on_and_what_to_type(home: Path) -> None:
    with Warehouse.open(home) as lake:
        for number, value in ((1, 0.25), (2, 0.5)):
            one = Evaluation(f"policy-{number}", f"ppm-{number}", "validation", "greedy_pass_1", None, value, 40)
            lake.commit(batch(number, "evaluate"), {"evaluations": [one]})
        text = review_markdown(lake, 2)
    assert "| validation problems | round 1 | round 2 |" in text
    assert "| greedy pass@1 | 25.0% | 50.0% |" in text
    assert "| **failed** | pass@1 holds | evaluations | value | 0.4 | >= 0.5 |" in text
    assert f"stargrove promote --round 2 --reason WHY --home {home}" in text
