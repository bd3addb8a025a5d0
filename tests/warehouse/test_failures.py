"""A lake that cannot be used says what is wrong, where, and what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.warehouse.trees import batch, node
from warehouse.errors import BadInput, WarehouseError
from warehouse.store.lake import Warehouse

FULL_DISK = """
import resource, sys
from pathlib import Path
from tests.warehouse.trees import batch, node
from warehouse.errors import WarehouseError
from warehouse.store.lake import Warehouse
rows = [node(i, None, f"{i * 7919 % 10007}" * 20, depth=0) for i in range(20_000)]
with Warehouse.open(Path(sys.argv[1])) as lake:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        lake.commit(batch(1, "rollout"), {"nodes": rows})
    except WarehouseError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(lake.query("select count(*) from nodes").item(), lake.commit(batch(1, "rollout"), {"nodes": rows}).n_rows)
"""


def many_nodes() -> list[object]:
    return [node(i, None, "P" * 30, depth=0) for i in range(1000)]


def test_a_missing_lake_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no lake in .*nowhere; create one with: stargrove evolve"):
        Warehouse.open(tmp_path / "nowhere", read_only=True)
    assert not (tmp_path / "nowhere").exists()


def test_a_lake_whose_creation_was_killed_is_created_by_the_next_writer(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "catalog.sqlite").touch()
    with pytest.raises(WarehouseError, match="no lake in"):
        Warehouse.open(tmp_path, read_only=True)
    with Warehouse.open(tmp_path) as lake:
        assert lake.problems("train") == []


def test_a_home_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WarehouseError, match=r"file/lake/data: cannot create the directory.*name a writable --home"):
        Warehouse.open(tmp_path / "file")


def test_a_damaged_catalog_is_named(home: Path) -> None:
    catalog = home / "lake" / "catalog.sqlite"
    catalog.write_bytes(b"this is no database, but it is long enough to be read as one" * 200)
    for extra in ("-wal", "-shm"):
        catalog.with_name(catalog.name + extra).unlink(missing_ok=True)
    with pytest.raises(WarehouseError, match=r"catalog\.sqlite: the catalog is damaged"):
        Warehouse.open(home, read_only=True)


def test_a_damaged_file_is_named_and_the_rest_can_be_read(lake: Warehouse, home: Path) -> None:
    lake.commit(batch(1, "rollout", "000"), {"nodes": many_nodes()})
    lake.commit(batch(2, "rollout", "000"), {"nodes": many_nodes()})
    lake.close()
    damaged = next((home / "lake" / "data").rglob("round=1/*.parquet"))
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    with Warehouse.open(home, read_only=True) as reader:
        with pytest.raises(WarehouseError, match=rf"a Parquet file is damaged.*{damaged.name}.*restore that file"):
            reader.query("select sum(n_visits) from nodes")
        assert reader.query("select count(text) from nodes where round = 2").item() == 1000


def test_a_missing_file_is_named(lake: Warehouse, home: Path) -> None:
    lake.commit(batch(1, "rollout", "000"), {"nodes": many_nodes()})
    gone = next((home / "lake" / "data").rglob("*.parquet"))
    gone.unlink()
    with pytest.raises(WarehouseError, match=rf"a file of the lake is missing.*{gone.name}"):
        lake.query("select sum(n_visits) from nodes")


def test_a_commit_that_the_disk_refuses_loses_nothing_and_can_be_repeated(home: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(home)], capture_output=True, text=True, timeout=200, check=False
    )
    lines = output.stdout.splitlines()
    assert "File too large" in lines[0] or "disk" in lines[0], output
    assert lines[-1] == "0 20000"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_is_named(home: Path) -> None:
    (home / "lake").chmod(0o555)
    with pytest.raises(WarehouseError, match=r"read-only|permission denied"):
        Warehouse.open(home)


def test_wrong_sql_is_the_users_and_says_where(lake: Warehouse) -> None:
    with pytest.raises(BadInput, match="Did you mean"):
        lake.query("select * from node")
    with pytest.raises(BadInput, match="syntax error"):
        lake.query("selec 1")
