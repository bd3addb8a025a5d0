"""Bring a lake to the schema of this version: numbered files, each applied in one transaction with its record."""

from hashlib import sha256
from typing import Any, Final

import duckdb

from warehouse.errors import WarehouseError
from warehouse.sql.statements import Statement, shipped

_RECORD: Final = """
create table if not exists migrations (version integer not null, name varchar not null, applied_at timestamptz not null);
comment on table migrations is 'One row per migration of the schema that was applied.';
comment on column migrations.version is 'Number of the migration.';
comment on column migrations.name is 'File it came from.';
comment on column migrations.applied_at is 'When it was applied.';
create table if not exists view_sets (sha256 varchar not null, applied_at timestamptz not null);
comment on table view_sets is 'One row: which definition of the views the lake holds.';
comment on column view_sets.sha256 is 'Hash of the text of all views.';
comment on column view_sets.applied_at is 'When the views were defined.';
"""


def latest_version() -> int:
    """Return the schema version that this code writes."""
    return max(_version(migration) for migration in shipped("migrations").values())


def lake_version(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the schema version of the lake, 0 where nothing was applied yet."""
    rows = _rows(connection, "select coalesce(max(version), 0) from migrations")
    return int(rows[0][0]) if rows else 0


def refuse_newer(connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Raise WarehouseError when a later version of Stargrove wrote the lake: its rows may mean something else."""
    version = lake_version(connection)
    if version > latest_version():
        raise WarehouseError(
            f"{where}: the lake has schema version {version}, this Stargrove knows {latest_version()}",
            hint="upgrade Stargrove, or name another --home",
        )


def refuse_unfinished(connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Raise WarehouseError when the lake has no tables or no views yet: whoever creates it is not done."""
    if lake_version(connection) == 0 or not _rows(connection, "from view_sets"):
        raise WarehouseError(
            f"{where}: the lake is still being created",
            hint="try again in a moment; if nothing runs there any more, run stargrove evolve, which finishes it",
        )


def is_current(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether nothing is to be applied."""
    return not pending(connection) and views_are_current(connection)


def pending(connection: duckdb.DuckDBPyConnection) -> tuple[Statement, ...]:
    """Return the migrations that are still to be applied, in their order."""
    done = lake_version(connection)
    return tuple(migration for migration in shipped("migrations").values() if _version(migration) > done)


def views_are_current(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the views of the lake are those of this version."""
    return _rows(connection, "select sha256 from view_sets") == [(_views_sha256(),)]


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply what is missing: each migration in its own transaction, then the views in one. The caller holds the writer lock."""
    for migration in pending(connection):
        _apply(connection, migration)
    connection.execute("begin")
    for view in _in_order(shipped("views")):
        connection.execute(f"create or replace view {view.name} as\n{view.sql}")
        connection.execute(f"comment on view {view.name} is '{_one_row_per(view)}'")
    connection.execute("delete from view_sets")
    connection.execute("insert into view_sets values (?, now())", [_views_sha256()])
    connection.execute("commit")


def _apply(connection: duckdb.DuckDBPyConnection, migration: Statement) -> None:
    connection.execute("begin")
    connection.execute(_RECORD)
    connection.execute(migration.sql)
    connection.execute("insert into migrations values (?, ?, now())", [_version(migration), migration.name])
    connection.execute("commit")


def _in_order(views: dict[str, Statement]) -> list[Statement]:
    """Return the views so that each follows those it reads."""
    ordered: list[Statement] = []
    waiting = list(views.values())
    while waiting:
        ready = [view for view in waiting if not any(other.name in view.sql for other in waiting if other is not view)]
        if not ready:
            raise ValueError(f"views read each other: {', '.join(view.name for view in waiting)}")
        ordered += ready
        waiting = [view for view in waiting if view not in ready]
    return ordered


def _one_row_per(view: Statement) -> str:
    return f"One row per {view.one_row_per}".replace("'", "''")


def _version(migration: Statement) -> int:
    return int(migration.name.split("_", 1)[0])


def _views_sha256() -> str:
    return sha256("\n".join(view.sql for view in shipped("views").values()).encode()).hexdigest()


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]] | None:
    """Return the rows of a query, None where its table is not there. (Asking for the list of tables takes 20 times as long.)"""
    try:
        return connection.execute(sql).fetchall()
    except duckdb.CatalogException:
        return None
