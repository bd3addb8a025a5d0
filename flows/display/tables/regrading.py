"""What `stargrove regrade` shows: which verdicts change, by kind, and what that does to a round's figures."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import polars as pl

_PLACES = {"tree": "trees", "evaluation": "held-out answers"}
_MAX_CHARS = 40


@dataclass(frozen=True, slots=True)
class RegradedRound:
    """What grading a round's answers again came to. verdicts, figures: rows as they are, or would be, in the lake.

    n_answers: stored rows; n_distinct: different answers among them. batch_ids: where the rows are, none where they were not
    written.
    """

    round: int
    n_answers: int
    n_distinct: int
    verdicts: "pl.DataFrame"
    figures: "pl.DataFrame"
    batch_ids: tuple[str, ...]


def regrading_tables(one: RegradedRound, home: Path) -> RenderableType:
    """Return the tables of a round: verdicts by kind of change with an example, then the figures that they touch."""
    n_changed = one.verdicts.height
    name = f"round {one.round}" if one.round else "round 0 (base and imports)"
    head = Text.assemble(
        (f"{name}: ", "bold"),
        (f"{n_changed:,} verdicts change" if n_changed else "no verdict changes", "bold yellow" if n_changed else "bold green"),
        f" ({one.n_answers:,} stored answers, {one.n_distinct:,} different ones)",
    )
    parts: list[RenderableType] = [head]
    if n_changed:
        parts += [_kinds(one.verdicts.to_dicts()), Text("what it does to the round", style="bold cyan"), _figures(one)]
    if one.batch_ids:
        parts.append(
            Text(f"kept as {' and '.join(one.batch_ids)}: stargrove sql --file regrade_changes --home {home}", style="dim")
        )
    return Group(*parts, "")


def _kinds(rows: list[dict[str, Any]]) -> Table:
    table = Table("where", "change", "answers", "problems", "for instance", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    kinds = Counter((row["answered_in"], row["old_verdict"], row["verdict"]) for row in rows)
    for (place, before, after), n_answers in kinds.most_common():
        of_kind = [row for row in rows if (row["answered_in"], row["old_verdict"], row["verdict"]) == (place, before, after)]
        example = of_kind[0]
        table.add_row(
            _PLACES[place],
            f"{before} -> {after}",
            f"{n_answers:,}",
            f"{len({row['problem_id'] for row in of_kind}):,}",
            Text(f"{_short(example['answer'])} against {_short(example['reference_answer'])}"),
        )
    return table


def _figures(one: RegradedRound) -> Table:
    table = Table("", "stored", "would go", "would come, at most", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for figure, n_stored, n_lost, n_gained in one.figures.select("figure", "n_stored", "n_lost", "n_gained").rows():
        table.add_row(figure, f"{n_stored:,}", f"{n_lost:,}", "annotate anew" if n_gained is None else f"{n_gained:,}")
    return table


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_CHARS else f"{line[: _MAX_CHARS - 1]}…"
