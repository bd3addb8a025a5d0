"""The sandbox holds where the machine allows less, and says so."""

import json
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

WITHOUT_QUESTIONS = """
import json, struct
from contextlib import closing
from tasks.sandbox.guest import kernel
from tasks.sandbox.base import ExecutionRequest
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings

# Somebody above listens to a filter already, as some container engines do: the kernel allows no second listener.
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
kernel.install_filter(struct.pack("<HBBI", 0x06, 0, 0, 0x7FFF0000), 1 << 3)
path = ("s = sum(i * i for i in range(200_000))", "import os\\nos.fork()")
with closing(open_sandbox(SandboxSettings(snapshot_after_ms=0.0))) as sandbox:
    outcomes = []
    for n in range(2):
        sandbox.submit(ExecutionRequest(n, "tree", path[: n + 1]))
        while sandbox.n_pending:
            outcomes += [(e.outcome, e.error and e.error.type) for e in sandbox.poll(1.0)]
    print(json.dumps([sandbox.isolation.level, sandbox.isolation.snapshots, outcomes]))
"""


def test_where_forks_cannot_be_asked_for_steps_have_none_and_there_are_no_snapshots() -> None:
    result = subprocess.run([sys.executable, "-c", WITHOUT_QUESTIONS], capture_output=True, text=True, check=True, timeout=120)
    level, snapshots, outcomes = json.loads(result.stdout)
    assert level in ("landlock", "namespaces")
    assert snapshots is False
    assert outcomes == [["ok", None], ["error", "BlockingIOError"]]


INSIDE_BUBBLEWRAP = """
import json
from contextlib import closing
from tasks.sandbox.base import ExecutionRequest
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings

with closing(open_sandbox(SandboxSettings(snapshot_after_ms=0.0))) as sandbox:
    values = []
    for path in (("x = 20",), ("x = 20", "import os\\nx + len(os.listdir('/home'))"), ("x = 20", "x + 1")):
        sandbox.submit(ExecutionRequest(len(values), "tree", path))
        while sandbox.n_pending:
            values += [(e.outcome, e.value) for e in sandbox.poll(1.0)]
    print(json.dumps([sandbox.isolation.snapshots, sandbox.isolation.reaches("landlock"), values]))
"""


def test_the_sandbox_works_inside_bubblewrap() -> None:
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        pytest.skip("no bubblewrap on this machine")
    walls = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    if subprocess.run([bubblewrap, *walls, "true"], capture_output=True, check=False).returncode:
        pytest.skip("bubblewrap cannot make namespaces here")
    command = [bubblewrap, *walls, "--die-with-parent", sys.executable, "-c", INSIDE_BUBBLEWRAP]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(result.stdout) == [True, True, [["ok", None], ["error", None], ["ok", "21"]]]
