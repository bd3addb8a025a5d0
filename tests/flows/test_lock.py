"""One evolution per home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import app as cli
from flows.home.lock import hold
from warehouse.errors import BadInput

HOLDER = """
import sys, time
from pathlib import Path
from flows.home.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_with_the_firsts_process_id(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(BadInput, match=f"process {os.getpid()}"), hold(tmp_path):
        pass


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path):
            pass


def test_two_homes_do_not_disturb_each_other(tmp_path: Path) -> None:
    with hold(tmp_path / "a"), hold(tmp_path / "b"):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(BadInput, match=f"process {holder.pid}"), hold(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with hold(tmp_path):
        pass


def test_a_second_evolve_on_the_same_home_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hold(tmp_path):
        assert cli.main(["evolve", "--home", str(tmp_path)]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"stargrove: another evolution runs on {tmp_path} (process {os.getpid()}); wait for it")
    assert printed.count("\n") == 1
