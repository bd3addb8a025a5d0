"""`stargrove grade`: a line in, a line out, and a sentence that says why."""

import json
from pathlib import Path

import pytest

from flows.cli.app import main


def graded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[dict[str, object]], *options: str
) -> list[dict[str, str]]:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["grade", str(path), *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_gets_its_verdict_and_the_reading_of_both_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = graded(
        tmp_path,
        capsys,
        [
            {"answer": "0.5", "reference": "1/2"},
            {"answer": r"\sqrt{8}", "reference": r"2\sqrt{2}"},
            {"answer": "(1, 2)", "reference": "[1, 2]"},
            {"answer": "1011_2", "reference": "11"},
            {"answer": 4, "reference": "4"},
        ],
    )
    assert [row["verdict"] for row in rows] == ["correct", "correct", "wrong", "unknown", "correct"]
    assert rows[0]["answer"] == {"type": "number", "value": "1/2"}
    assert [row["reference"]["type"] for row in rows[2:4]] == ["list or closed interval", "number"]  # type: ignore[index]
    assert set(rows[0]) == {"verdict", "method", "version", "answer", "reference"}


def test_explain_says_why_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = graded(tmp_path, capsys, [{"answer": "5 cm", "reference": "5 kg"}], "--explain")
    assert row["why"].endswith("not equal: the units measure different things (by unit).")


def test_the_policy_is_set_like_every_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair: dict[str, object] = {"answer": "5", "reference": "5 cm"}
    assert graded(tmp_path, capsys, [pair])[0]["verdict"] == "correct"
    assert graded(tmp_path, capsys, [pair], "--set", "grading.units=required")[0]["verdict"] == "wrong"


@pytest.mark.parametrize("text", ["no json\n", '{"answer": "1"}\n', '["1", "1"]\n'])
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(text, encoding="utf-8")
    assert main(["grade", str(path)]) == 2
    assert "line 1" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", str(tmp_path / "nothing.jsonl")]) == 2
    assert "nothing.jsonl" in capsys.readouterr().err
