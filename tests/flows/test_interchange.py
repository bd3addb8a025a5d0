"""What is imported is graded, and nothing of it is lost; trees that went out come back the same."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from flows.cli import app as cli
from flows.data.exports.base import ExportRequest
from flows.data.exports.run import run_export
from flows.data.imports.base import ImportSource
from flows.data.imports.run import run_import
from flows.settings import Settings
from warehouse.errors import BadInput
from warehouse.store.lake import Warehouse

SETTINGS = Settings()


@pytest.fixture
def home(evolved: Path, tmp_path: Path) -> Iterator[Path]:
    yield shutil.copytree(evolved, tmp_path / "home")


def test_trees_go_out_in_the_solvers_form_and_come_back_graded(home: Path, tmp_path: Path) -> None:
    file = run_export(home, ExportRequest("trees", 1, "rstar", "jsonl"), tmp_path)
    report = run_import(SETTINGS, home, "trees", ImportSource(tmp_path / file.name, "back", "train"))
    assert (report.n_rows, report.n_trajectories, report.n_labels, report.n_disagreements) == (1, 2, 2, 0)
    with Warehouse.open(home, read_only=True) as lake:
        there, back = (
            lake.query("select node_id, parent_id, depth, text, answer, verdict, n_visits, n_correct, n_wrong, q_value, ending"
                       " from nodes where round = $round order by node_id", round=number).rows()
            for number in (1, 0)
        )  # fmt: skip
        assert there == back
        assert lake.query("select count(*) from v_searched where round = 0").item() == 0
    again = run_import(SETTINGS, home, "trees", ImportSource(tmp_path / file.name, "back", "train"))
    assert again.line.endswith("imported before, nothing to do")


def solution_row(question: str, **authors: tuple[bool, str]) -> str:
    solved = {name: {"is_correct": label, "solution": text} for name, (label, text) in authors.items()}
    return json.dumps({"question": question, "ground_truth": "so\nA: 18"} | solved)


def test_labels_are_checked_and_disagreements_listed(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "solutions.jsonl"
    rows = [
        solution_row("How many eggs?", small=(False, "x\nA: 17"), large=(True, "y\nA: 18")),
        solution_row("How many ducks?", small=(False, "z\nA: 18.0"), large=(True, "and on")),
        "no json",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    report = run_import(SETTINGS, home, "solutions", ImportSource(path, "eggs", "test", "MIT"))
    assert (report.n_rows, report.n_new_problems, report.n_trajectories, report.n_disagreements) == (3, 2, 3, 1)
    with Warehouse.open(home, read_only=True) as lake:
        found = lake.query("label_disagreements")
        assert found.select("author", "label", "verdict", "answer", "reference_answer").rows() == [
            ("small", "wrong", "correct", "18.0", "18")
        ]
        assert lake.query("label_agreement").select("author", "n_trajectories", "n_labelled_correct", "agreement").rows() == [
            ("large", 1, 1, 1.0),
            ("small", 2, 0, 0.5),
        ]
        reasons = lake.query("quarantined_rows").filter(pl.col("source") == "eggs").select("line_number", "reason").rows()
        assert [number for number, _ in reasons] == [2, 3]
        assert reasons[0][1] == "the solution of large gives no answer"
        assert lake.query("sources").filter(pl.col("source") == "eggs").select("licence", "n_test").rows() == [("MIT", 2)]
        assert lake.query("select count(*) from v_steps where round = 0").item() == 9


def test_an_imported_training_problem_that_repeats_a_test_problem_is_refused(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "solutions.jsonl"
    rows = [solution_row("STATEMENT of x1?", a=(True, "A: 18")), solution_row("Another?", a=(True, "A: 18"))]
    path.write_text("\n".join(rows), encoding="utf-8")
    report = run_import(SETTINGS, home, "solutions", ImportSource(path, "copies", "train"))
    assert (report.n_new_problems, report.n_quarantined) == (1, 1)
    with Warehouse.open(home, read_only=True) as lake:
        assert "copies" in lake.query("refused_problems")["source"].to_list()


def test_what_cannot_be_imported_says_so(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"question": "q"}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="has no usable row; the first: no answer"):
        run_import(SETTINGS, home, "trees", ImportSource(broken, "broken", "train"))
    with pytest.raises(BadInput, match="no problem file"):
        run_import(SETTINGS, home, "trees", ImportSource(tmp_path / "none.jsonl", "none", "train"))


def test_the_commands_print_one_line_each(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--output", str(tmp_path / "out"), "--home", str(home)]
    assert cli.main(["export", "trees", "--round", "1", *out]) == 0
    assert "trees-round-1-rstar.jsonl: 1 rows of snapshot" in capsys.readouterr().out
    path = str(tmp_path / "out" / "trees-round-1-rstar.jsonl")
    assert cli.main(["import", "trees", path, "--source", "again", "--home", str(home)]) == 0
    assert "2 of 2 labels agree with our grading" in capsys.readouterr().out
    assert cli.main(["lineage", "t1-3", "--format", "svg", "--home", str(home)]) == 0
    assert capsys.readouterr().out.startswith("<svg ")
    assert cli.main(["diff", "--round", "1", "--home", str(home)]) == 2
    assert "two rounds are compared, not 1" in capsys.readouterr().err
