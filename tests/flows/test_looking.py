"""rounds and problem: what they show of two small rounds, while the lake is open for writing."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from flows.cli import app as cli
from flows.display.tables.rounds import fitting_tables
from warehouse.store.lake import Warehouse


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(list(arguments)) == 0
    return capsys.readouterr().out


def test_rounds_are_the_table_of_evolve(two_rounds: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "rounds", "--home", str(two_rounds.home)).splitlines()
    assert lines[0].split() == ["round", "1", "round", "2"]
    assert [line.split()[1:] for line in lines if line.startswith("coverage   ")] == [["50.0", "%", "100.0", "%"]]


def test_rounds_that_do_not_fit_stand_below_each_other(two_rounds: Warehouse) -> None:
    summary, comparisons = two_rounds.query("round_summary"), two_rounds.query("round_comparisons")
    file = io.StringIO()
    narrow = Console(width=30, file=file)
    narrow.print(fitting_tables(summary, comparisons, narrow))
    headings = [line.split() for line in file.getvalue().splitlines() if line.strip().startswith("round ")]
    assert headings == [["round", "1"], ["round", "2"]]


@pytest.mark.parametrize("command", [["rounds"], ["problem", "p1"], ["tree", "t1"], ["status"]])
def test_where_there_is_nothing_one_line_says_what_to_do(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command, "--home", str(tmp_path / "none")]) in (1, 2)
    printed = capsys.readouterr().err
    assert "stargrove evolve" in printed and printed.count("\n") == 1


def test_a_problem_shows_its_rounds_its_trees_and_its_answers(
    two_rounds: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, "problem", "p2", "--home", str(two_rounds.home))
    assert "statement of p2\nreference answer: 1" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["1", "never", "solved", "hard", "1", "2", "1", "0"] in lines
    assert ["2", "t4", "7", "6", "3", "1", "1"] in lines
    held_out = shown(capsys, "problem", "p3", "--home", str(two_rounds.home))
    assert ["2", "sample", "1", "correct", "2", "+0.50"] in [line.split() for line in held_out.splitlines()]
