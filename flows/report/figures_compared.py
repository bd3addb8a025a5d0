"""The tables of the paper, each row beside what the home measured of the same kind."""

from flows.display.tables.comparison import share_interval_text
from flows.report.document import NOT_MEASURED, Grid
from flows.report.home import TEST_SPLIT, Figure, Home
from flows.report.paper import PaperRow, PaperTable

HOW_TO_READ = (
    "A home's figure has its 95 % interval, and how many problems it is a mean over. On a benchmark of the paper the "
    "difference in points follows; on the home's own problems nothing can be subtracted."
)


def compared_table(table: PaperTable, home: Home) -> Grid:
    """Return a table of the paper with a column for the home: what it measured, on which problems, or that it did not."""
    return Grid(("", *table.columns, "this home"), tuple(_row(table, row, home) for row in table.rows))


def on_its_benchmarks(table: PaperTable, row: PaperRow, home: Home) -> list[str]:
    """Return what the home measured of a row on the paper's own benchmarks, with the difference in points."""
    found = [
        (column, published, counterpart(table, row, column, home))
        for column, published in zip(table.columns, row.values, strict=True)
        if not table.coverage
    ]
    return [
        f"{column} {_figure_text(figure)}: {100 * figure.value - published:+.1f}"
        for column, published, figure in found
        if figure is not None
    ]


def on_own_problems(table: PaperTable, row: PaperRow, home: Home) -> list[str]:
    """Return what the home measured of a row on problems of its own: its test split, or for coverage its training problems."""
    if home.test_benchmark in table.columns:
        return []
    figure = counterpart(table, row, TEST_SPLIT, home)
    problems = "training problems" if table.coverage else home.test_problems
    return [] if figure is None else [f"{problems} {_figure_text(figure)}"]


def counterpart(table: PaperTable, row: PaperRow, problems: str, home: Home) -> Figure | None:
    """Return the home's figure of the same kind on some problems, or None where it has none."""
    number = table.round if row.round is None else row.round
    if row.base and row.base != home.base:
        return None
    if table.coverage:
        return home.coverage.get(number or 0)
    metric = row.metric or table.metric
    if row.variant:
        return home.ablation(table.question, row.variant, problems, metric)
    return home.figure(home.of_round(number), problems, metric) if metric and number is not None else None


def _row(table: PaperTable, row: PaperRow, home: Home) -> tuple[str, ...]:
    ours = [*on_its_benchmarks(table, row, home), *on_own_problems(table, row, home)]
    return (row.name, *(_published(value, table) for value in row.values), "; ".join(ours) or NOT_MEASURED)


def _figure_text(figure: Figure) -> str:
    """Return a share in percent with its interval and the number of problems that it is a mean over."""
    return f"{100 * figure.value:.1f} ({share_interval_text(figure.value, figure.n_problems)}, n = {figure.n_problems:,})"


def _published(value: float, table: PaperTable) -> str:
    """Return a figure with as many digits as it has, and one at least."""
    if table.unit == "tokens":
        return f"{value:,.0f}"
    return f"{value:.1f}" if round(value, 1) == value else f"{value:g}"
