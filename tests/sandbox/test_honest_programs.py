"""What mathematicians write runs as it runs anywhere: honest_programs.toml, each program with what it prints."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.host.run_file import run_file
from tasks.sandbox.settings import SandboxSettings

pytestmark = pytest.mark.integration

PROGRAMS = tomllib.loads(Path(__file__).with_name("honest_programs.toml").read_text(encoding="utf-8"))["program"]
PATIENT: dict[str, Any] = {"timeout_seconds": 60.0, "cpu_seconds": 30}


@pytest.mark.parametrize("namespaces", [True, False])
def test_honest_programs_end_well(tmp_path: Path, *, namespaces: bool) -> None:
    path = tmp_path / "honest.json"
    path.write_text(json.dumps([{"name": program["name"], "code": program["steps"]} for program in PROGRAMS]))
    rows = list(run_file(path, SandboxSettings(**PATIENT, namespaces=namespaces)))
    observed = [(row["name"], row["outcome"], row["stdout"], row["value"]) for row in rows]
    assert observed == [(program["name"], "ok", program["stdout"], program.get("value")) for program in PROGRAMS]


def test_a_library_that_would_start_threads_makes_do_without(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    path = tmp_path / "scipy.json"
    code = "from scipy.optimize import brentq\nprint(round(brentq(lambda x: x**2 - 2, 0, 2), 6))"
    path.write_text(json.dumps([{"name": "scipy", "code": code}]))
    (row,) = run_file(path, SandboxSettings(**PATIENT))
    assert (row["outcome"], row["stdout"]) == ("ok", "1.414214\n")
