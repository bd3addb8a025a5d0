"""What `stargrove problem` shows: the problem, what each round made of it, its trees, and the answers of evaluations."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from warehouse.printable import one_line, printable
from warehouse.sql.statements import find
from warehouse.store.lake import Warehouse

VERDICTS = {"correct": "green", "wrong": "red", "unknown": "yellow"}


def problem_view(lake: Warehouse, problem_id: str) -> RenderableType:
    """Return what the lake knows of a problem, for people; parts of which it knows nothing are left out."""
    problem = lake.query("problem", problem_id=problem_id).row(0, named=True)
    facts = [f"{problem['split']} problem of {one_line(problem['source'])}"]
    facts += [f"level {problem['level']}"] if problem["level"] is not None else []
    facts += [problem["kind"].replace("_", " ")] if problem["kind"] else []
    parts: list[RenderableType] = [
        Text(f"problem {problem_id}", style="bold"),
        Text(" · ".join(facts)),
        "",
        Text(printable(problem["statement"])),
        Text(f"reference answer: {one_line(problem['reference_answer'])}"),
    ]
    if problem["suspected_answer"] is not None:
        parts.append(Text(_suspicion(problem), style="yellow"))
    rounds = lake.query("problem_rounds", problem_id=problem_id).iter_rows(named=True)
    trees = lake.query("problem_trees", problem_id=problem_id).iter_rows(named=True)
    answers = lake.query("problem_answers", problem_id=problem_id).iter_rows(named=True)
    tables = (_rounds(list(rounds)), _trees(list(trees)), _answers(list(answers)))
    return Group(*parts, *(part for table in tables if table.row_count for part in ("", table)))


def _suspicion(problem: Mapping[str, Any]) -> str:
    """Return what wrong solutions agree on, and that the reference is suspect where the query `label_suspects` says so."""
    n_solutions, share = problem["n_solutions"], problem["share_of_solutions"]
    agree = "1 solution says" if n_solutions == 1 else f"{n_solutions} different solutions say"
    line = f"never solved; {agree} {one_line(problem['suspected_answer'])} ({share:.0%} of all, more than any other answer)"
    least = {parameter.name: float(parameter.default or 0) for parameter in find("label_suspects").parameters}
    is_suspect = n_solutions >= least["min_solutions"] and share >= least["min_share"]
    return f"{line}: the reference answer may be wrong" if is_suspect else line


def _rounds(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(("round", "outcome", "difficulty", "trees", "rollouts", "endings", "right"))
    for row in rows:
        outcome = Text(row["move"], style="green" if row["is_solved"] else "red")
        counts = (row["n_trees"], row["n_rollouts"], row["n_endings"], row["n_right_endings"])
        table.add_row(str(row["round"]), outcome, row["difficulty"], *map(str, counts))
    return table


def _trees(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(("round", "tree", "nodes", "rollouts", "answers", "right", "verified"))
    for row in rows:
        counts = (row["n_nodes"], row["n_rollouts"], row["n_answers"], row["n_right_answers"], row["n_verified"])
        table.add_row(str(row["round"]), row["tree_id"], *map(str, counts))
    return table


def _answers(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(("round", "method", "answer", "verdict", "given", "PPM"))
    for row in rows:
        answer = Text("(none)", style="dim") if row["answer"] is None else Text(one_line(row["answer"]))
        verdict = Text(row["verdict"], style=VERDICTS[row["verdict"]])
        ppm = "" if row["mean_ppm_score"] is None else f"{row['mean_ppm_score']:+.2f}"
        table.add_row(str(row["round"]), row["method"], answer, verdict, f"{row['n_answers']}", ppm)
    return table


def _table(headings: Sequence[str]) -> Table:
    words = ("outcome", "difficulty", "tree", "method", "answer", "verdict")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="left" if heading in words else "right", no_wrap=heading != "answer")
    return table
