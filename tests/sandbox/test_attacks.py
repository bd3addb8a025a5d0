"""Every attack of the corpus is contained, whoever runs the sandbox and whether or not namespaces can be made."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.guest import seccomp
from tasks.sandbox.guest.kernel import machine
from tasks.sandbox.host.run_file import run_file
from tasks.sandbox.settings import SandboxSettings
from tests.sandbox.attacks import ATTACKS, Attack

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
PROBE = {"name": "probe", "code": ["import math\na = len('four') + math.isqrt(9)", "print(a, sorted([3, 1, 2]))\na"]}
LIMITS = {"n_workers": 3, "timeout_seconds": 1.5, "cpu_seconds": 1, "memory_mib": 256, "max_output_chars": 2000}
NOBODY = 65534
QUICK_ATTACKS = tuple(attack for attack in ATTACKS if attack.ends != {"timeout"})
"""Without those that only use up their time: how these end does not depend on the user or on namespaces."""
SOME_ATTACKS = QUICK_ATTACKS[::9]
"""Every ninth: the file is sorted by what an attack is after, so each kind is there."""
AMOUNTS = pytest.mark.parametrize("attacks", [SOME_ATTACKS, pytest.param(QUICK_ATTACKS, marks=pytest.mark.soak)], ids=len)


@dataclass(frozen=True)
class Scene:
    """What attackers find: things of the user's to read, to write to, to kill and to talk to."""

    folder: Path
    canary: str
    victim: "subprocess.Popen[bytes]"
    listeners: tuple[socket.socket, ...]

    def write_corpus(self, attacks: tuple[Attack, ...]) -> Path:
        """Write attacks, a harmless probe after each, as a file of programs."""
        places = {
            "SECRET_FILE": str(self.folder / "secret"),
            "OPEN_DIR": str(self.folder / "open"),
            "VICTIM": str(self.victim.pid),
            "PORT": str(self.listeners[0].getsockname()[1]),
            "ABSTRACT": self.listeners[1].getsockname()[1:].decode(),
            "LISTED_CALLS": repr(listed_calls()),
        }
        programs: list[dict[str, Any]] = []
        for attack in attacks:
            steps = list(attack.steps)
            for place, value in places.items():
                steps = [step.replace(place, value) for step in steps]
            programs += [{"name": attack.name, "code": steps}, PROBE]
        path = self.folder / "corpus.json"
        path.write_text(json.dumps(programs))
        return path


def listed_calls() -> set[int]:
    """Return the numbers that the filter knows on this machine."""
    column = 0 if machine() == "x86_64" else 1
    conditional = ("_OPEN", "_OPENAT", "_MMAP", "_IOCTL", "_FCNTL", "_PRLIMIT", "_CLONE", "_FORK", "_VFORK", "_CLONE3")
    calls = [*seccomp.ALLOWED.values(), *(getattr(seccomp, name) for name in conditional)]
    return {call[column] for call in calls if call[column] is not None}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene that another user may enter too."""
    folder = Path("/tmp") / f"stargrove-scene-{secrets.token_hex(4)}"
    (folder / "open").mkdir(parents=True)
    (folder / "open").chmod(0o777)
    folder.chmod(0o755)
    canary = f"canary{secrets.token_hex(8)}"
    (folder / "secret").write_text(canary)
    (folder / "secret").chmod(0o666)
    monkeypatch.setenv("STARGROVE_CANARY", canary)
    tcp = socket.create_server(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0{canary[::-1]}")
    abstract.listen()
    for listener in (tcp, abstract):
        listener.setblocking(False)
    victim = subprocess.Popen(["sleep", "1000"])
    try:
        yield Scene(folder, canary, victim, (tcp, abstract))
    finally:
        victim.kill()
        victim.wait()
        tcp.close()
        abstract.close()
        shutil.rmtree(folder)


def check(scene: Scene, attacks: tuple[Attack, ...], rows: list[dict[str, Any]]) -> None:
    """Assert that nothing of the scene was touched and that each row ended as its attack may end."""
    assert len(rows) == 2 * len(attacks)
    unexpected = []
    for attack, row, probe in zip(attacks, rows[::2], rows[1::2], strict=True):
        text = json.dumps(row)
        if (
            row["outcome"] not in attack.ends
            or "PWNED" in row["stdout"]
            or "PWNED" in str(row["value"])
            or scene.canary in text
        ):
            unexpected.append((attack.name, {**row, "stdout": row["stdout"][:200]}))
        if (probe["outcome"], probe["stdout"], probe["value"]) != ("ok", "7 [1, 2, 3]\n", "7"):
            unexpected.append((f"after {attack.name}", probe))
    assert not unexpected
    assert list((scene.folder / "open").iterdir()) == []
    assert (scene.folder / "secret").read_text() == scene.canary
    assert scene.victim.poll() is None
    assert "TracerPid:\t0" in Path(f"/proc/{scene.victim.pid}/status").read_text()
    for place in ("/tmp", "/dev/shm"):
        assert not (Path(place) / "stargrove-pwned").exists()
    for listener in scene.listeners:
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert sandbox_processes(scene.folder.name) == []


def sandbox_processes(mark: str) -> list[str]:
    """Return the command lines of processes that name the mark: it stands in the library paths of this test's sandboxes."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_text()
            if entry.name.isdigit() and "tasks.sandbox" in line and mark in line:
                found.append(line[:200])
    return found


def test_every_attack_is_contained(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    check(scene, ATTACKS, ran(scene, monkeypatch, ATTACKS, SandboxSettings(**LIMITS)))


@AMOUNTS
def test_attacks_are_contained_without_namespaces(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, attacks: tuple[Attack, ...]
) -> None:
    check(scene, attacks, ran(scene, monkeypatch, attacks, SandboxSettings(**LIMITS, namespaces=False)))


def ran(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, attacks: tuple[Attack, ...], settings: SandboxSettings
) -> list[dict[str, Any]]:
    """Return the rows of attacks and probes, run in processes that are known by the scene's name."""
    monkeypatch.setattr("tasks.sandbox.host.pool.library_paths", marked(f"/nonexistent/{scene.folder.name}"))
    return list(run_file(scene.write_corpus(attacks), settings))


def marked(mark: str) -> Any:
    """Return library_paths with one more entry, by which this test's processes are told from others."""
    from tasks.sandbox.host.pool import library_paths

    paths = [*library_paths(), mark]
    return lambda: paths


@AMOUNTS
def test_attacks_are_contained_for_an_unprivileged_user_without_namespaces(scene: Scene, attacks: tuple[Attack, ...]) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; the tests above ran without privilege already")
    python = interpreter_of_nobody()
    code = (
        "import json, sys; from pathlib import Path; from tasks.sandbox.host.run_file import run_file;"
        "from tasks.sandbox.settings import SandboxSettings;"
        f"settings = SandboxSettings(**{LIMITS!r}, namespaces=False);"
        "[print(json.dumps(row)) for row in run_file(Path(sys.argv[1]), settings)]"
    )
    result = subprocess.run(
        [python, "-c", code, str(scene.write_corpus(attacks))],
        env=environment_of_nobody() | {"STARGROVE_CANARY": scene.canary},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    check(scene, attacks, [json.loads(line) for line in result.stdout.splitlines()])


def environment_of_nobody() -> dict[str, str]:
    """Return an environment in which another interpreter finds this repository and its libraries."""
    libraries = next(path for path in sys.path if (Path(path) / "sympy").is_dir())
    return {"PYTHONPATH": f"{ROOT}:{libraries}"}


def interpreter_of_nobody() -> str:
    """Return a Python 3.11 that the user `nobody` can start with our libraries; skip the test where there is none."""
    for candidate in (sys.executable, "/usr/bin/python3.11"):
        with contextlib.suppress(OSError):
            started = subprocess.run(
                [candidate, "-c", "import tasks.sandbox.host.run_file, sympy, numpy"],
                env=environment_of_nobody(),
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                check=False,
            )
            if started.returncode == 0:
                return candidate
    pytest.skip("no Python 3.11 with our libraries that another user may start")
