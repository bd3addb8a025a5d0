"""The tables of the paper, each row beside what the home measured of the same kind."""

from collections.abc import Iterator

from flows.display.tables.comparison import share_interval_text
from flows.report.document import NOT_MEASURED, Grid
from flows.report.home import Figure, Home, completed
from flows.report.paper import PaperRow, PaperTable


def compared_table(table: PaperTable, home: Home) -> Grid:
    """Return a table of the paper with a column for the home: what it measured, on which problems, or that it did not."""
    rows = [
        (row.name, *(_published(value, table) for value in row.values), "; ".join(measured(table, row, home)) or NOT_MEASURED)
        for row in table.rows
    ]
    return Grid(("", *table.columns, "this home"), tuple(rows))


def measured(table: PaperTable, row: PaperRow, home: Home) -> Iterator[str]:
    """Yield what the home measured of a row: on the paper's benchmarks with the difference in points, then on its own problems."""
    for column, published in zip(table.columns, row.values, strict=True):
        if (figure := counterpart(table, row, column, home)) is not None:
            yield f"{column} {_figure_text(figure)}, {100 * figure.value - published:+.1f}"
    if home.test_problems not in table.columns and (figure := counterpart(table, row, home.test_problems, home)) is not None:
        yield f"its {home.test_problems} {_figure_text(figure)}"


def counterpart(table: PaperTable, row: PaperRow, problems: str, home: Home) -> Figure | None:
    """Return the home's figure of the same kind on some problems, or None where it has none."""
    number = table.round if row.round is None else row.round
    if row.base and row.base != home.base:
        return None
    if table.coverage:
        return home.coverage.get(number or 0) if problems == "all" else None
    metric = row.metric or table.metric
    if row.variant:
        question = table.question, row.variant, problems
        return completed({key[3]: figure for key, figure in home.ablations.items() if key[:3] == question}, metric)
    return home.figure(home.of_round(number), problems, metric) if metric and number is not None else None


def _figure_text(figure: Figure) -> str:
    """Return a share in percent with its interval and the number of problems that it is a mean over."""
    return f"{100 * figure.value:.1f} ({share_interval_text(figure.value, figure.n_problems)}, n = {figure.n_problems:,})"


def _published(value: float, table: PaperTable) -> str:
    return f"{value:,.0f}" if table.unit == "tokens" else f"{value:g}"
