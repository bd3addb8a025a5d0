"""Stopping an evolution: seconds, whatever its engine is doing, with the right exit code, one line and no process left."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows.home.prefect_server import running_server
from tests.integration.small_evolution import evolve_command, home_with_server

pytestmark = pytest.mark.integration

WAIT_SECONDS = 60
"""A stop takes 20 s at most on a quiet machine; the engine's turn does not end by itself."""


def started(home: Path, *extra: str) -> subprocess.Popen[str]:
    """Start an evolution with the stuck engine, and return once the engine takes its first turn."""
    command = [sys.executable, "-m", "tests.integration.stuck_evolve", *evolve_command(home, *extra)[1:]]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "the engine takes its turn\n"
    return process


def own_processes(process: subprocess.Popen[str], home: Path) -> list[psutil.Process]:
    """Return what the evolution has started, but for the Prefect server, which is left running on purpose."""
    children = psutil.Process(process.pid).children(recursive=True)
    server = running_server(home)
    if server is None or server.process_id is None:
        return children
    of_server = {server.process_id} | {child.pid for child in psutil.Process(server.process_id).children(recursive=True)}
    return [child for child in children if child.pid not in of_server]


@pytest.mark.parametrize(
    ("number", "code", "n_processes", "said"),
    [
        (signal.SIGINT, 130, 1, "interrupted"),
        (signal.SIGTERM, 143, 1, "terminated"),
        # A turn in this very process cannot be ended; the process can, by whoever of its threads is the first to see that.
        (signal.SIGTERM, 143, 0, "terminated|stopped at once"),
    ],
)
def test_a_signal_ends_an_evolution_in_the_middle_of_a_turn(
    tmp_path: Path, number: signal.Signals, code: int, n_processes: int, said: str
) -> None:
    with home_with_server(tmp_path / "home") as home:
        process = started(home, 'engine.kind="transformers"', f"engine.n_processes={n_processes}")
        children = own_processes(process, home)
        process.send_signal(number)
        _, errors = process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == code, errors[-2000:]
        assert re.match(f"stargrove: ({said}); run the same command again to go on", errors.splitlines()[-1])
        assert "Traceback" not in errors
        psutil.wait_procs(children, timeout=WAIT_SECONDS)
        assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []


def test_a_second_ctrl_c_ends_an_evolution_at_once(tmp_path: Path) -> None:
    with home_with_server(tmp_path / "home") as home:
        process = started(home, 'engine.kind="transformers"', "engine.n_processes=0")
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)  # signals of one kind that come together are one
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 130
        assert errors.splitlines()[-1].startswith("stargrove: stopped at once")
