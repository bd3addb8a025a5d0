import json
import re
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from flows.cli import app as cli
from warehouse.errors import WarehouseError
from warehouse.places.location import Location
from warehouse.settings import WarehouseSettings
from warehouse.sql.statements import Statement, shipped
from warehouse.store import migrations
from warehouse.store.connection import connect
from warehouse.store.lake import Warehouse
from warehouse.store.staging import RECORDS, schema
from warehouse.store.upgrade import headlines


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


def test_every_shipped_statement_says_what_its_rows_are_and_which_parameters_it_has() -> None:
    for kind in ("queries", "statements", "views", "gates"):
        for statement in shipped(kind).values():
            assert statement.sql.startswith("-- One row per "), statement.name
            used = set(re.findall(r"\$(\w+)", re.sub(r"--.*", "", statement.sql)))
            assert {parameter.name for parameter in statement.parameters} == used, statement.name


def test_opening_again_changes_nothing(home: Path) -> None:
    with Warehouse.open(home) as lake:
        before = lake.snapshot_id()
    with Warehouse.open(home) as lake:
        assert lake.snapshot_id() == before


FILLERS = {
    "VARCHAR": "'x'",
    "VARCHAR[]": "['x']",
    "INTEGER": "1",
    "BIGINT": "1",
    "DOUBLE": "0.5",
    "BOOLEAN": "true",
    "INTEGER[]": "[0, 1]",
    "DOUBLE[]": "[0.5]",
}
"""A value of each type that columns have, to fill a row of any table of any version."""


def filled(cursor: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Put one row into every table, and return all rows by table."""
    columns = cursor.execute(
        """select table_name, list(data_type order by column_index) from duckdb_columns()
        where database_name = current_database() and table_name not in ('migrations', 'view_sets') group by table_name"""
    ).fetchall()
    for table, types in columns:
        values = ", ".join(FILLERS.get(kind, "timestamptz '2026-01-01 00:00:00+00'") for kind in types)
        cursor.execute(f"insert into {table} values ({values})")
    return {table: cursor.execute(f"from {table}").fetchall() for table, _ in columns}


FIRST, *BETWEEN, LAST = range(1, len(shipped("migrations")))


@pytest.mark.parametrize("version", [FIRST, *(pytest.param(one, marks=pytest.mark.soak) for one in BETWEEN), LAST])
def test_a_lake_of_every_earlier_version_is_upgraded_with_a_row_of_every_table(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = dict(shipped("migrations"))
    earlier = dict(list(every.items())[:version])
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "shipped", lambda kind: earlier if kind == "migrations" else {})
        with Warehouse.open(tmp_path) as lake, lake.transaction("a row of everything", {}) as cursor:
            before = filled(cursor)
    assert len(before) >= 12
    with Warehouse.open(tmp_path) as lake:
        assert lake.query("select version from migrations order by version").to_series().to_list() == list(
            range(1, len(every) + 1)
        )
        for table, rows in before.items():
            (old,), (new,) = rows, lake.query(f"from {table}").rows()
            padding = (None,) * (len(new) - len(old))  # columns that came later
            assert [str(value) for value in new] == [str(value) for value in (*old, *padding)], table
        for view in shipped("views"):
            lake.query(f"from {view}")


def test_a_lake_of_an_earlier_version_says_how_to_upgrade_where_a_query_asks_for_more_than_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    early = dict(list(shipped("migrations").items())[:12])
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "shipped", lambda kind: early if kind == "migrations" else {})
        Warehouse.open(tmp_path).close()
    assert cli.main(["rounds", "--home", str(tmp_path)]) == 2
    assert f"stargrove warehouse migrate --home {tmp_path}" in capsys.readouterr().err
    assert cli.main(["warehouse", "migrate", "--home", str(tmp_path)]) == 0
    assert cli.main(["sql", "--file", "round_comparisons", "--home", str(tmp_path)]) == 0


def test_what_an_upgrade_changes_is_said_and_a_dry_run_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    *earlier, (name, last) = shipped("migrations").items()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "shipped", lambda kind: dict(earlier) if kind == "migrations" else {})
        Warehouse.open(tmp_path).close()
    before = (tmp_path / "lake" / "catalog.sqlite").read_bytes()
    migrate = ["warehouse", "migrate", "--home", str(tmp_path)]

    assert cli.main([*migrate, "--dry-run"]) == 0

    said = capsys.readouterr().out
    assert said.startswith(f"schema version {LAST} -> {LAST + 1}\n  {name}: ")
    assert f"    {headlines(last.sql)[0]}\n" in said
    assert "the views are defined anew" in said
    assert "cannot be undone, and an earlier Stargrove will refuse the lake: take a backup first" in said
    assert (tmp_path / "lake" / "catalog.sqlite").read_bytes() == before

    assert cli.main(migrate) == 0

    assert said.strip() in caplog.text, "said again before it is done, by whatever opens the lake to write"
    assert capsys.readouterr().out == f"upgraded to schema version {LAST + 1}\n"
    assert cli.main(migrate) == 0
    assert capsys.readouterr().out == f"schema version {LAST + 1}: nothing is to be changed\n"


def test_a_new_lake_is_no_upgrade(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Warehouse.open(tmp_path).close()
    assert caplog.text == ""


def test_each_statement_of_a_migration_has_a_line_and_one_that_takes_something_away_is_marked() -> None:
    assert headlines(shipped("migrations")["0012_comparisons"].sql)[:2] == [
        "alter table ablations add column against varchar",
        "alter table ablations add column n_better integer",
    ]
    assert headlines("-- Why.\n\nalter table a drop column b; comment on table a is 'x; y'; create table c (d int);") == [
        "CHANGES WHAT IS THERE: alter table a drop column b",
        "create table c",
        "1 comments on tables and columns",
    ]


def test_no_migration_that_was_released_is_ever_changed() -> None:
    """A lake that has applied it would not notice: what must change is a new migration."""
    recorded = json.loads((Path(__file__).parents[1] / "golden" / "migrations.json").read_text(encoding="utf-8"))
    found = {name: sha256(migration.sql.encode()).hexdigest() for name, migration in shipped("migrations").items()}
    assert found == recorded, "add the new migration's line to tests/golden/migrations.json; never change an old one"


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
    with closing(connect(Location(tmp_path), WarehouseSettings(), read_only=False)):
        pass  # the catalog is there, and no migration was applied yet
    with pytest.raises(WarehouseError, match="the lake is still being created; try again in a moment"):
        Warehouse.open(tmp_path, read_only=True)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_lake_written_by_a_newer_version_is_refused(home: Path, *, read_only: bool) -> None:
    connection = connect(Location(home), WarehouseSettings(), read_only=False)
    connection.execute("insert into migrations values (999, '0999_future', now())")
    connection.close()
    with pytest.raises(WarehouseError, match=r"schema version 999, this Stargrove knows .*; upgrade Stargrove"):
        Warehouse.open(home, read_only=read_only)
