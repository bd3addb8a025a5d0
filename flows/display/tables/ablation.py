"""The table of `stargrove ablate`: what each choice of the recipe is worth."""

from rich.table import Table

from flows.display.tables.evaluation import label_of
from warehouse.store.lake import Warehouse

HEADLINES = {
    "sft-data": ("greedy_pass_1", "random_of_", "maj_"),
    "ppm-loss": ("best_of_", "weighted_maj_", "mcts_best"),
    "q-source": ("coverage", "correct_rollouts"),
}
"""Beginnings of the metrics that the table shows, question by question; the rows hold all."""


def ablation_table(lake: Warehouse, batch_id: str) -> Table:
    """Return the headline metrics of every variant, in percent with 95 % intervals."""
    rows = lake.query(
        """select question, variant, metric, value, low, high, n_problems, problems, tokens_per_problem
        from ablations where batch_id = $batch_id""",
        batch_id=batch_id,
    ).rows()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("question", "variant", "metric"):
        table.add_column(heading)
    for heading in ("%", "95 % interval", "tokens/problem", "problems"):
        table.add_column(heading, justify="right")
    for question, variant, metric, value, low, high, n_problems, problems, tokens in rows:
        if metric.startswith(HEADLINES[question]):
            interval = f"{100 * low:.1f} to {100 * high:.1f}"
            where = f"{n_problems} of {problems}" if question != "q-source" else problems
            table.add_row(question, variant, label_of(metric), f"{100 * value:.1f}", interval, f"{tokens:,.0f}", where)
    return table
