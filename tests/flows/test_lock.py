"""One evolution per home."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import app as cli
from flows.home.lock import hold, holder
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


def test_whoever_is_refused_is_told_the_machine_the_process_and_the_flow_run(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    with hold(tmp_path) as lock:
        named = f"machine {socket.gethostname()}, process {os.getpid()}, no flow run yet, since 20"
        with pytest.raises(BadInput, match=re.escape(f"({named}")), hold(tmp_path):
            pass
        lock.name_flow_run("4a1f")
        with pytest.raises(BadInput, match=rf"process {os.getpid()}, flow run 4a1f, since 20\d\d-.* UTC\)"), hold(tmp_path):
            pass
        found = holder(tmp_path)
        assert found is not None and "flow run 4a1f" in found.line
    assert holder(tmp_path) is None


def test_two_homes_do_not_disturb_each_other(tmp_path: Path) -> None:
    with hold(tmp_path / "a"), hold(tmp_path / "b"):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with pytest.raises(BadInput, match=f"process {first.pid}"), hold(tmp_path):
            pass
        first.kill()
        first.wait()
    with hold(tmp_path):
        pass


def test_a_second_evolve_on_the_same_home_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hold(tmp_path):
        assert cli.main(["evolve", "--home", str(tmp_path)]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"stargrove: another evolution runs on {tmp_path} (machine ")
    assert f", process {os.getpid()}, no flow run yet, since " in printed and "); wait for it" in printed
    assert printed.count("\n") == 1
