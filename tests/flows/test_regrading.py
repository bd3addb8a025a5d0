"""Stored answers graded again: which verdicts change, what that does to a round, and that nothing stored is touched."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli import app as cli
from flows.home.regrading import other_policy, regrade
from flows.settings import load
from tests.warehouse.trees import batch, ingest, node, problem, round_row, search, small_tree, verify
from warehouse.errors import BadInput
from warehouse.measured import EvaluationAnswer
from warehouse.records import Node, Verdict
from warehouse.store.lake import Warehouse

ROUND = 1
STORED = ("nodes", "trajectories", "verifications", "sft_examples", "preference_pairs", "evaluation_answers")


def answered(node_id: int, answer: str, verdict: Verdict, tree_id: str, problem_id: str) -> Node:
    visits = {"correct": (1, 0), "wrong": (0, 1), "unknown": (0, 0)}[verdict]
    of = {"tree_id": tree_id, "problem_id": problem_id}
    made = node(node_id, 0, f"{answer} in {tree_id}", depth=1, visits=visits, ending="answer", verdict=verdict, **of)
    return replace(made, answer=answer, grading_method="exact 1")


@pytest.fixture(scope="module")
def graded(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home graded by rules that held 1/2 for wrong, 3 for right, and could not read 1.0; the references are all 1.

    p1 is solved, for good reason. p2 is called solved by the answer 3; p3 was answered rightly by 1.0, which nobody could read;
    p4 has the same right answer twice, once called wrong.
    """
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("graded") / "home")
    with Warehouse.open(home) as lake:
        ingest(lake, *(problem(f"p{i}", 1) for i in range(1, 5)), problem("p9", 1, "test"))
        trees = [
            *small_tree("t1", "p1"),
            node(0, None, "P", depth=0, tree_id="t2", problem_id="p2"),
            answered(1, "3", "correct", "t2", "p2"),
            answered(2, "2", "wrong", "t2", "p2"),
            node(0, None, "P", depth=0, tree_id="t3", problem_id="p3"),
            answered(1, "1.0", "unknown", "t3", "p3"),
            node(0, None, "P", depth=0, tree_id="t4", problem_id="p4"),
            answered(1, "1", "correct", "t4", "p4"),
            answered(2, "2/2", "wrong", "t4", "p4"),
        ]
        lake.start_round(replace(round_row(ROUND), settings_json=json.dumps({"grading": {"decimals": "exact"}})))
        search(lake, ROUND, trees)
        verify(lake, ROUND, {"t1-4": "verified", "t2-1": "verified", "t4-1": "verified"})
        lake.run_statement(batch(ROUND, "annotate-sft"), "annotate_sft", round=ROUND)
        lake.run_statement(batch(ROUND, "annotate-pairs"), "annotate_pairs", round=ROUND)
        held_out = [
            EvaluationAnswer("policy-1", None, "test", "p9", "greedy", 0, "1", "wrong", None, 9, grading_method="exact 1"),
            EvaluationAnswer("policy-1", None, "test", "p9", "sample", 0, "1", "correct", None, 9),
            EvaluationAnswer("policy-1", None, "test", "p9", "sample", 1, None, "wrong", None, 9),
        ]
        lake.commit(batch(ROUND, "evaluate"), {"evaluation_answers": held_out})
    yield home


SETTINGS = load(overrides=["grading.decimals=exact"])


def rows(home: Path, *tables: str) -> list[list[tuple[object, ...]]]:
    with Warehouse.open(home, read_only=True) as lake:
        return [lake.query(f"select * from {table} order by all").rows() for table in tables]


def test_verdicts_change_by_kind_and_figures_follow(graded: Path) -> None:
    (one,) = regrade(SETTINGS, graded, ROUND, lambda line: None, write=False)
    found = one.verdicts.select("answered_in", "problem_id", "answer", "old_verdict", "verdict").rows()
    assert found == [
        ("evaluation", "p9", "1", "wrong", "correct"),
        ("tree", "p2", "3", "correct", "wrong"),
        ("tree", "p3", "1.0", "unknown", "correct"),
        ("tree", "p4", "2/2", "wrong", "correct"),
    ]
    figures = {figure: found for figure, *found in one.figures.select("figure", "n_stored", "n_lost", "n_gained").rows()}
    assert figures == {
        "problems solved": [3, 1, 1],
        "SFT examples": [3, 1, 2],
        "step pairs": [4, 2, None],
        "answer pairs": [4, 2, None],
        "problems with right and wrong answers": [3, 2, 0],
        "right answers, test greedy": [0, 0, 1],
        "right answers, test sample": [1, 0, 0],
    }
    assert (one.n_answers, one.batch_ids) == (10, ())


def test_equal_answers_are_graded_once_however_many_rows_say_so(graded: Path) -> None:
    with Warehouse.open(graded, read_only=True) as lake:
        found = lake.query("stored_answers", round=ROUND).rows()
    assert found == [
        ("1", "1", "correct", 3),
        ("1", "1", "wrong", 1),
        ("1.0", "1", "unknown", 1),
        ("2", "1", "wrong", 3),
        ("2/2", "1", "wrong", 1),
        ("3", "1", "correct", 1),
    ]


def test_without_write_nothing_is_written(graded: Path) -> None:
    with Warehouse.open(graded, read_only=True) as lake:
        before = lake.snapshot_id()
    regrade(SETTINGS, graded, None, lambda line: None, write=False)
    with Warehouse.open(graded, read_only=True) as lake:
        assert lake.snapshot_id() == before


def test_verdicts_of_today_are_kept_beside_the_stored_ones_once(graded: Path, tmp_path: Path) -> None:
    home = shutil.copytree(graded, tmp_path / "home")
    stored = rows(home, *STORED)
    (one,) = regrade(SETTINGS, home, ROUND, lambda line: None, write=True)
    kept = rows(home, "regraded_verdicts", "regrade_figures")
    (again,) = regrade(SETTINGS, home, ROUND, lambda line: None, write=True)
    assert again.batch_ids == one.batch_ids
    assert rows(home, "regraded_verdicts", "regrade_figures") == kept
    assert [len(found) for found in kept] == [4, 7]
    assert rows(home, *STORED) == stored
    with Warehouse.open(home, read_only=True) as lake:
        changes = lake.query("regrade_changes").select("answered_in", "old_verdict", "verdict", "n_answers").rows()
        assert ("tree", "correct", "wrong", 1) in changes
        assert sum(n for *_, n in changes) == 4


def test_other_rules_or_newer_answers_are_a_batch_of_their_own(graded: Path, tmp_path: Path) -> None:
    home = shutil.copytree(graded, tmp_path / "home")
    (one,) = regrade(SETTINGS, home, ROUND, lambda line: None, write=True)
    (strict,) = regrade(load(overrides=["grading.units=required"]), home, ROUND, lambda line: None, write=True)
    with Warehouse.open(home) as lake:
        more = EvaluationAnswer("policy-1", None, "test", "p9", "greedy", 0, "4", "correct", None, 9)
        lake.commit(batch(ROUND, "measure"), {"evaluation_answers": [more]})
    (newer,) = regrade(SETTINGS, home, ROUND, lambda line: None, write=True)
    assert len({*one.batch_ids, *strict.batch_ids, *newer.batch_ids}) == 6
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.query("regrade_changes")["n_answers"].sum() == 5, "the newest says what changes"


def test_a_round_that_was_graded_by_another_policy_says_so(graded: Path) -> None:
    with Warehouse.open(graded, read_only=True) as lake:
        assert other_policy(lake, ROUND, load().grading) == "grading.decimals = exact"
        assert other_policy(lake, ROUND, SETTINGS.grading) == ""


def test_a_round_without_answers_is_named(graded: Path) -> None:
    with pytest.raises(BadInput, match=r"round 7 of .* has no stored answers"):
        regrade(SETTINGS, graded, 7, lambda line: None, write=False)


def test_the_command_shows_kinds_with_an_example(graded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["regrade", "--home", str(graded), "--set", "grading.decimals=exact"]) == 0
    printed = capsys.readouterr().out
    assert "round 1: 4 verdicts change (10 stored answers, 5 different ones)" in printed
    assert "correct -> wrong" in printed
    assert "3 against 1" in printed
