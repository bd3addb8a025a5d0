"""A round builds on its line: rounds that were superseded before it began are rows like any other, and none of its data."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.warehouse.trees import batch, ingest, problem, retold, round_row, search, small_tree, verify
from tests.warehouse.two_rounds import wrong_tree
from warehouse.records import CheckpointRow
from warehouse.rounds.training_files import export_training_file, reproduce
from warehouse.store.lake import Warehouse

LEFT_OUT = {"set_aside": "2"}


@pytest.fixture(scope="module")
def line(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Round 1 solves p1, round 2 solves p2 and is superseded, round 3 builds on round 1 and solves p1 again."""
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("line") / "home")
    with Warehouse.open(home) as lake:
        ingest(lake, problem("p1", 1), problem("p2", 2))
        trees = {
            1: small_tree("t1", "p1") + wrong_tree("t2", "p2"),
            2: wrong_tree("t3", "p1") + small_tree("t4", "p2"),
            3: retold(small_tree("t5", "p1"), " again") + wrong_tree("t6", "p2"),
        }
        for number, solution in ((1, "t1-4"), (2, "t4-4"), (3, "t5-4")):
            set_aside = (2,) if number == 3 else ()
            lake.start_round(replace(round_row(number), set_aside=set_aside))
            search(lake, number, trees[number])
            verify(lake, number, {solution: "verified"})
            left_out = LEFT_OUT if set_aside else {}
            lake.run_statement(batch(number, "annotate-sft"), "annotate_sft", round=number, **left_out)
            lake.run_statement(batch(number, "annotate-pairs"), "annotate_pairs", round=number)
            lake.set_round_status(number, "superseded" if number == 2 else "promoted")
        yield lake


def test_a_round_trains_on_its_line_alone(line: Warehouse) -> None:
    examples = "select distinct trajectory_round from sft_examples where round = $round order by all"
    assert line.query(examples, round=3)["trajectory_round"].to_list() == [1, 3]
    for name in ("export_ppm_pairs", "export_pairs"):
        assert line.query(name, round=3, **LEFT_OUT)["tree_round"].unique().sort().to_list() == [1, 3]
        assert line.query(name, round=3)["tree_round"].unique().sort().to_list() == [1, 2, 3]
    assert line.query("export_ppm_nodes", round=3, **LEFT_OUT)["tree_id"].unique().sort().to_list() == ["t1", "t5"]


@pytest.mark.parametrize("name", ["annotate_sft_rejection", "annotate_sft_unverified"])
def test_so_do_the_controls(name: str, line: Warehouse) -> None:
    for set_aside, line_of_3 in (("2", {1, 3}), ("1,3", {2})):
        found = line.query(name, round=3, n_per_problem=9, set_aside=set_aside)["trajectory_round"].to_list()
        assert found
        assert set(found) <= line_of_3


def test_coverage_so_far_and_moves_go_by_the_line(line: Warehouse) -> None:
    so_far = line.query("select round, n_solved_so_far from v_coverage where is_all_levels order by round")
    assert so_far.rows() == [(1, 1), (2, 2), (3, 1)]
    moves = line.query("select problem_id, previous_round, move from v_problem_moves where round = 3 order by problem_id")
    assert moves.rows() == [("p1", 1, "still solved"), ("p2", 1, "never solved")]
    compared = line.query("round_comparisons").filter(metric="coverage", round=3).row(0, named=True)
    assert (compared["previous_round"], compared["n_better"], compared["n_worse"]) == (1, 0, 0)


def test_what_a_ppm_was_trained_on_is_written_again_without_the_superseded(line: Warehouse, tmp_path: Path) -> None:
    file = export_training_file(line, 3, "export_ppm_pairs", tmp_path / "pairs.parquet", round=3, **LEFT_OUT)
    line.record_checkpoint(CheckpointRow("ppm-3", "ppm", 3, "policy-3", file.snapshot_id, "f" * 8, "file:///x", "candidate"))
    (again,) = reproduce(line, "ppm-3", tmp_path / "again")
    assert (again.sha256, again.n_rows) == (file.sha256, file.n_rows)
    trees = "select parent_id from v_lineage where child_id = 'ppm-3' and parent_kind = 'tree' order by all"
    assert line.query(trees)["parent_id"].to_list() == ["t1", "t5"]


def test_new_training_problems_wait_for_no_superseded_round(line: Warehouse) -> None:
    assert line.ingest(batch(0, "ingest", "more"), [problem("p9", 1)], []) == 1
