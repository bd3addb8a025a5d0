"""status: how a home stands, what runs on it, and what it says to do next."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.display.tables.status import status_view
from flows.home.lock import Holder, hold, holder
from flows.home.status import at_work, status_of, training_progress
from flows.settings import Settings, load
from tests.flows.test_small_commands import drawn
from tests.warehouse.trees import batch, ingest, problem, search, small_tree
from warehouse.measured import GateResult
from warehouse.records import RoundRow
from warehouse.store.lake import Warehouse


@pytest.fixture
def lake(empty_home: Path, tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(shutil.copytree(empty_home, tmp_path / "home")) as lake:
        yield lake


def begun(lake: Warehouse, number: int = 1, settings: Settings | None = None) -> None:
    settings_json = (settings or Settings()).model_dump_json()
    lake.start_round(RoundRow(number, "running", "f", settings_json, "v1", "base-0", None))


def status_text(home: Path) -> str:
    return drawn(status_view(status_of(home), datetime.now(UTC)))


def test_a_home_at_work_names_who_works_what_at_and_what_comes_then(lake: Warehouse) -> None:
    ingest(lake, *(problem(f"p{number}") for number in range(201)))
    begun(lake)
    search(lake, 1, small_tree("t1", "p1"))
    with hold(lake.home):
        lines = [line.split(maxsplit=1) for line in status_text(lake.home).splitlines() if line.strip()]
    told = {words[0]: words[1].strip() for words in lines if len(words) == 2}
    assert told["runs"].startswith(f"process {os.getpid()}: ")
    assert told["at"].startswith("round 1 · verify · trajectories was committed") and told["at"].endswith("ago")
    assert told["then"].startswith("annotate, gate training-data, train-policy")
    assert "next" not in told


def test_the_search_is_counted_in_shards() -> None:
    assert at_work({}, 3).detail == "0 of 3 shards committed"
    assert at_work({"rollout": 2}, 3).label == "rollout"
    assert at_work({"rollout": 3}, 3).label == "verify"


@pytest.mark.parametrize(
    ("committed", "label", "following"),
    [
        ({"rollout": 1, "gate-training-data": 1}, "train-policy", ("train-ppm", "evaluate", "gate promotion", "promote")),
        ({"rollout": 1, "train-ppm": 1}, "evaluate", ("gate promotion", "promote")),
        ({"rollout": 1, "evaluate": 1}, "evaluate", ("gate promotion", "promote")),
        ({"rollout": 1, "evaluate": 2}, "gate promotion", ("promote",)),
        ({"rollout": 1, "gate-promotion": 1}, "promote", ()),
    ],
)
def test_a_round_is_at_what_follows_its_last_commit(committed: dict[str, int], label: str, following: tuple[str, ...]) -> None:
    now = at_work(committed, 1)
    assert (now.label, now.following) == (label, following)


def test_a_round_that_was_stopped_goes_on_with_the_settings_it_was_begun_with(lake: Warehouse) -> None:
    begun(lake, settings=load("gsm8k-small", overrides=("sft.n_threads=1",)))
    (advice,) = status_of(lake.home).advice
    assert advice == (
        f"round 1 was stopped; go on with: stargrove evolve --home {lake.home} --profile gsm8k-small --set sft.n_threads=1"
    )


def test_settings_that_no_options_give_again_go_on_from_a_file(lake: Warehouse) -> None:
    begun(lake, settings=load("tiny-cpu", overrides=("search.n_rollouts=16",)))
    (advice,) = status_of(lake.home).advice
    assert f"stargrove config show --home {lake.home} > {lake.home}.toml && stargrove evolve" in advice


def test_a_refused_round_says_which_gate_and_how_to_go_on(lake: Warehouse) -> None:
    begun(lake)
    failed = GateResult("promotion", "a", "t", "c", "1", ">= 2", passed=False, n_failing=1, hint="")
    lake.commit(batch(1, "gate-promotion"), {"gate_results": [failed]})
    lake.reject(1)
    see, override = status_of(lake.home).advice
    assert see == (
        f"the promotion gate refused round 1 (1 expectations); see why: stargrove gates --round 1 --failed --home {lake.home}"
    )
    assert override.endswith(f"stargrove evolve --home {lake.home} --override REASON")


def test_a_finished_home_has_nothing_left_to_do(two_rounds: Warehouse) -> None:
    assert status_of(two_rounds.home).advice == ("every round is promoted: nothing is left to do",)
    text = status_text(two_rounds.home)
    assert "runs    nothing" in text and "promoted" in text


def test_a_round_between_two_others_is_told(lake: Warehouse) -> None:
    begun(lake)
    lake.set_round_status(1, "promoted")
    (advice,) = status_of(lake.home).advice
    assert advice == f"round 1 is promoted; go on with: stargrove evolve --home {lake.home}"


def test_a_round_that_waits_for_a_person_says_what_to_type(lake: Warehouse) -> None:
    begun(lake)
    lake.set_round_status(1, "held")
    (advice,) = status_of(lake.home).advice
    assert advice.startswith("round 1 is held for review; decide: stargrove promote --round 1 --reason WHY --home")
    lake.reject(1)
    (advice,) = status_of(lake.home).advice
    assert "rejected by a person" in advice and "--override" in advice


def test_rounds_that_were_set_aside_do_not_count(lake: Warehouse) -> None:
    begun(lake)
    lake.set_round_status(1, "promoted")
    for number in (2, 3, 4):
        begun(lake, number)
        lake.set_round_status(number, "superseded")
    (advice,) = status_of(lake.home).advice
    assert advice.startswith("round 1 is promoted; go on with: stargrove evolve")


def test_a_training_says_how_far_it_is_until_it_is_over(tmp_path: Path) -> None:
    assert training_progress(tmp_path) == ""
    (tmp_path / "job.json").write_text(json.dumps({"settings": {"n_epochs": 4}}))
    log = tmp_path / "training.log"
    log.write_text("Loading weights: 100%\n")
    assert training_progress(tmp_path) == "started"
    log.write_text("{'loss': '0.5', 'epoch': '0.1'}\n{'loss': '0.0102', 'epoch': '1.571'}\n{'loss': '0.0")
    assert training_progress(tmp_path) == "epoch 1.57 of 4 · loss 0.0102"
    (tmp_path / "outcome.json").write_text("{}")
    assert training_progress(tmp_path) == ""


def test_looking_at_the_lock_does_not_take_it(tmp_path: Path) -> None:
    assert holder(tmp_path / "none") is None
    with hold(tmp_path):
        found = holder(tmp_path)
        assert isinstance(found, Holder) and f"process {os.getpid()}," in found.line and found.command
    assert holder(tmp_path) is None
    with hold(tmp_path):
        pass


def test_ages_are_counted_from_the_time_that_is_passed_in(lake: Warehouse) -> None:
    begun(lake)
    search(lake, 1, small_tree())
    status = status_of(lake.home)
    committed = status.rounds[0].last_committed_at
    assert committed is not None
    assert "was committed 3 min 05 s ago" in drawn(status_view(status, committed + timedelta(seconds=185)))
