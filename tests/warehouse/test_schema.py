from contextlib import closing
from pathlib import Path

import pytest

from warehouse import migrations
from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.settings import WarehouseSettings
from warehouse.staging import RECORDS, schema
from warehouse.statements import Statement, shipped
from warehouse.store import Warehouse


def test_every_table_column_and_view_has_a_comment(lake: Warehouse) -> None:
    tables = lake.query("select table_name from duckdb_tables() where database_name = 'lake' and comment is null")
    columns = lake.query(
        """select table_name || '.' || column_name from duckdb_columns() where database_name = 'lake' and comment is null
        and table_name in (select table_name from duckdb_tables() where database_name = 'lake')"""
    )
    views = lake.query("select view_name from duckdb_views() where database_name = 'lake' and comment is null")
    assert [frame.to_series().to_list() for frame in (tables, columns, views)] == [[], [], []]


def test_every_record_has_its_columns_in_its_table(lake: Warehouse) -> None:
    for table in RECORDS:
        columns = lake.query("select column_name from duckdb_columns() where table_name = $table", table=table)
        assert set(columns.to_series()) == {*schema(table).names, "batch_id", "round"}, table


def test_every_shipped_statement_says_what_its_rows_are() -> None:
    for kind in ("queries", "statements", "views", "gates"):
        for statement in shipped(kind).values():
            assert statement.sql.startswith("-- One row per "), statement.name
            if kind != "views":
                used = {word.strip(",():;") for word in statement.sql.replace("::", " ").split() if word.startswith("$")}
                assert used == {f"${parameter.name}" for parameter in statement.parameters} | used, statement.name


def test_opening_again_changes_nothing(home: Path) -> None:
    with Warehouse.open(home) as lake:
        before = lake.snapshot_id()
    with Warehouse.open(home) as lake:
        assert lake.snapshot_id() == before


def test_a_lake_of_every_earlier_version_is_upgraded_with_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = dict(shipped("migrations"))
    for version in range(1, len(every)):
        home = tmp_path / str(version)
        earlier = dict(list(every.items())[:version])
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "shipped", lambda kind, earlier=earlier: earlier if kind == "migrations" else {})
            with Warehouse.open(home) as lake, lake.transaction("a problem", {}) as cursor:
                cursor.execute("insert into problems values ('p1', 's', 'a', 'test', 1, 'train', 'b', 0)")
        with Warehouse.open(home) as lake:
            assert lake.query("select version from migrations order by version").to_series().to_list() == list(
                range(1, len(every) + 1)
            )
            assert [found.problem_id for found in lake.problems("train")] == ["p1"]
            assert lake.query("select count(*) from v_coverage").item() == 0


def test_a_migration_that_fails_leaves_the_version_before(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Statement("9999_broken", "", (), None, "create table half (a int); select * from no_such_table;")
    every = shipped("migrations") | {"9999_broken": broken}
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "shipped", lambda kind: every if kind == "migrations" else shipped(kind))
        with pytest.raises(Exception, match="no_such_table"):
            Warehouse.open(home)
    with Warehouse.open(home) as lake:
        assert lake.query("select count(*) from duckdb_tables() where table_name = 'half'").item() == 0


def test_a_lake_that_is_still_being_created_asks_the_reader_to_come_back(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    with closing(connect(tmp_path, WarehouseSettings(), read_only=False)):
        pass  # the catalog is there, and no migration was applied yet
    with pytest.raises(WarehouseError, match="the lake is still being created; try again in a moment"):
        Warehouse.open(tmp_path, read_only=True)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_lake_written_by_a_newer_version_is_refused(home: Path, *, read_only: bool) -> None:
    connection = connect(home, WarehouseSettings(), read_only=False)
    connection.execute("insert into migrations values (999, '0999_future', now())")
    connection.close()
    with pytest.raises(WarehouseError, match=r"schema version 999, this Stargrove knows .*; upgrade Stargrove"):
        Warehouse.open(home, read_only=read_only)
