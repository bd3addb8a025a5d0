"""`stargrove sandbox run FILE.json`: one row per program, in order, and a clear word about a bad file."""

import json
from pathlib import Path

import pytest

from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.sandbox.host.run_file import run_file
from tasks.sandbox.settings import SandboxSettings
from warehouse.errors import BadInput, SandboxUnavailable


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
        ("[" * 100_000, "nesting beyond"),
        ('[{"name": "a", "code": ' + "9" * 5000 + "}]", "numbers or nesting beyond"),
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


def test_names_and_codes_of_any_characters_get_their_rows(tmp_path: Path) -> None:
    names = ["plain", "\ud800 half a pair", "", "line\nbreak \u2028", "\ufeffmark"]
    path = tmp_path / "names.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps([{"name": name, "code": f"x = {name!r}\nx"} for name in names]).encode())
    rows = list(run_file(path, SandboxSettings()))
    assert [row["name"] for row in rows] == names
    assert [row["value"] for row in rows] == [repr(name) for name in names]
    assert [json.loads(json.dumps(row)) for row in rows] == rows


class FakeSandbox:
    """Answers every step but those that speak of poison, at which the machinery fails as a whole."""

    def __init__(self) -> None:
        self.waiting: list[ExecutionRequest] = []

    def submit(self, request: ExecutionRequest) -> None:
        self.waiting.append(request)

    def poll(self, timeout_seconds: float) -> list[Execution]:
        request = self.waiting.pop(0)
        if "poison" in request.path[-1]:
            raise SandboxUnavailable(f"the machinery failed within {timeout_seconds} s")
        return [Execution(request.request_id, "ok", f"{request.path[-1]}\n", None, None, None, 0.1, 1.0)]

    def release(self, tree_id: str) -> None:
        """Hold nothing that could be released."""

    @property
    def n_pending(self) -> int:
        return len(self.waiting)

    def close(self) -> None:
        """Hold nothing that could be closed."""


def test_every_program_has_its_row_though_the_machinery_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.sandbox.host.run_file.open_sandbox", lambda _settings: FakeSandbox())
    path = tmp_path / "programs.json"
    codes: list[list[str]] = [["poison" if n in (3, 4, 19) else f"a{n}", f"b{n}"] for n in range(20)]
    path.write_text(json.dumps([{"name": f"{n}", "code": code} for n, code in enumerate(codes)]))
    rows = list(run_file(path, SandboxSettings()))
    assert [row["name"] for row in rows] == [f"{n}" for n in range(20)]
    for n, row in enumerate(rows):
        if n in (3, 4, 19):
            assert (row["outcome"], row["error"]["type"]) == ("sandbox_failure", "SandboxUnavailable")
        else:
            assert (row["outcome"], row["stdout"]) == ("ok", f"a{n}\nb{n}\n")
