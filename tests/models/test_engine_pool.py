"""Engines in processes of their own answer as one in this process does, also when one of them is lost."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path

import pytest

from models.engines.base import Answer, Engine
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tests.models.engine_contract import MIXED, answers_of, scorings
from tests.models.random_model import write_ppm, write_torn
from warehouse.errors import EngineUnavailable, Interrupted

pytestmark = pytest.mark.integration

ALONE = EngineSettings(kind="transformers", n_processes=0, max_model_len=256)
ONE = ALONE.model_copy(update={"n_processes": 1})
TWO = ALONE.model_copy(update={"n_processes": 2})


@pytest.fixture(scope="module")
def engine(random_policy: Path, random_ppm: Path) -> Iterator[Engine]:
    with closing(open_engine(TWO, random_policy, random_ppm)) as engine:
        yield engine


@pytest.fixture(scope="module")
def expected(random_policy: Path, random_ppm: Path) -> dict[int, Answer]:
    """The answers of an engine in this process."""
    with closing(open_engine(ALONE, random_policy, random_ppm)) as alone:
        return answers_of(alone, MIXED)


def engine_pids() -> set[int]:
    """Return the ids of the engine processes that live."""
    return {process.pid for process in active_children() if process.name == "stargrove engine" and process.pid}


def test_two_processes_answer_as_one_does_also_when_one_is_killed(engine: Engine, expected: dict[int, Answer]) -> None:
    assert answers_of(engine, MIXED) == expected

    for request in MIXED:
        engine.submit(request)
    first = engine.poll(0.0)
    os.kill(next(iter(engine_pids())), signal.SIGKILL)
    assert {**{answer.request_id: answer for answer in first}, **answers_of(engine, [])} == expected


def test_starting_a_process_leaves_the_environment_alone_which_other_threads_copy(
    random_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[str] = []
    for name in ("putenv", "unsetenv"):
        monkeypatch.setattr(os, name, lambda key, *_: changed.append(os.fsdecode(key)))
    open_engine(ONE, random_policy, None).close()
    assert changed == []


def test_openmp_is_not_loaded_yet_when_an_engine_process_sets_its_threads() -> None:
    program = "import sys, models.engines.open, models.engines.pool.process; print(*{'torch', 'numpy'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert loaded.stdout.split() == []


def test_other_weights_are_served_by_every_process(
    engine: Engine, random_policy: Path, random_ppm: Path, tmp_path: Path
) -> None:
    requests, pids = scorings(8), engine_pids()
    before = answers_of(engine, requests)
    engine.load(random_policy, write_ppm(tmp_path, seed=5))
    other = answers_of(engine, requests)
    assert all(other[key] != before[key] for key in before)
    engine.load(random_policy, random_ppm)
    assert answers_of(engine, requests) == before
    assert engine_pids() == pids, "weights are swapped without a new process"


def test_a_checkpoint_that_no_process_can_load_is_an_unavailable_engine(random_policy: Path, tmp_path: Path) -> None:
    write_torn(tmp_path, random_policy)
    with pytest.raises(EngineUnavailable, match=r"3 engine processes in a row were lost, the last one: loading .* failed"):
        open_engine(ONE, tmp_path, None)


def test_an_engine_that_nobody_wants_any_more_stops_starting(random_policy: Path) -> None:
    before = engine_pids()
    with pytest.raises(Interrupted):
        open_engine(ONE, random_policy, None, cancelled=lambda: True)
    assert engine_pids() == before


def test_a_cancelled_engine_ends_in_the_middle_of_its_turn(random_policy: Path) -> None:
    cancelled, before = threading.Event(), set(active_children())
    engine = open_engine(ONE, random_policy, None, cancelled=cancelled.is_set)
    (process,) = set(active_children()) - before
    os.kill(process.pid or 0, signal.SIGSTOP)  # a turn that does not end
    cancelled.set()
    engine.close()
    assert process.exitcode == -signal.SIGKILL
