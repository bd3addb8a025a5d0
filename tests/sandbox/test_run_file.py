"""`stargrove sandbox run FILE.json`: one row per program, in order, and a clear word about a bad file."""

import json
from pathlib import Path

import pytest

from tasks.sandbox.run_file import run_file
from tasks.sandbox.settings import SandboxSettings
from warehouse.errors import BadInput


def test_programs_answer_in_the_files_order(tmp_path: Path) -> None:
    path = tmp_path / "programs.json"
    path.write_text(
        json.dumps(
            [
                {"name": "slow", "code": "import time\ntime.sleep(0.3)\n'late'"},
                {"name": "steps", "code": ["x = 2\nprint('one')", "print(x + 1)\nx"]},
                {"name": "stops", "code": ["x = 2", "1 / 0", "print('never')"]},
            ]
        )
    )
    slow, steps, stops = run_file(path, SandboxSettings())
    assert (slow["name"], slow["outcome"], slow["value"]) == ("slow", "ok", "'late'")
    assert slow["duration"] >= 0.3
    assert (steps["stdout"], steps["value"], steps["step"]) == ("one\n3\n", "2", 2)
    assert (stops["outcome"], stops["error"]["type"], stops["step"]) == ("error", "ZeroDivisionError", 2)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("[{", "line 1: not JSON"),
        ("{}", "no list of programs"),
        ("[]", "no list of programs"),
        ('[{"code": "1"}]', "entry 1: no name"),
        ('[{"name": "a", "code": "1"}, {"name": "b", "code": [1]}]', "entry 2 (b): no code"),
        ('[{"name": "a", "code": []}]', "entry 1 (a): no code"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_place(tmp_path: Path, content: str, what: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(BadInput) as refused:
        list(run_file(path, SandboxSettings()))
    assert str(path) in refused.value.message
    assert what in refused.value.message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        list(run_file(tmp_path / "none.json", SandboxSettings()))
