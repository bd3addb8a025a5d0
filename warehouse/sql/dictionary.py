"""The data dictionary: every table, view and column with its meaning, read from the comments in the lake itself."""

from warehouse.sql.statements import list_queries
from warehouse.store.lake import Warehouse

_COLUMNS = """
select table_name as name, column_name, lower(data_type) as data_type, comment
from duckdb_columns()
where database_name = current_database() and schema_name = current_schema()
order by table_name, column_index
"""
_TABLES = "select table_name as name, comment from duckdb_tables() where database_name = current_database() order by all"
_VIEWS = "select view_name as name, comment from duckdb_views() where database_name = current_database() order by all"


def described(lake: Warehouse) -> str:
    """Return the data dictionary as Markdown: tables and views with their columns, then the shipped queries."""
    columns: dict[str, list[tuple[str, str, str | None]]] = {}
    for name, column, data_type, comment in lake.query(_COLUMNS).iter_rows():
        columns.setdefault(name, []).append((column, data_type, comment))
    lines = [
        "# Data dictionary",
        "",
        "Written by `stargrove warehouse describe` from the comments in the lake.",
        "",
        "## Tables",
    ]
    for name, comment in lake.query(_TABLES).iter_rows():
        lines += ["", f"### {name}", "", comment, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| {column} | {data_type} | {meaning} |" for column, data_type, meaning in columns[name]]
    lines += ["", "## Views"]
    for name, comment in lake.query(_VIEWS).iter_rows():
        of_view = ", ".join(f"{column} {data_type}" for column, data_type, _ in columns[name])
        lines += ["", f"### {name}", "", comment, "", f"Columns: {of_view}."]
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
