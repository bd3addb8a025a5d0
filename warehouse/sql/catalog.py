"""What can be asked: the tables and views of a lake, with the comments that stand in the lake itself."""

from dataclasses import dataclass
from typing import Final, Literal

from warehouse.store.lake import Warehouse

MACHINERY: Final = ("migrations", "view_sets")
"""Tables by which the lake knows its own version; nobody asks them, so that lists leave them out."""

_RELATIONS: Final = """
select table_name as name, 'table' as kind, comment from duckdb_tables() where database_name = current_database()
union all
select view_name, 'view', comment from duckdb_views() where database_name = current_database()
order by kind, name
"""
_COLUMNS: Final = """
select table_name as name, column_name, lower(data_type) as data_type, comment
from duckdb_columns()
where database_name = current_database() and schema_name = current_schema()
order by table_name, column_index
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its type; meaning: None for a column of a view."""

    name: str
    type: str
    meaning: str | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view. meaning: what a row is."""

    name: str
    kind: Literal["table", "view"]
    meaning: str
    columns: tuple[Column, ...]


def relations(lake: Warehouse) -> dict[str, Relation]:
    """Return every table and then every view by its name, the machinery's among them."""
    columns: dict[str, list[Column]] = {}
    for name, *column in lake.query(_COLUMNS).iter_rows():
        columns.setdefault(name, []).append(Column(*column))
    return {
        name: Relation(name, kind, meaning, tuple(columns[name])) for name, kind, meaning in lake.query(_RELATIONS).iter_rows()
    }
