import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.trees import batch, small_tree
from warehouse.errors import WarehouseError
from warehouse.settings import WarehouseSettings
from warehouse.store.failures import is_busy
from warehouse.store.lake import Warehouse
from warehouse.store.writer_lock import WriterLock

READER = """
import sys
from pathlib import Path
from warehouse.store.failures import is_busy
from warehouse.store.lake import Warehouse
for _ in range(2):
    with Warehouse.open(Path(sys.argv[1]), read_only=True) as lake:
        for _ in range(5):
            sizes = lake.query("select count(*) as n from nodes group by batch_id")["n"].to_list()
            assert all(size == 7 for size in sizes), sizes
print("ok", len(sizes))
"""


def test_threads_of_a_process_commit_and_read_at_once(lake: Warehouse) -> None:
    def write(number: int) -> None:
        lake.commit(batch(1, "rollout", f"{number:03}"), {"nodes": small_tree(f"t{number}")})
        assert len(lake.nodes(f"t{number}")) == 7

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(18)))
    assert lake.query("select count(*), count(distinct tree_id) from nodes").row(0) == (18 * 7, 18)


def test_readers_in_other_processes_see_whole_batches_while_one_writes(lake: Warehouse, home: Path) -> None:
    readers = [subprocess.Popen([sys.executable, "-c", READER, str(home)], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    number = 0
    while any(reader.poll() is None for reader in readers):
        lake.commit(batch(1, "rollout", f"{number:04}"), {"nodes": small_tree(f"t{number}")})
        number += 1
        time.sleep(0.05)
    assert [reader.communicate()[0].split()[0] for reader in readers] == ["ok", "ok"]
    assert number > 2


def test_a_writer_that_waits_too_long_names_who_holds_the_lake(home: Path) -> None:
    lock = WriterLock(home / "lake" / "writer.lock", timeout_seconds=5)
    impatient = WarehouseSettings(lock_timeout_seconds=0.1)
    with Warehouse.open(home, impatient) as lake:
        with lock.held(), pytest.raises(WarehouseError, match=r"process \d+ has been writing to the lake for 0.1 s; wait"):
            lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
        lake.commit(batch(1, "rollout"), {"nodes": small_tree()})


def test_the_lock_is_for_one_thread_at_a_time(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "writer.lock", timeout_seconds=5)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with lock.held():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1


NOT_YET = ("no lake in", "there is no lake yet", "the lake is still being created")


@pytest.mark.parametrize("n_lakes", [1, pytest.param(15, marks=pytest.mark.soak)])
def test_who_looks_at_a_lake_that_is_being_created_sees_none_or_all_of_it(tmp_path: Path, n_lakes: int) -> None:
    for home in (tmp_path / str(number) for number in range(n_lakes)):
        creator = threading.Thread(target=lambda home=home: Warehouse.open(home).close())
        creator.start()
        while creator.is_alive():
            try:
                Warehouse.open(home, read_only=True).close()
            except WarehouseError as error:
                assert any(what in str(error) for what in NOT_YET)  # it may as well not be raised
        creator.join()
        Warehouse.open(home, read_only=True).close()


def test_a_reader_between_a_row_about_a_table_and_that_table_tries_again() -> None:
    assert is_busy(duckdb.CatalogException("Catalog Error: Table with name ducklake_inlined_data_4_1 does not exist!"))
    assert not is_busy(duckdb.CatalogException("Catalog Error: Table with name nodse does not exist!"))
