"""The table at the end of an evolution: one column per round, one row per thing worth comparing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table

from flows.display.progress.stage import duration
from flows.display.tables.comparison import p_value_text, share_interval_text
from tasks.evaluation.metrics import paired_p_value

if TYPE_CHECKING:
    import polars as pl

_BY_LEVEL = re.compile(r"(\d+): (\S+)")
_BY_STAGE = re.compile(r"(\S+) (\d+)")
_UNBOUNDED = 100_000
"""More columns than any table has."""


@dataclass(frozen=True, slots=True)
class RoundSummary:
    """One row of the query `round_summary`. Shares are in [0, 1], None where nothing was measured; round 0 is the base.

    n_samples: answers of which maj and best_of choose one; one of evaluation.ks, the same in every round.
    """

    round: int
    status: str | None
    coverage: float | None
    coverage_so_far: float | None
    coverage_by_level: dict[str, str]
    greedy_pass_1: float | None
    n_samples: int | None
    maj: float | None
    best_of: float | None
    random_of: float | None
    n_sft_examples: int | None
    n_pairs: int | None
    ppm_pair_accuracy: float | None
    lucky_share: float | None
    seconds_by_stage: dict[str, str]
    wall_seconds: float | None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "RoundSummary":
        """Return the summary in a row of the query."""
        by_level = dict(_BY_LEVEL.findall(row["coverage_by_level"] or ""))
        by_stage = {name: duration(float(seconds)) for name, seconds in _BY_STAGE.findall(row["seconds_by_stage"] or "")}
        plain = {name: row[name] for name in cls.__slots__ if name not in ("coverage_by_level", "seconds_by_stage")}
        return cls(coverage_by_level=by_level, seconds_by_stage=by_stage, **plain)

    @property
    def title(self) -> str:
        """The head of the round's column."""
        return f"round {self.round}" if self.round else "base"


@dataclass(frozen=True, slots=True)
class RoundComparison:
    """One row of the query `round_comparisons`: a share of problems, and how it differs from the round before it.

    n_compared: problems that both rounds measured; of these, it earned more on n_better and less on n_worse.
    """

    round: int
    metric: str
    value: float
    n_problems: int
    previous_round: int | None
    n_compared: int
    n_better: int
    n_worse: int

    @property
    def p_value(self) -> float | None:
        """That of the paired test over problems; None where there is nothing to compare with."""
        return paired_p_value(self.n_better, self.n_worse) if self.n_compared else None


def round_table(summary: "pl.DataFrame", comparisons: "pl.DataFrame") -> Table:
    """Return the rows of the queries `round_summary` and `round_comparisons` as a table for people."""
    return table_of(
        [RoundSummary.of_row(row) for row in summary.iter_rows(named=True)],
        [RoundComparison(**row) for row in comparisons.iter_rows(named=True)],
    )


def fitting_tables(summary: "pl.DataFrame", comparisons: "pl.DataFrame", console: Console) -> Group:
    """Return the same rows as tables of as many rounds as the console is wide, one below the other."""
    waiting = [RoundSummary.of_row(row) for row in summary.iter_rows(named=True)]
    compared = [RoundComparison(**row) for row in comparisons.iter_rows(named=True)]
    unbounded = console.options.update(max_width=_UNBOUNDED)
    parts: list[RenderableType] = []
    while waiting:
        n_rounds = len(waiting)
        while (
            n_rounds > 1 and console.measure(table_of(waiting[:n_rounds], compared), options=unbounded).maximum > console.width
        ):
            n_rounds -= 1
        parts += ["", table_of(waiting[:n_rounds], compared)]
        waiting = waiting[n_rounds:]
    return Group(*parts[1:])


def table_of(rounds: Sequence[RoundSummary], comparisons: Sequence[RoundComparison] = ()) -> Table:
    """Return the table of these rounds, in their order.

    Below a share stand its 95 % interval and the p-value of its difference from the round before, where problems were measured
    one by one.
    """
    compared = {(one.metric, one.round): one for one in comparisons}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for one in rounds:
        table.add_column(one.title, justify="right")

    def row(name: str, cells: Iterable[str], style: str | None = None) -> None:
        table.add_row(name, *cells, style=style)

    def certainty(metric: str) -> None:
        found = [compared.get((metric, one.round)) for one in rounds]
        if any(found):
            row("  95 % interval", (share_interval_text(one.value, one.n_problems) if one else "" for one in found), "dim")
            row("  p, round before", (p_value_text(one.p_value) if one else "" for one in found), "dim")

    def part(name: str) -> None:
        table.add_section()
        table.add_row(f"[bold cyan]{name}")

    row("status", (one.status or "" for one in rounds))
    part("solved and verified")
    row("coverage", (share(one.coverage) for one in rounds), "bold")
    certainty("coverage")
    for level in _keys(one.coverage_by_level for one in rounds):
        row(f"  level {level}", (one.coverage_by_level.get(level, "") for one in rounds), "dim")
    row("coverage so far", (share(one.coverage_so_far) for one in rounds), "bold")
    row("lucky code", (share(one.lucky_share) for one in rounds), "dim")
    part("held-out problems")
    row("greedy pass@1", (share(one.greedy_pass_1) for one in rounds), "bold")
    certainty("greedy_pass_1")
    k = samples_shown(rounds)
    row(f"maj@{k}", (share(one.maj) for one in rounds))
    certainty(f"maj_{k}")
    row(f"best-of-{k} by PPM", (share(one.best_of) for one in rounds), "bold")
    certainty(f"best_of_{k}")
    row(f"random-of-{k}", (share(one.random_of) for one in rounds), "dim")
    part("training data")
    row("SFT examples", (count(one.n_sft_examples) for one in rounds))
    row("preference pairs", (count(one.n_pairs) for one in rounds))
    row(
        "PPM pair accuracy",
        ("" if one.ppm_pair_accuracy is None else f"{one.ppm_pair_accuracy:.3f}" for one in rounds),
    )
    part("time")
    for stage in _keys(one.seconds_by_stage for one in rounds):
        row(f"  {stage}", (one.seconds_by_stage.get(stage, "") for one in rounds), "dim")
    row("all stages", ("" if one.wall_seconds is None else duration(one.wall_seconds) for one in rounds), "bold")
    return table


def samples_shown(rounds: Iterable[RoundSummary]) -> str:
    """Return k as it stands in maj@k and best-of-k: a number, or the letter where nothing was sampled yet."""
    return next((str(one.n_samples) for one in rounds if one.n_samples is not None), "k")


def share(value: float | None) -> str:
    """Return a share as a percentage with one digit, or nothing where it was not measured."""
    return "" if value is None else f"{100 * value:.1f} %"


def count(value: int | None) -> str:
    """Return a count with thousands separated, or nothing where there is none."""
    return "" if value is None else f"{value:,}"


def _keys(mappings: Iterable[Mapping[str, str]]) -> list[str]:
    """Return every key of the mappings once, in the order in which they first appear."""
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))
