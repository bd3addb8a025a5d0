"""The table of `stargrove ablate`: what each choice of the recipe is worth."""

from rich.table import Table

from flows.display.tables.comparison import interval_text, p_value_text
from flows.display.tables.evaluation import label_of
from tasks.evaluation.metrics import paired_p_value
from warehouse.store.lake import Warehouse

HEADLINES = {
    "sft-data": ("greedy_pass_1", "random_of_", "maj_"),
    "ppm-loss": ("best_of_", "weighted_maj_", "mcts_best"),
    "q-source": ("coverage", "correct_rollouts"),
}
"""Beginnings of the metrics that the table shows, question by question; the rows hold all."""


def ablation_table(lake: Warehouse, batch_id: str) -> Table:
    """Return the headline metrics of every variant, in percent with 95 % intervals, tested against the last of its question."""
    rows = lake.query(
        """select
            question, variant, metric, value, low, high, n_problems, problems, tokens_per_problem, against, n_better, n_worse
        from ablations where batch_id = $batch_id""",
        batch_id=batch_id,
    ).rows()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("question", "variant", "metric"):
        table.add_column(heading, no_wrap=heading != "metric")
    for heading in ("%", "95 % interval", "tokens/problem", "problems", "p"):
        table.add_column(heading, justify="right")
    for question, variant, metric, value, low, high, n_problems, problems, tokens, against, n_better, n_worse in rows:
        if metric.startswith(HEADLINES[question]):
            where = f"{n_problems} of {problems}" if question != "q-source" else problems
            p_value = p_value_text(paired_p_value(n_better, n_worse)) if against else ""
            figures = (f"{100 * value:.1f}", interval_text(low, high), f"{tokens:,.0f}", where, p_value)
            table.add_row(question, variant, label_of(metric), *figures)
    return table
