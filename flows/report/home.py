"""What a home says of itself, read from its lake and from nothing else."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from flows.display.tables.rounds import RoundSummary
from flows.report.paper import LAST_ROUND, PaperFigures
from flows.settings.tables import Table
from warehouse.store.lake import Warehouse

TEST_SPLIT: Final = "test split"
"""Stands for the home's own held-out problems, beside the benchmarks of the paper."""

_ROUNDS: Final = "select round, status, settings_json, code_version from rounds where round > 0 order by round"
_PROBLEMS: Final = "select source, split, count(*) as n_problems from problems group by source, split order by source, split"
_ABLATIONS: Final = """
select question, variant, metric, value, low, high, n_problems, tokens_per_problem, problems
from ablations
inner join batches on batches.batch_id = ablations.batch_id
qualify row_number() over (partition by question, variant, metric, problems order by batches.committed_at desc) = 1
order by question, variant, metric, problems
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of problems in [0, 1] with its 95 % interval, and what such an answer takes; None where the lake has none."""

    value: float
    low: float | None
    high: float | None
    n_problems: int
    tokens_per_problem: float | None


@dataclass(frozen=True, slots=True)
class StageCost:
    """What a stage of a round took. engine_seconds: of the wall time; sandbox_seconds: summed over processes."""

    round: int
    stage: str
    n_tokens: int
    engine_seconds: float
    sandbox_seconds: float
    wall_seconds: float


@dataclass(frozen=True, slots=True)
class Home:
    """An evolution as its lake holds it.

    settings: those of the newest round, empty before the first. coverage: in each round that searched. figures: by round,
    problems and metric; problems are TEST_SPLIT, a benchmark of the paper, or the name that `stargrove evaluate` gave them.
    ablations: by question, variant, problems and metric. n_problems: by source and split. test_benchmark: which of the paper's
    benchmarks the test split is taken from, perhaps a part of it; None for others.
    """

    statuses: tuple[tuple[int, str], ...]
    settings: Table
    code_version: str
    summaries: tuple[RoundSummary, ...]
    coverage: Mapping[int, Figure]
    figures: Mapping[tuple[int, str, str], Figure]
    ablations: Mapping[tuple[str, str, str, str], Figure]
    costs: tuple[StageCost, ...]
    n_problems: tuple[tuple[str, str, int], ...]
    test_benchmark: str | None

    @property
    def last_round(self) -> int:
        """The newest promoted round, 0 where none is."""
        return max((number for number, status in self.statuses if status == "promoted"), default=0)

    @property
    def base(self) -> str:
        """The name of the base, without its directory; empty before the first round."""
        return PurePath(str(self.settings.get("run", {}).get("base", ""))).name

    @property
    def test_problems(self) -> str:
        """What the report calls the problems of the test split."""
        return self.test_benchmark or TEST_SPLIT

    def of_round(self, number: int) -> int:
        """Return the number of a round that may be called LAST_ROUND."""
        return self.last_round if number == LAST_ROUND else number

    def figure(self, round_number: int, problems: str, metric: str) -> Figure | None:
        """Return what was measured of a round's checkpoints; a metric that ends in _ means that of the largest k."""
        return completed(self.metrics(round_number, problems), metric)

    def ablation(self, question: str, variant: str, problems: str, metric: str) -> Figure | None:
        """Return what was measured of a variant, as `figure` does of a round."""
        found = {
            key[3]: one
            for place in self._places(problems)
            for key, one in self.ablations.items()
            if key[:3] == (question, variant, place)
        }
        return completed(found, metric)

    def metrics(self, round_number: int, problems: str) -> dict[str, Figure]:
        """Return everything that was measured of a round's checkpoints on some problems, by metric."""
        return {
            name: one
            for place in self._places(problems)
            for (number, where, name), one in self.figures.items()
            if (number, where) == (round_number, place)
        }

    def _places(self, problems: str) -> tuple[str, ...]:
        """Return where figures on some problems are, the best last.

        A benchmark and a test split taken from it stand in for each other.
        """
        if self.test_benchmark is None or problems not in (TEST_SPLIT, self.test_benchmark):
            return (problems,)
        return (self.test_benchmark, TEST_SPLIT) if problems == TEST_SPLIT else (TEST_SPLIT, self.test_benchmark)


def read_home(lake: Warehouse, published: PaperFigures) -> Home:
    """Return what a lake says; it may be empty, and a round may be running."""
    rounds = lake.query(_ROUNDS).rows()
    summaries = list(lake.query("round_summary").iter_rows(named=True))
    problems = lake.query(_PROBLEMS).rows()
    return Home(
        statuses=tuple((number, status) for number, status, _, _ in rounds),
        settings=json.loads(rounds[-1][2]) if rounds else {},
        code_version=rounds[-1][3] if rounds else "",
        summaries=tuple(map(RoundSummary.of_row, summaries)),
        coverage={
            row["round"]: Figure(row["coverage"], None, None, row["n_problems"], None)
            for row in summaries
            if row["coverage"] is not None
        },
        figures=dict(_figures(lake, published)),
        ablations={
            (question, variant, _problems_named(problems, published), metric): Figure(*figure)
            for question, variant, metric, *figure, problems in lake.query(_ABLATIONS).rows()
        },
        costs=tuple(_costs(lake)),
        n_problems=tuple(problems),
        test_benchmark=_test_benchmark(lake, published),
    )


def completed(found: Mapping[str, Figure], metric: str) -> Figure | None:
    """Return the figure of a metric; of one that ends in _ that of the largest k."""
    if not metric.endswith("_"):
        return found.get(metric)
    by_k = {int(rest): one for name, one in found.items() if (rest := name.removeprefix(metric)) != name and rest.isdigit()}
    return by_k[max(by_k)] if by_k else None


def _figures(lake: Warehouse, published: PaperFigures) -> Iterator[tuple[tuple[int, str, str], Figure]]:
    """Yield what rounds and `stargrove evaluate` measured; of what both did, the latter comes last."""
    rows = lake.query("newest_metrics").sort("benchmark", nulls_last=False, maintain_order=True)
    for row in rows.iter_rows(named=True):
        if row["split"] == "test":
            yield (row["round"], _problems_named(row["benchmark"] or "test", published), row["metric"]), _figure(row)
        elif row["metric"] == "ppm_pair_accuracy":
            yield (row["round"], row["split"], row["metric"]), _figure(row)


def _figure(row: Mapping[str, Any]) -> Figure:
    return Figure(row["value"], row["low"], row["high"], row["n_problems"], row["tokens_per_problem"])


def _problems_named(name: str, published: PaperFigures) -> str:
    """Return what the report calls the problems that the lake calls `name`."""
    return TEST_SPLIT if name == "test" else published.benchmark_named(name) or name


def _test_benchmark(lake: Warehouse, published: PaperFigures) -> str | None:
    """Return the paper's benchmark that every source of the test split is named after, or its file, or the file's folder."""
    held_out = {problem.source for problem in lake.problems("test", held_out=True)}
    sources = [row for row in lake.query("sources").iter_rows(named=True) if row["source"] in held_out]
    found = {_benchmark_of_source(row["source"], row["uri"] or "", published) for row in sources}
    return found.pop() if len(found) == 1 else None


def _benchmark_of_source(source: str, uris: str, published: PaperFigures) -> str | None:
    names = [source, *(PurePath(part).stem for uri in uris.split(", ") for part in PurePath(uri).parts[:-3:-1])]
    return next((benchmark for name in names if (benchmark := published.benchmark_named(name))), None)


def _costs(lake: Warehouse) -> Iterator[StageCost]:
    for row in lake.query("stage_costs").iter_rows(named=True):
        yield StageCost(**{name: row[name] for name in StageCost.__slots__})
