"""The curves of the paper and of the home side by side: as a picture, and as a small table."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from flows.display.pictures.side_by_side import Line, Panel, side_by_side_svg
from flows.report.document import NOT_MEASURED, Grid, Section
from flows.report.home import Home
from flows.report.paper import PaperFigures

_SHOWN: Final = "MATH"
"""The benchmark whose curves are shown where the home's test split is none of the paper's."""

_SCALING: Final = ((1, 3, "SLM-r4"), (8, 6, "round 4"), (64, 1, "Qwen2.5-Math-7B"))
"""Trajectories at test time, and the table and row that have their accuracy: of its figure the paper has no numbers."""


def curves(home: Home, published: PaperFigures) -> tuple[Section, ...]:
    """Return a section for each curve: coverage, the policy alone, with search, the PPM, test-time scaling."""
    shown = home.test_benchmark or _SHOWN
    rounds = [one.round for one in home.summaries if one.round]
    everything, own = [0, *rounds], f"this home, {home.test_problems}"

    def paper(number: int, column: str, ticks: Sequence[str]) -> Panel:
        shares = published.table(number).curve(column, len(ticks))
        return Panel(f"paper, {column}, table {number}", tuple(ticks), (Line("paper", shares),))

    def ours(title: str, numbers: Iterable[int], lines: Mapping[str, Callable[[int], float | None]]) -> Panel:
        among = tuple(numbers)
        return Panel(title, _ticks(among), tuple(Line(name, tuple(map(share, among))) for name, share in lines.items()))

    def measured(metric: str) -> Callable[[int], float | None]:
        return lambda number: _share(home, number, home.test_problems, metric)

    def pair_accuracy(number: int) -> float | None:
        return _share(home, number, "validation", "ppm_pair_accuracy")

    by_round = {one.round: one for one in home.summaries}
    covered: dict[str, Callable[[int], float | None]] = {
        "in this round": lambda number: by_round[number].coverage,
        "so far": lambda number: by_round[number].coverage_so_far,
    }
    return (
        _section(
            "Coverage",
            "Share of training problems solved and verified.",
            paper(2, "all", _ticks(range(1, 5))),
            ours("this home, its training problems", rounds, covered),
        ),
        _section(
            "The policy alone",
            "One greedy answer.",
            paper(3, shown, _ticks(range(5))),
            ours(own, everything, {"greedy pass@1": measured("greedy_pass_1")}),
        ),
        _section(
            "With search",
            "The paper searches with 8 trajectories. A home's rounds sample and let the PPM choose; stargrove evaluate searches.",
            paper(6, shown, _ticks(range(5))),
            ours(own, everything, {"MCTS, best": measured("mcts_best"), "best-of-k by PPM": measured("best_of_")}),
        ),
        _section(
            "The PPM",
            "The paper's curve has the PPM of each round with the policy of round 1. A home's has that round's own policy: what the "
            "PPM chooses of k answers, beside one of them at random; and which held-out pairs it orders rightly.",
            paper(4, shown, _ticks(range(1, 5))),
            ours(
                own,
                rounds,
                {"best-of-k": measured("best_of_"), "random-of-k": measured("random_of_"), "pair accuracy": pair_accuracy},
            ),
        ),
        _scaling(home, published, shown, own),
    )


def _scaling(home: Home, published: PaperFigures, shown: str, own: str) -> Section:
    """Return accuracy by the number of answers at test time, and for the home what they cost."""
    points = [(k, published.table(number).value(row, shown)) for k, number, row in _SCALING]
    paper = Line("PPM chooses", tuple(None if value is None else value / 100 for _, value in points))
    last = {
        name: figure
        for (number, problems, name), figure in home.figures.items()
        if (number, problems) == (home.last_round, home.test_problems)
    }
    ks = sorted({int(found[1]) for name in last if (found := re.fullmatch(r"(?:maj|pass)_(\d+)", name))} - {1})
    greedy = _share(home, home.last_round, home.test_problems, "greedy_pass_1")

    def line(name: str, metric: str) -> Line:
        return Line(name, (greedy, *(_share(home, home.last_round, home.test_problems, f"{metric}_{k}") for k in ks)))

    lines = (line("best-of-k by PPM", "best_of"), line("maj@k", "maj"), line("any of k", "pass"))
    costs = tuple(
        (name, f"{100 * one.value:.1f} %", f"{one.tokens_per_problem:,.0f}")
        for name, one in sorted(last.items(), key=lambda item: (item[1].tokens_per_problem or 0, item[0]))
        if one.tokens_per_problem is not None and not name.startswith("best_by_")
    )
    section = _section(
        "Test-time scaling",
        "Accuracy by the number of answers or trajectories, with the last promoted checkpoints; 1 is greedy.",
        Panel(f"paper, {shown}, tables 3, 6 and 1", tuple(str(k) for k, _ in points), (paper,)),
        Panel(own, tuple(map(str, (1, *ks))), lines),
    )
    spent = Grid(("this home", "accuracy", "tokens per problem"), costs)
    return Section(section.title, section.text, (*section.grids, *((spent,) if costs else ())), section.picture)


def _section(title: str, text: str, paper: Panel, ours: Panel) -> Section:
    ticks = _merged(paper.ticks, ours.ticks)
    rows = [
        (
            f"{panel.title}: {line.name}",
            *(_percent(dict(zip(panel.ticks, line.shares, strict=True)).get(tick)) for tick in ticks),
        )
        for panel in (paper, ours)
        for line in panel.lines
    ]
    said = [row if any(row[1:]) else (row[0], NOT_MEASURED, *row[2:]) for row in rows]
    return Section(title, text, (Grid(("", *ticks), tuple(said)),), side_by_side_svg(title, paper, ours))


def _merged(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Return the ticks of both panels, each once: rounds in their order, numbers of answers by size."""
    every = list(dict.fromkeys((*first, *second)))
    return tuple(sorted(every, key=int)) if all(tick.isdigit() for tick in every) else tuple(sorted(every, key=_place))


def _place(tick: str) -> int:
    return int(tick.removeprefix("round ")) if tick != "base" else 0


def _ticks(rounds: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"round {number}" if number else "base" for number in rounds)


def _share(home: Home, number: int, problems: str, metric: str) -> float | None:
    figure = home.figure(number, problems, metric)
    return figure.value if figure else None


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
