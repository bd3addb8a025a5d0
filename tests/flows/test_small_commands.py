"""gates, doctor, sandbox run and evaluate: what they say, and what they say when there is nothing to say."""

import io
import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from flows.cli import app as cli
from flows.cli.house.sandbox import run_program
from flows.display.tables.evaluation import evaluation_table, refused_lines, ungraded_lines
from flows.display.tables.gates import gate_tables, trend
from flows.display.tables.round_diff import compared
from flows.home.examination import Finding, examine
from flows.settings import Settings
from tasks.evaluation.scoreboard import Metric
from tasks.runtime.variants import MeasuredVariant, Variant, ablation_rows
from tasks.sandbox.base import CodeError, Execution
from tasks.sandbox.settings import SandboxSettings
from warehouse.errors import BadInput
from warehouse.measured import Evaluation, EvaluationAnswer, GateResult, ProblemMetric
from warehouse.records import Batch, PreferencePair, Problem, RoundRow, Verdict
from warehouse.store.lake import Warehouse


def drawn(renderable: object) -> str:
    file = io.StringIO()
    Console(file=file, width=120).print(renderable)
    return file.getvalue()


def result(expectation: str, *, passed: bool, override_reason: str | None = None) -> GateResult:
    return GateResult(
        gate="training-data",
        expectation=expectation,
        table_name="sft_examples",
        column_name="n",
        observed="13",
        needed=">= 20",
        passed=passed,
        n_failing=0 if passed else 1,
        hint="as an earlier version said",
        override_reason=override_reason,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    rows = [result("enough examples", passed=False, override_reason="a trial"), result("chosen_q > rejected_q", passed=True)]
    with Warehouse.open(tmp_path) as lake:
        lake.commit(Batch(round=2, stage="gate-training-data", shard="training-data", fingerprint="f"), {"gate_results": rows})
    return tmp_path


def test_gates_show_failures_first_with_how_to_see_the_rows(home: Path) -> None:
    text = drawn(gate_tables(home, None, failed_only=False))
    assert "round 2 · training-data gate: 1 failed (2 expectations)" in text
    assert text.index("enough examples") < text.index("chosen_q > rejected_q")
    assert "see the rows: stargrove gates --round 2 --rows" in text
    assert "let through by hand: a trial" in text
    assert "chosen_q" not in drawn(gate_tables(home, 2, failed_only=True))
    with pytest.raises(BadInput, match="no gate has run in round 1 of"):
        gate_tables(home, 1, failed_only=False)


def test_the_rows_that_fail_a_gate_are_printed_below_its_claim(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claim = "chosen_q > rejected_q"
    with Warehouse.open(home) as lake:
        pairs = [
            PreferencePair(f"p{i}", "step", f"tree{i}", 1, f"tree{i}", 2, 0, -0.5, q, 1.0) for i, q in ((1, 0.25), (2, -1.0))
        ]
        lake.commit(Batch(3, "annotate-pairs", "all", "f"), {"preference_pairs": pairs})
        lake.commit(Batch(3, "gate-training-data", "all", "f"), {"gate_results": [result(claim, passed=False)]})
    assert cli.main(["gates", "--round", "3", "--rows", "--home", str(home)]) == 0
    printed = capsys.readouterr().out
    assert f"round 3 · training-data gate · {claim} (needed: >= 20): 1 rows" in printed
    assert "tree1" in printed and "tree2" not in printed
    assert cli.main(["gates", "--round", "2", "--rows", "--home", str(home)]) == 0
    assert "enough examples (needed: >= 20): 0 rows" in capsys.readouterr().out, "a claim of another version has none"


def test_gates_show_what_earlier_rounds_observed(home: Path) -> None:
    with Warehouse.open(home) as lake:
        later = [replace(result("enough examples", passed=True), observed="25.5"), result("new in round 3", passed=True)]
        lake.commit(Batch(round=3, stage="gate-training-data", shard="training-data", fingerprint="f"), {"gate_results": later})
        rows = replace(result("enough examples", passed=False), observed="3 of 9 rows fail", n_failing=3)
        lake.commit(
            Batch(round=4, stage="gate-training-data", shard="training-data", fingerprint="f"), {"gate_results": [rows]}
        )
    lines = drawn(gate_tables(home, 4, failed_only=False)).splitlines()
    assert "earlier rounds" in lines[1]
    assert lines[2].endswith("r2 13  r3 25.5")
    assert "earlier rounds" not in drawn(gate_tables(home, 2, failed_only=False))
    assert trend([(1, rows), (2, later[0])]) == "r1 3  r2 25.5"


def test_gates_stand_in_the_order_in_which_they_ran(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as lake:
        for gate in ("training-data", "promotion"):
            rows = [replace(result("a claim", passed=True), gate=gate)]
            lake.commit(Batch(1, f"gate-{gate}", "all", "f"), {"gate_results": rows})
    text = drawn(gate_tables(tmp_path, None, failed_only=False))
    assert text.index("training-data gate") < text.index("promotion gate")


def test_diff_puts_the_earlier_round_first_and_stages_as_they_ran(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as lake:
        for number in (1, 2):
            lake.start_round(RoundRow(number, "running", "f", "{}", "v1", f"policy-{number}", None))
            for stage in ("rollout", "verify", "evaluate"):
                lake.commit(Batch(number, stage, "all", "f", wall_seconds=float(number)), {})
    difference = compared(tmp_path, [2, 1])
    assert (difference.before, difference.after) == (1, 2)
    assert [fact.what for fact in difference.facts if fact.section == "seconds"] == ["rollout", "verify", "evaluate"]
    with pytest.raises(BadInput, match="two rounds are compared, not 1"):
        compared(tmp_path, [2, 2])


def test_diff_shows_what_changed_and_says_which_setting(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as lake:
        for number, kind in ((1, "a"), (2, "b")):
            settings = {"search": {"depth": 4, "kind": kind}, "rounds": [{"n_rollouts": 8, "x": None}, {"n_rollouts": 16}]}
            lake.start_round(RoundRow(number, "running", "f", json.dumps(settings), "v1", f"policy-{number}", None))
    difference = compared(tmp_path, [1, 2])
    assert difference.settings == ("round 1 sets n_rollouts = 8", "round 2 sets n_rollouts = 16", 'search.kind: "a" -> "b"')
    text = drawn(difference.tables(with_unchanged=False))
    assert "searched by policy" in text and "code version" not in text
    assert "code version" in drawn(difference.tables(with_unchanged=True))
    assert json.loads(difference.json())["facts"][0]["section"] == "round"
    with pytest.raises(BadInput, match="round 3 was never started"):
        compared(tmp_path, [1, 3])


def test_doctor_names_each_finding_and_what_to_do(tmp_path: Path) -> None:
    findings = examine(tmp_path / "none", Settings())
    assert {finding.level for finding in findings} <= {"ok", "warn"}
    assert any("sandbox runs code" in finding.what for finding in findings)
    assert any("holds no evolution yet" in finding.what for finding in findings)
    assert Finding("fail", "it is broken", "mend it").line == "fail  it is broken; mend it"


def test_doctor_fails_where_the_lake_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "catalog.sqlite").write_bytes(b"no database" * 100)
    assert [finding.level for finding in examine(tmp_path, Settings())].count("fail") == 1


def test_a_program_prints_and_its_outcome_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text("print(6 * 7)\n1 / 0\n")
    assert run_program(SandboxSettings(), program) == 1
    printed = capsys.readouterr()
    assert printed.out == "42\n"
    assert printed.err.startswith("error: ZeroDivisionError: division by zero (line 2)")


def test_a_missing_program_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sandbox", "run", str(tmp_path / "none.py")]) == 2
    assert "no file" in capsys.readouterr().err


def test_a_limit_is_named() -> None:
    killed = Execution(0, "timeout", "", None, None, "cpu", 2.0, 10.0)
    failed = Execution(0, "error", "", None, CodeError("NameError", "x", None), None, 0.001, 1.0)
    assert killed.line == "timeout: cpu · 2000 ms · 10 MiB"
    assert failed.line == "error: NameError: x · 1 ms · 1 MiB"


@dataclass(frozen=True)
class Measured:
    """As flows.evaluation.MeasuredSelection, which cannot be imported without Prefect."""

    selection: SimpleNamespace
    share_batch_ids: tuple[str, ...]
    summary_batch_id: str


def test_a_benchmark_is_shown_with_its_intervals_and_what_could_not_be_graded(tmp_path: Path) -> None:
    verdicts: list[Verdict] = ["correct", "correct", "wrong", "unknown"]
    share, summary = Batch(1, "measure", "gsm8k greedy 000", "f", wall_seconds=3.0), Batch(1, "measure", "gsm8k summary", "f")
    who = ("policy-1", None, "test")
    with Warehouse.open(tmp_path) as lake:
        problems = [Problem(f"p{i}", f"statement {i}", "1", "gsm8k", None, "test") for i in range(4)]
        lake.ingest(Batch(0, "ingest", "gsm8k", "f"), problems, [])
        answers = [EvaluationAnswer(*who, f"p{i}", "greedy", 0, "2", verdict, None, 10) for i, verdict in enumerate(verdicts)]
        shares = [
            ProblemMetric(*who, f"p{i}", "greedy", "greedy_pass_1", float(verdict == "correct"), 10.0 * (verdict != "wrong"))
            for i, verdict in enumerate(verdicts)
        ]
        lake.commit(share, {"evaluation_answers": answers, "problem_metrics": shares})
        metric = Evaluation(*who, "greedy_pass_1", None, 0.5, 4, "gsm8k", 0.1, 0.9, 10.0)
        lake.commit(summary, {"evaluations": [metric]})
        outcome: Any = Measured(SimpleNamespace(name="gsm8k"), (share.batch_id,), summary.batch_id)
        lines = drawn(evaluation_table(lake, outcome)).splitlines()
        said = list(ungraded_lines(lake, outcome))
        refused = list(refused_lines(lake, outcome))
    assert lines[0].split() == ["gsm8k:", "4", "problems"]
    assert lines[-1].split() == ["greedy", "pass@1", "50.0", "10.0", "to", "90.0", "10", "3.0", "s", "1"]
    assert said[0] == "1 problems of gsm8k have answers that could not be graded:"
    assert said[1].strip() == "p3: is '2' equal to '1'?"
    assert [line.split(":")[0] for line in refused] == ["1 problems of gsm8k count as wrong without an attempt"]


def test_methods_are_tested_against_the_vote_on_the_same_problems(tmp_path: Path) -> None:
    share, summary = Batch(1, "measure", "hard sample 000", "f"), Batch(1, "measure", "hard summary", "f")
    who = ("policy-1", None, "test")
    earned = {"greedy_pass_1": [0.0] * 8, "maj_8": [1.0] * 6 + [0.0] * 2, "best_of_8": [1.0] * 8}
    with Warehouse.open(tmp_path) as lake:
        shares = [
            ProblemMetric(*who, f"p{place}", "greedy" if metric == "greedy_pass_1" else "sample", metric, value, 10.0)
            for metric, values in earned.items()
            for place, value in enumerate(values)
        ]
        lake.commit(share, {"problem_metrics": shares})
        metrics = [Evaluation(*who, name, None, sum(values) / 8, 8, "hard", 0.1, 0.9, 10.0) for name, values in earned.items()]
        lake.commit(summary, {"evaluations": metrics})
        outcome: Any = Measured(SimpleNamespace(name="hard"), (share.batch_id,), summary.batch_id)
        lines = drawn(evaluation_table(lake, outcome)).splitlines()
    assert lines[1].split()[-2:] == ["p,", "maj@8"]
    assert [line.split()[-1] for line in lines[2:]] == ["0.031", "0", "0.500"]


def test_variants_are_compared_with_the_last_of_their_question() -> None:
    metric = Metric("maj_8", None, 0.5, 0.1, 0.9, 4, 10.0)
    earned = {"unverified": [0.0, 0.0, 1.0, 0.0], "verified": [1.0, 1.0, 0.0, 0.0]}
    rows = ablation_rows(
        [
            MeasuredVariant(
                Variant(question="sft-data", name=name, policy_id=name),
                (metric,),
                "test",
                {("maj_8", f"p{place}"): value for place, value in enumerate(values)},
            )
            for name, values in earned.items()
        ]
    )
    compared = [(row.variant, row.against, row.n_better, row.n_worse) for row in rows]
    assert compared == [("unverified", "verified", 1, 2), ("verified", None, None, None)]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["evaluate", "--methods", "greedy,luck"], "no method 'luck'"),
        (["evaluate", "--split", "train"], "no held-out split 'train'"),
        (["evaluate", "--levels", "4,hard"], "'hard' is no level"),
        (["solve", "one apple", "--method", "luck"], "no method 'luck'"),
        (["ablate", "--questions", "luck"], "no question 'luck'"),
    ],
)
def test_a_word_that_names_nothing_is_bad_input(arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert what in capsys.readouterr().err


@pytest.mark.parametrize("command", [["solve", "one apple"], ["evaluate"], ["ablate"]])
def test_what_needs_an_evolution_says_so(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*command, "--home", str(tmp_path / "none")]) == 2
    assert "there is no evolution in" in capsys.readouterr().err


def test_sql_answers_while_another_thread_writes(home: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    def write() -> None:
        with Warehouse.open(home) as lake:
            for number in range(5):
                lake.commit(
                    Batch(round=3, stage="gate-training-data", shard=str(number), fingerprint="f"),
                    {"gate_results": [result("x", passed=True)]},
                )

    writer = threading.Thread(target=write)
    writer.start()
    assert (
        cli.main(["sql", "select count(*) as n from gate_results where round = 2", "--format", "csv", "--home", str(home)]) == 0
    )
    writer.join()
    assert capfdbinary.readouterr().out == b"n\n2\n"
