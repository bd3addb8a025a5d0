"""The curves of the paper and of the home side by side: as a picture, and as a small table."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from flows.display.pictures.side_by_side import Line, Panel, side_by_side_svg
from flows.report.document import NOT_MEASURED, Grid, Section
from flows.report.home import TEST_SPLIT, Home
from flows.report.paper import PaperFigures

Reading = Callable[[Home, int], float | None]
"""What a home says of a round, as a share in [0, 1]; None where it says nothing."""

_SHOWN: Final = "MATH"
"""The benchmark whose curves are shown where the home's test split is none of the paper's."""


@dataclass(frozen=True, slots=True)
class RoundCurve:
    """A curve over rounds. table, column: the paper's; without a column that of the home's test split.

    lines: the home's. where: on which problems they were measured, if not on its test split.
    """

    title: str
    text: str
    table: int
    from_base: bool
    lines: tuple[tuple[str, Reading], ...]
    column: str = ""
    where: str = ""


def _metric(metric: str) -> Reading:
    """Return the reading of a metric on the home's test split."""

    def read(home: Home, number: int) -> float | None:
        figure = home.figure(number, TEST_SPLIT, metric)
        return figure.value if figure else None

    return read


def _pair_accuracy(home: Home, number: int) -> float | None:
    figure = home.figure(number, "validation", "ppm_pair_accuracy")
    return figure.value if figure else None


def _covered(home: Home, number: int) -> float | None:
    return next((one.coverage for one in home.summaries if one.round == number), None)


def _covered_so_far(home: Home, number: int) -> float | None:
    return next((one.coverage_so_far for one in home.summaries if one.round == number), None)


_CURVES: Final = (
    RoundCurve(
        "Coverage",
        "Share of training problems solved and verified, each of its own problems.",
        table=2,
        from_base=False,
        lines=(("in this round", _covered), ("so far", _covered_so_far)),
        column="all",
        where="its training problems",
    ),
    RoundCurve(
        "The policy alone", "One greedy answer.", 3, from_base=True, lines=(("greedy pass@1", _metric("greedy_pass_1")),)
    ),
    RoundCurve(
        "With search",
        "The paper searches with 8 trajectories. A home's rounds sample and let the PPM choose; `stargrove evaluate` searches.",
        table=6,
        from_base=True,
        lines=(("MCTS, best", _metric("mcts_best")), ("best-of-k by PPM", _metric("best_of_"))),
    ),
    RoundCurve(
        "The PPM",
        "The paper's has the policy of round 1 in every round. A home's has its round's own: what the PPM chooses of k answers "
        "beside one of them at random, and which pairs of problems that its training held out it orders rightly.",
        table=4,
        from_base=False,
        lines=(("best-of-k", _metric("best_of_")), ("random-of-k", _metric("random_of_")), ("pair accuracy", _pair_accuracy)),
        where="held-out problems",
    ),
)

_SCALING: Final = ((1, 3, "SLM-r4"), (8, 6, "round 4"), (64, 1, "Qwen2.5-Math-7B"))
"""Trajectories at test time, and the table and row that have their accuracy: of its figure 3 the paper gives no numbers."""

_CHOICES: Final = (("best-of-k by PPM", "best_of"), ("maj@k", "maj"), ("any of k", "pass"))


def curves(home: Home, published: PaperFigures) -> tuple[Section, ...]:
    """Return a section for each curve: coverage, the policy alone, with search, the PPM, test-time scaling."""
    return (*(_round_section(curve, home, published) for curve in _CURVES), _scaling_section(home, published))


def _round_section(curve: RoundCurve, home: Home, published: PaperFigures) -> Section:
    column = curve.column or home.test_benchmark or _SHOWN
    shares = published.table(curve.table).curve(column)
    first = 0 if curve.from_base else 1
    theirs = Panel(f"paper, table {curve.table}, {column}", _ticks(range(first, first + len(shares))), (Line("paper", shares),))
    rounds = [one.round for one in home.summaries if one.round >= first]
    lines = tuple(Line(name, tuple(reading(home, number) for number in rounds)) for name, reading in curve.lines)
    ours = Panel(f"this home, {curve.where or home.test_problems}", _ticks(rounds), lines)
    return _section(curve.title, curve.text, theirs, ours)


def _scaling_section(home: Home, published: PaperFigures) -> Section:
    """Return accuracy by the number of answers, of the newest promoted checkpoints, and what each way to answer costs."""
    column = home.test_benchmark or _SHOWN
    points = [(k, published.table(number).value(row, column)) for k, number, row in _SCALING]
    shares = tuple(None if value is None else value / 100 for _, value in points)
    theirs = Panel(f"paper, tables 3, 6 and 1, {column}", tuple(str(k) for k, _ in points), (Line("paper", shares),))
    section = _section(
        "Test-time scaling",
        "Accuracy by the number of answers or trajectories, with the newest promoted checkpoints; 1 is one greedy answer.",
        theirs,
        _answers_panel(home),
    )
    return Section(section.title, section.text, (*section.grids, _answer_costs(home)), section.picture)


def _answers_panel(home: Home) -> Panel:
    measured = home.metrics(home.last_round, TEST_SPLIT)
    ks = sorted({int(found[1]) for name in measured if (found := re.fullmatch(r"(?:maj|pass)_(\d+)", name))} - {1})

    def share(metric: str) -> float | None:
        return measured[metric].value if metric in measured else None

    lines = tuple(Line(name, (share("greedy_pass_1"), *(share(f"{metric}_{k}") for k in ks))) for name, metric in _CHOICES)
    return Panel(f"this home, {home.test_problems}", tuple(map(str, (1, *ks))), lines)


def _answer_costs(home: Home) -> Grid:
    measured = home.metrics(home.last_round, TEST_SPLIT)
    costs = sorted(
        (one.tokens_per_problem, name, one.value)
        for name, one in measured.items()
        if one.tokens_per_problem is not None and not name.startswith("best_by_")
    )
    rows = tuple((name, f"{100 * value:.1f} %", f"{tokens:,.0f}") for tokens, name, value in costs)
    return Grid(("this home", "accuracy", "tokens per problem"), rows or ((NOT_MEASURED, "", ""),))


def _section(title: str, text: str, theirs: Panel, ours: Panel) -> Section:
    ticks = tuple(sorted({*theirs.ticks, *ours.ticks}, key=_place))
    rows = tuple(_curve_row(panel, line, ticks) for panel in (theirs, ours) for line in panel.lines)
    return Section(title, text, (Grid(("", *ticks), rows),), side_by_side_svg(title, theirs, ours))


def _curve_row(panel: Panel, line: Line, ticks: Sequence[str]) -> tuple[str, ...]:
    name = panel.title if len(panel.lines) == 1 else f"{panel.title}: {line.name}"
    shares = dict(zip(panel.ticks, line.shares, strict=True))
    cells = [_percent(shares.get(tick)) for tick in ticks]
    return (name, *cells) if any(cells) else (name, NOT_MEASURED, *cells[1:])


def _ticks(rounds: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"round {number}" if number else "base" for number in rounds)


def _place(tick: str) -> int:
    """Return the number in a tick: that of a round, 0 for the base, or how many answers."""
    return int(tick.removeprefix("round ")) if tick != "base" else 0


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
