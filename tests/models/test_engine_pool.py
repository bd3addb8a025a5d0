"""Engines in processes of their own answer as one in this process does, also when one of them is lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path

import psutil
import pytest

from models.engines.base import Answer, Engine
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tests.models.engine_contract import answers_of, generations, scorings
from tests.models.random_model import write_ppm, write_torn
from warehouse.errors import EngineUnavailable, Interrupted

pytestmark = pytest.mark.integration

ALONE = EngineSettings(kind="transformers", n_processes=0, max_model_len=256)
TWO = EngineSettings(kind="transformers", n_processes=2, max_model_len=256)


@pytest.fixture(scope="module")
def engine(random_policy: Path, random_ppm: Path) -> Iterator[Engine]:
    with closing(open_engine(TWO, random_policy, random_ppm)) as engine:
        yield engine


REQUESTS = [*generations(12, temperature=1.0), *scorings(6)]


@pytest.fixture(scope="module")
def expected(random_policy: Path, random_ppm: Path) -> dict[int, Answer]:
    """The answers of an engine in this process."""
    with closing(open_engine(ALONE, random_policy, random_ppm)) as alone:
        return answers_of(alone, REQUESTS)


def engine_pids() -> set[int]:
    """Return the ids of the engine processes that live."""
    return {process.pid for process in active_children() if process.name == "stargrove engine" and process.pid}


def test_two_processes_answer_as_one_does_also_when_one_is_killed(engine: Engine, expected: dict[int, Answer]) -> None:
    assert answers_of(engine, REQUESTS) == expected

    for request in REQUESTS:
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
    open_engine(TWO, random_policy, None).close()
    assert changed == []


def test_openmp_is_not_loaded_yet_when_an_engine_process_sets_its_threads() -> None:
    program = "import sys, models.engines.pool.process; print(*{'torch', 'numpy'} & set(sys.modules))"
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
        open_engine(TWO.model_copy(update={"n_processes": 1}), tmp_path, None)


def test_an_engine_that_nobody_wants_any_more_stops_starting(random_policy: Path) -> None:
    before = engine_pids()
    with pytest.raises(Interrupted):
        open_engine(TWO, random_policy, None, cancelled=lambda: True)
    assert engine_pids() == before


def test_a_cancelled_engine_ends_in_the_middle_of_its_turn(random_policy: Path) -> None:
    before, cancelled = engine_pids(), threading.Event()
    engine = open_engine(TWO.model_copy(update={"n_processes": 1}), random_policy, None, cancelled=cancelled.is_set)
    (pid,) = engine_pids() - before
    os.kill(pid, signal.SIGSTOP)  # a turn that does not end
    cancelled.set()
    engine.close()
    assert not lives(pid)


def lives(pid: int) -> bool:
    """Return whether a process runs; one that nobody has reaped yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


UNCLOSED = """
import sys
from multiprocessing import active_children
from pathlib import Path
from models.engines.open import open_engine
from models.engines.settings import EngineSettings

engine = open_engine(EngineSettings(kind="transformers", n_processes=1), Path(sys.argv[1]), None)
print(*(child.pid for child in active_children()), flush=True)
"""


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("sys.exit(3)", 3),
        ("import os; os.killpg(0, 9)", -signal.SIGKILL),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
    ],
)
def test_a_program_that_ends_without_closing_its_engine_leaves_no_process(random_policy: Path, how: str, code: int) -> None:
    program = [sys.executable, "-c", UNCLOSED + how, str(random_policy)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False, start_new_session=True)
    assert (ended.returncode, ended.stderr) == (code, "")
    (pid,) = map(int, ended.stdout.split())
    deadline = time.monotonic() + 10
    while lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
