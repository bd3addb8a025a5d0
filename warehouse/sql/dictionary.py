"""The data dictionary: every table, view and column with its meaning, read from the comments in the lake itself."""

from warehouse.sql.catalog import relations
from warehouse.sql.statements import list_queries
from warehouse.store.lake import Warehouse


def described(lake: Warehouse) -> str:
    """Return the data dictionary as Markdown: tables and views with their columns, then the shipped queries."""
    found = relations(lake).values()
    lines = [
        "# Data dictionary",
        "",
        "Written by `stargrove warehouse describe` from the comments in the lake.",
        "",
        "## Tables",
    ]
    for table in (one for one in found if one.kind == "table"):
        lines += ["", f"### {table.name}", "", table.meaning, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| {column.name} | {column.type} | {column.meaning} |" for column in table.columns]
    lines += ["", "## Views"]
    for view in (one for one in found if one.kind == "view"):
        of_view = ", ".join(f"{column.name} {column.type}" for column in view.columns)
        lines += ["", f"### {view.name}", "", view.meaning, "", f"Columns: {of_view}."]
    return "\n".join([*lines, "", "## Shipped queries", "", *_queries()]) + "\n"


def _queries() -> list[str]:
    lines = ["| query | one row per | parameters |", "|---|---|---|"]
    for query in list_queries():
        parameters = "; ".join(
            f"{parameter.name}: {parameter.meaning}" + ("" if parameter.default is None else f" (default {parameter.default})")
            for parameter in query.parameters
        )
        lines.append(f"| {query.name} | {query.one_row_per} | {parameters} |")
    return lines
