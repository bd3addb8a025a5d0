"""Engine processes that die, hang or run out of memory: found out, replaced, and their requests repeated with the same seeds.

The processes are real ones. What they serve is a fake server of this process, so that starting one again is cheap.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import active_children
from pathlib import Path

import psutil
import pytest

from models.engines.base import Answer, GenerationRequest, Rejection, Request, ScoringRequest
from models.engines.http.engine import HttpEngine
from models.engines.pool.engine import EnginePool
from models.engines.settings import EngineSettings
from tests.models.engine_contract import answers_of
from tests.models.fake_server import CONTEXT, FakeServer, running
from warehouse.errors import EngineUnavailable

POLICY, PPM = Path("/home/policy-1"), Path("/home/ppm-1")
REQUESTS: list[Request] = [
    *(GenerationRequest(number, f"problem {number}", (number, number + 1), 1.0, ("<end>",), 9) for number in range(8)),
    *(ScoringRequest(100 + number, (f"prefix {number}",)) for number in range(8)),
]


@pytest.fixture(scope="module")
def settings() -> Iterator[EngineSettings]:
    with running(FakeServer(seconds=0.05)) as policy, running(FakeServer("ppm", "ppm", seconds=0.05)) as ppm:
        urls = {"policy_urls": (policy.url,), "ppm_urls": (ppm.url,)}
        yield EngineSettings(kind="http", n_processes=1, max_model_len=CONTEXT, **urls)


@pytest.fixture(scope="module")
def expected(settings: EngineSettings) -> dict[int, Answer]:
    """The answers of an engine in this process."""
    with closing(HttpEngine(settings, POLICY, PPM)) as alone:
        return answers_of(alone, REQUESTS)


@contextmanager
def pool(settings: EngineSettings, **changes: object) -> Iterator[EnginePool]:
    with closing(EnginePool(HttpEngine, settings.model_copy(update=changes), POLICY, PPM)) as engine:
        yield engine


def engine_pids() -> set[int]:
    """Return the ids of the engine processes that live."""
    return {process.pid for process in active_children() if process.name == "stargrove engine" and process.pid}


def test_a_process_that_is_killed_is_replaced_and_its_requests_are_repeated(
    settings: EngineSettings, expected: dict[int, Answer]
) -> None:
    with pool(settings) as engine:
        for request in REQUESTS:
            engine.submit(request)
        first = engine.poll(0.0)
        (victim,) = engine_pids()
        os.kill(victim, signal.SIGKILL)
        assert {**{answer.request_id: answer for answer in first}, **answers_of(engine, [])} == expected


def test_a_process_that_hangs_is_replaced_and_its_requests_are_repeated(
    settings: EngineSettings, expected: dict[int, Answer]
) -> None:
    with pool(settings, stall_seconds=5.0) as engine:
        (hanging,) = engine_pids()
        os.kill(hanging, signal.SIGSTOP)
        assert answers_of(engine, REQUESTS) == expected
        assert hanging not in engine_pids()


def test_a_process_that_had_nothing_to_do_is_not_taken_for_one_that_hangs(settings: EngineSettings) -> None:
    with pool(settings, stall_seconds=0.5) as engine:
        before = engine_pids()
        time.sleep(1.0)
        engine.submit(REQUESTS[0])
        engine.poll(0.0)
        assert engine_pids() == before


def test_a_process_that_runs_out_of_memory_is_replaced_and_its_requests_are_repeated(
    settings: EngineSettings, expected: dict[int, Answer]
) -> None:
    with pool(settings) as engine:
        (starved,) = engine_pids()
        # What it holds it keeps; whatever more it asks the kernel for is refused.
        resource.prlimit(starved, resource.RLIMIT_AS, (1 << 20, resource.RLIM_INFINITY))
        # More than the 64 MiB that each thread's allocator reserved before. (The half character keeps it from the server.)
        large = GenerationRequest(500, "\ud800" * (64 << 20), (1,), 1.0, (), 9)
        answers = answers_of(engine, [*REQUESTS, large])
        assert starved not in engine_pids()
    assert isinstance(answers.pop(500), Rejection)
    assert answers == expected


def test_three_processes_lost_in_a_row_stop_the_engine_with_the_reason(settings: EngineSettings) -> None:
    with pool(settings) as engine:
        engine.submit(REQUESTS[0])
        killed: set[int] = set()
        with pytest.raises(EngineUnavailable, match=r"3 engine processes in a row were lost, the last one: was killed, which"):
            while True:
                for pid in engine_pids() - killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                assert engine.poll(0.05) == []
        assert len(killed) == 3
        assert not engine_pids()
        with pytest.raises(EngineUnavailable, match="3 engine processes in a row were lost"):
            engine.poll(0.0)


def test_a_request_that_ends_every_process_stops_the_engine_though_others_are_answered(settings: EngineSettings) -> None:
    with pool(settings, n_processes=2) as engine:
        fatal, *harmless = REQUESTS
        engine.submit(fatal)
        home = engine._members[engine._home_of(fatal)].process.pid
        other = engine_pids() - {home}
        n_answered, killed = 0, set[int]()
        with pytest.raises(EngineUnavailable, match="3 engine processes in a row were lost"):
            while True:
                # One of the others is answered before each loss, so that there are never three in a row without an answer.
                if n_answered >= len(killed) and (alive := engine_pids() - other - killed):
                    killed |= alive
                    os.kill(alive.pop(), signal.SIGKILL)
                if not engine.n_pending - 1 and harmless:
                    engine.submit(harmless.pop())
                n_answered += len(engine.poll(0.05))
        assert len(killed) == 3
        assert n_answered >= 2


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
from models.engines.http.engine import HttpEngine
from models.engines.pool.engine import EnginePool
from models.engines.settings import EngineSettings

engine = EnginePool(HttpEngine, EngineSettings.model_validate_json(sys.argv[1]), Path("/home/policy-1"), None)
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
def test_a_program_that_ends_without_closing_its_engine_leaves_no_process(
    settings: EngineSettings, how: str, code: int
) -> None:
    program = [sys.executable, "-c", UNCLOSED + how, settings.model_dump_json()]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False, start_new_session=True)
    assert (ended.returncode, ended.stderr) == (code, "")
    (pid,) = map(int, ended.stdout.split())
    deadline = time.monotonic() + 10
    while lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
