"""The table of `stargrove evaluate`: one row per metric, and the problems that could not be graded."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl
from rich.table import Table

from flows.display.progress.stage import duration
from flows.display.tables.comparison import interval_text, p_value_text
from tasks.evaluation.metrics import paired_p_value
from warehouse.store.lake import Warehouse

if TYPE_CHECKING:
    from flows.evaluation import MeasuredSelection

_LABELS = (
    (r"greedy_pass_1", "greedy pass@1", "greedy"),
    (r"random_of_(\d+)", "random-of-{}", "sample"),
    (r"maj_(\d+)", "maj@{}", "sample"),
    (r"weighted_maj_(\d+)", "maj@{} weighted by PPM", "sample"),
    (r"best_of_(\d+)", "best-of-{} by PPM", "sample"),
    (r"pass_(\d+)", "pass@{}", "sample"),
    (r"beam_best", "beam search, best", "beam"),
    (r"beam_weighted_maj", "beam search, weighted vote", "beam"),
    (r"beam_pass", "beam search, any answer", "beam"),
    (r"mcts_best", "MCTS, best", "mcts"),
    (r"mcts_weighted_maj", "MCTS, weighted vote", "mcts"),
    (r"mcts_pass", "MCTS, any answer", "mcts"),
    (r"correct_rollouts", "rollouts that end right", "search"),
)
"""Metrics in the order of the table: pattern, what people read, method that answers."""

N_NAMED = 10
"""Ungraded problems that are named; the query shows all."""


def evaluation_table(lake: Warehouse, selected: "MeasuredSelection") -> Table:
    """Return what was measured on a selection: shares in percent with 95 % intervals, tokens per problem, and wall time.

    tokens: of such an answer, discarded steps and samples included. ungraded: answers of the method without a verdict. p: of a
    paired test against the vote over the fewest samples, or against the greedy answers where nothing was sampled.
    Best-of-k by other aggregations is for `stargrove sql --file aggregations`.
    """
    rows = lake.query(
        """select metric, value, low, high, n_problems, tokens_per_problem
        from evaluations where batch_id = $batch_id and level is null and not starts_with(metric, 'best_by_')""",
        batch_id=selected.summary_batch_id,
    ).rows()
    seconds = _wall_seconds(lake, selected)
    ungraded = _n_ungraded(lake, selected)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title_justify="left")
    table.title = f"{selected.selection.name}: {rows[0][4]:,} problems"
    table.add_column("", no_wrap=True)
    against = _compared_with([row[0] for row in rows])
    p_values = _p_values(lake, selected, against)
    for heading in ("%", "95 % interval", "tokens/problem", "wall", "ungraded", f"p, {label_of(against)}"):
        table.add_column(heading, justify="right", no_wrap=True)
    for label, method, (metric, value, low, high, _, tokens) in sorted(map(_labelled, rows), key=_place):
        table.add_row(
            label,
            f"{100 * value:.1f}",
            interval_text(low, high),
            f"{tokens:,.0f}",
            duration(seconds[method]),
            str(ungraded.get(method, 0)),
            p_value_text(p_values.get(metric)),
        )
    return table


def ungraded_lines(lake: Warehouse, selected: "MeasuredSelection") -> Iterator[str]:
    """Yield a line per problem with an answer that could not be graded, the first of them by name."""
    found = lake.query("ungraded_answers")
    found = found.filter(found["batch_id"].is_in(selected.share_batch_ids)).unique("problem_id", maintain_order=True)
    if found.is_empty():
        return
    yield f"{len(found)} problems of {selected.selection.name} have answers that could not be graded:"
    for problem_id, answer, reference in found.select("problem_id", "answer", "reference_answer").head(N_NAMED).rows():
        yield f"  {problem_id}: is {answer!r} equal to {reference!r}?"
    yield "all of them: stargrove sql --file ungraded_answers"


def refused_lines(lake: Warehouse, selected: "MeasuredSelection") -> Iterator[str]:
    """Yield a line where problems were refused by the engine: no method wrote a token for them."""
    sql = "select distinct problem_id, batch_id from problem_metrics where n_tokens = 0"
    found = lake.query(sql).filter(pl.col("batch_id").is_in(selected.share_batch_ids))["problem_id"].n_unique()
    if found:
        yield (
            f"{found:,} problems of {selected.selection.name} count as wrong without an attempt: they do not fit into "
            f"engine.max_model_len, or hold what the policy's tokenizer cannot encode"
        )


def label_of(metric: str) -> str:
    """Return what people read for a metric."""
    return _labelled((metric, 0.0, 0.0, 0.0, 0, 0.0))[0]


def _compared_with(metrics: list[str]) -> str:
    """Return the metric that the others are tested against."""
    votes = sorted((metric for metric in metrics if re.fullmatch(r"maj_\d+", metric)), key=lambda vote: int(vote[4:]))
    return next((metric for metric in (*votes, "greedy_pass_1") if metric in metrics), metrics[0])


def _p_values(lake: Warehouse, selected: "MeasuredSelection", against: str) -> dict[str, float]:
    """Return the p-value of every other metric against one, by a paired test over problems."""
    found = lake.query(
        """with shares as (select metric, problem_id, value from problem_metrics where batch_id in (select unnest($ids)))
        select
            shares.metric,
            count(*) filter (where shares.value > other.value) as n_better,
            count(*) filter (where shares.value < other.value) as n_worse
        from shares
        inner join shares as other on other.problem_id = shares.problem_id and other.metric = $against
        where shares.metric <> $against
        group by shares.metric""",
        ids=list(selected.share_batch_ids),
        against=against,
    )
    return {metric: paired_p_value(n_better, n_worse) for metric, n_better, n_worse in found.iter_rows()}


Row = tuple[str, float, float, float, int, float]


def _labelled(row: Row) -> tuple[str, str, Row]:
    """Return what people read for a metric, the method that answers, and the row."""
    for pattern, label, method in _LABELS:
        found = re.fullmatch(pattern, row[0])
        if found:
            return label.format(*found.groups()), method, row
    return row[0], "", row


def _place(labelled: tuple[str, str, Row]) -> tuple[int, int]:
    """Return where a row stands: by kind of metric, then by k."""
    metric = labelled[2][0]
    kinds = [index for index, (pattern, _, _) in enumerate(_LABELS) if re.fullmatch(pattern, metric)]
    k = re.search(r"(\d+)$", metric)
    return min(kinds, default=len(_LABELS)), int(k.group(1)) if k else 0


def _wall_seconds(lake: Warehouse, selected: "MeasuredSelection") -> dict[str, float]:
    """Return the seconds of each method, of whichever run it was measured in."""
    found = lake.query(
        """select answered.method, sum(batches.wall_seconds) as wall_seconds
        from (select distinct method, batch_id from problem_metrics where batch_id in (select unnest($ids))) as answered
        inner join batches on batches.batch_id = answered.batch_id
        group by answered.method""",
        ids=list(selected.share_batch_ids),
    )
    return dict(found.rows())


def _n_ungraded(lake: Warehouse, selected: "MeasuredSelection") -> dict[str, int]:
    found = lake.query(
        """select method, count(*) as n_unknown from evaluation_answers
        where batch_id in (select unnest($ids)) and verdict = 'unknown' group by method""",
        ids=list(selected.share_batch_ids),
    )
    return dict(found.rows())
