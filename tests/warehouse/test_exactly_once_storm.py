"""Writers, killed again and again, and readers: exactly once, on a SQLite and on a Postgres catalog.

This is the short form; the long one is `python -m tests.benchmarks.exactly_once`. On a SQLite catalog, test_exactly_once kills
a writer at each point and test_concurrency has readers watch; `make test-all` adds the storm.
"""

from pathlib import Path

import pytest

from tests.servers import PASSWORD, S3Server
from tests.warehouse.kills import Aftermath, Storm, looked_at, raged
from warehouse.places.objects import sizes_below
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse
from warehouse.store.maintenance import maintain

SHORT = {"n_kills": 8, "seconds": 0.0, "n_writers": 2, "n_readers": 1, "n_commits_before_death": 2}


def settled(storm: Storm, aftermath: Aftermath) -> None:
    """Nothing is wrong with the lake after the storm, and maintenance leaves no file that the lake does not know."""
    assert aftermath.faults == []
    assert sum(aftermath.kills.values()) >= storm.n_kills
    assert aftermath.n_reads > 0
    with Warehouse.open(storm.home, storm.settings) as lake:
        assert looked_at(lake, storm) == []
        before = lake.query("select * from nodes order by all")
        maintain(lake, older_than_hours=0)
        assert set(sizes_below(lake.location.data_path)) == known_files(lake)
        assert lake.query("select * from nodes order by all").equals(before)


def known_files(lake: Warehouse) -> set[str]:
    tables = lake.query("select table_name from ducklake_table_info('lake')")["table_name"].to_list()
    listed = [lake.query(f"select data_file, delete_file from ducklake_list_files('lake', '{table}')") for table in tables]
    paths = [path for frame in listed for row in frame.rows() for path in row if path is not None]
    return {path.removeprefix(lake.location.data_path) for path in paths}


@pytest.mark.soak
def test_a_storm_over_an_embedded_lake_loses_and_doubles_nothing(home: Path) -> None:
    storm = Storm(home, WarehouseSettings(), {}, **SHORT)
    settled(storm, raged(storm))


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_a_storm_over_a_lake_in_postgres_and_s3_loses_and_doubles_nothing(
    tmp_path: Path, cluster: WarehouseSettings, s3: S3Server
) -> None:
    storm = Storm(tmp_path, cluster, {**s3.environment, "PGPASSWORD": PASSWORD}, **SHORT)
    settled(storm, raged(storm))
