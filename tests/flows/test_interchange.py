"""What is exported can be read elsewhere and here again; what is imported is graded, and nothing of it is lost."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.cli import app as cli
from flows.data.exports.base import ExportRequest, export_request
from flows.data.exports.run import run_export
from flows.data.imports.base import ImportSource
from flows.data.imports.run import run_import
from flows.settings import Settings
from tasks.search.format import prompt
from tests.warehouse.trees import batch, ingest, node, problem, round_row, search, verify
from warehouse.errors import BadInput, Unavailable
from warehouse.measured import GateResult
from warehouse.records import CheckpointRow, Node, QuarantinedRow, Source
from warehouse.store.lake import Warehouse

SETTINGS = Settings()
ROOT = prompt("statement of p1")


def tree() -> list[Node]:
    """A root, a right and a wrong step, and an answer below each."""
    return [
        node(0, None, ROOT, depth=0, visits=(1, 1)),
        node(1, 0, "\na<end_of_step>", depth=1, visits=(1, 0)),
        node(2, 0, "\nb<end_of_step>", depth=1, visits=(0, 1)),
        node(3, 1, "\nc<end_of_code>", depth=2, visits=(1, 0), ending="answer", verdict="correct"),
        node(4, 2, "\nd<end_of_code>", depth=2, visits=(0, 1), ending="answer", verdict="wrong"),
    ]


@pytest.fixture(scope="module")
def evolved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    with Warehouse.open(home) as lake:
        ingest(lake, problem("p1"), problem("x1", split="test"))
        refused = QuarantinedRow("test", 0, "contaminated: equals test problem x1 of test", "s")
        lake.ingest(batch(0, "ingest", "refused"), [], [refused])
        lake.commit(batch(0, "sources"), {"sources": [Source("test", "train", "MIT", "a", "h", 2, 1)]})
        lake.start_round(round_row(1))
        search(lake, 1, tree())
        verify(lake, 1, {"t1-3": "verified"})
        lake.run_statement(batch(1, "annotate-sft"), "annotate_sft", round=1)
        lake.run_statement(batch(1, "annotate-pairs"), "annotate_pairs", round=1)
        lake.commit(
            batch(1, "gate-training-data"),
            {"gate_results": [GateResult("training-data", "x", "t", "c", "1", ">= 1", True, 0, "")]},
        )
        snapshot_id = lake.pin_training_snapshot(1)
        lake.record_checkpoint(CheckpointRow("policy-1", "policy", 1, "base-0", snapshot_id, "f" * 8, "file:///x", "candidate"))
        lake.promote(1, "policy-1", None)
    return home


@pytest.fixture
def home(evolved: Path, tmp_path: Path) -> Iterator[Path]:
    yield shutil.copytree(evolved, tmp_path / "home")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_trl_reads_the_columns_of_both_kinds_in_both_formats(evolved: Path, tmp_path: Path) -> None:
    sft = run_export(evolved, ExportRequest("sft", 1, "trl", "jsonl"), tmp_path)
    (example,) = lines(tmp_path / sft.name)
    assert (example["prompt"], example["completion"]) == (ROOT, "\na<end_of_step>\nc<end_of_code>")
    pairs = run_export(evolved, ExportRequest("preferences", 1, "trl", "parquet"), tmp_path)
    frame = pl.read_parquet(tmp_path / pairs.name)
    assert frame.select("kind", "prompt", "chosen", "rejected", "n_chosen", "n_rejected").rows() == [
        ("answer", ROOT, "\na<end_of_step>\nc<end_of_code>", "\nb<end_of_step>\nd<end_of_code>", 1, 1),
        ("step", ROOT, "\na<end_of_step>", "\nb<end_of_step>", 1, 1),
    ]


def test_datasets_loads_what_is_exported(evolved: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    for format_ in ("jsonl", "parquet"):
        file = run_export(evolved, ExportRequest("preferences", 1, "trl", format_), tmp_path)  # type: ignore[arg-type]
        read = datasets.Dataset.from_parquet if format_ == "parquet" else datasets.Dataset.from_json
        loaded = read(str(tmp_path / file.name), cache_dir=str(tmp_path / "cache"))
        assert {"prompt", "chosen", "rejected"} <= set(loaded.column_names) and loaded.num_rows == 2


def test_the_published_form_has_the_keys_of_the_samples(evolved: Path, tmp_path: Path, real_data: Path) -> None:
    for kind, sample in (("sft", "rstar_sft_examples.json"), ("preferences", "rstar_ppm_examples.json")):
        file = run_export(evolved, ExportRequest(kind, 1, "rstar", "jsonl"), tmp_path)  # type: ignore[arg-type]
        written = json.loads((tmp_path / file.name).read_text(encoding="utf-8"))
        samples = json.loads((real_data / sample).read_text(encoding="utf-8"))
        assert {frozenset(row) for row in written} == {frozenset(row) for row in samples}
        assert len(written) == file.n_rows


def test_the_card_says_what_it_is_where_it_is_from_and_what_was_checked(evolved: Path, tmp_path: Path) -> None:
    for kind in ("sft", "preferences"):
        run_export(evolved, ExportRequest(kind, 1, "trl", "jsonl"), tmp_path)  # type: ignore[arg-type]
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    for expected in (
        "license: mit",
        "- config_name: preferences-round-1-trl\n  data_files: preferences-round-1-trl.jsonl",
        "- `sft-round-1-trl.jsonl`: 1 rows, round 1, snapshot",
        "| test | 1 | 2 | 1 |",
        "| test | MIT | a | 2 | 1 | 0 | 1 |",
        "| 1 | training-data | 1 | 1 |",
        "| test | test | 1 | 1 | 0 | 1 |",
        "- searched by policy: `base-0`",
        "- settings fingerprint: `ffffffff`",
        "`stargrove reproduce policy-1`",
    ):
        assert expected in card


def test_a_later_round_changes_no_byte_of_an_export(home: Path, tmp_path: Path) -> None:
    request = ExportRequest("sft", 1, "trl", "jsonl")
    before = run_export(home, request, tmp_path / "before")
    with Warehouse.open(home) as lake, lake.transaction("later", {}) as cursor:
        cursor.execute("update nodes set text = text || '!'")
    assert run_export(home, request, tmp_path / "after").sha256 == before.sha256


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


def test_what_cannot_be_exported_or_imported_says_so(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="round 7 was never started"):
        run_export(home, ExportRequest("sft", 7, "trl", "jsonl"), tmp_path)
    with pytest.raises(BadInput, match="the published form is JSON"):
        run_export(home, ExportRequest("sft", 1, "rstar", "parquet"), tmp_path)
    with pytest.raises(BadInput, match="round 0 has no sft to export"):
        run_export(home, ExportRequest("sft", 0, "trl", "jsonl"), tmp_path)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"question": "q"}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="has no usable row; the first: no answer"):
        run_import(SETTINGS, home, "trees", ImportSource(broken, "broken", "train"))
    with pytest.raises(BadInput, match="no problem file"):
        run_import(SETTINGS, home, "trees", ImportSource(tmp_path / "none.jsonl", "none", "train"))


def test_a_hub_that_is_not_there_is_named_and_the_files_stay(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.data.exports.push import push_directory

    constants = pytest.importorskip("huggingface_hub.constants")
    run_export(home, ExportRequest("sft", 1, "trl", "jsonl"), tmp_path / "out")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("datasets.config.HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises((Unavailable, BadInput), match=r"hub cannot be reached|hub refused"):
        push_directory(tmp_path / "out", "nobody/nothing")
    assert (tmp_path / "out" / "sft-round-1-trl.jsonl").exists()


def test_the_commands_print_one_line_each(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--output", str(tmp_path / "out"), "--home", str(home)]
    assert cli.main(["export", "trees", "--round", "1", *out]) == 0
    assert "trees-round-1-rstar.jsonl: 1 rows, sha256" in capsys.readouterr().out
    path = str(tmp_path / "out" / "trees-round-1-rstar.jsonl")
    assert cli.main(["import", "trees", path, "--source", "again", "--home", str(home)]) == 0
    assert "2 of 2 labels agree with our grading" in capsys.readouterr().out
    assert cli.main(["lineage", "t1-3", "--format", "svg", "--home", str(home)]) == 0
    assert capsys.readouterr().out.startswith("<svg ")
    assert cli.main(["diff", "--round", "1", "--home", str(home)]) == 2
    assert "two rounds are compared, not 1" in capsys.readouterr().err
