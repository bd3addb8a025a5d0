"""A catalog in Postgres: one committer at a time, a fence against dead ones, and words for what goes wrong."""

import asyncio
import os
import socket
import threading
from pathlib import Path

import asyncpg
import pytest

from flows.cli import app as cli
from tests.servers import PostgresServer
from tests.warehouse.kills import rows_of
from tests.warehouse.trees import batch, ingest, round_row, search, small_tree
from warehouse.errors import BadInput, WarehouseError
from warehouse.places.postgres import AdvisoryLock, last_writer
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.parametrize("s3", ["moto"], indirect=True)


def name_of(catalog: str) -> str:
    return catalog.rpartition("/")[2]


def test_a_reader_on_another_machine_needs_the_settings_once(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with Warehouse.open(tmp_path / "one", cluster) as lake:
        lake.commit(batch(1, "rollout", "000"), {"nodes": small_tree("small")})
        lake.commit(batch(1, "rollout", "001"), {"nodes": rows_of(3)})
        assert lake.commit(batch(1, "rollout", "001"), {"nodes": rows_of(3)}).replaced
    for settings in (cluster, WarehouseSettings()):
        with Warehouse.open(tmp_path / "two", settings, read_only=True) as reader:
            assert reader.query("select count(*) from nodes").item() == 7 + 300


def test_a_home_with_a_lake_of_its_own_is_not_pointed_elsewhere(home: Path, cluster: WarehouseSettings) -> None:
    with pytest.raises(BadInput, match="carry it there with: stargrove warehouse move"):
        Warehouse.open(home, cluster)


def test_the_lock_admits_one_writer_and_names_who_has_it(cluster: WarehouseSettings) -> None:
    one, other = AdvisoryLock(cluster.catalog, 5), AdvisoryLock(cluster.catalog, 0.2)
    with one.held(), pytest.raises(WarehouseError, match=rf"{one.application} has been writing to the lake for 0.2 s; wait"):
        other.held().__enter__()
    with other.held():
        pass
    one.close()
    other.close()


def test_who_wrote_last_is_told_with_its_machine_and_process(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with Warehouse.open(tmp_path / "one", cluster) as lake:
        lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
        writer = last_writer(cluster.catalog)
        assert writer is not None
        assert (writer.machine, writer.process_id) == (socket.gethostname()[:20], str(os.getpid()))
        assert not writer.is_writing
        assert lake.lock is not None
        with lake.lock.held():
            held = last_writer(cluster.catalog)
    assert held is not None and held.is_writing


@pytest.mark.usefixtures("s3")
def test_nobody_wrote_where_there_is_no_lake_yet(database: str) -> None:
    assert last_writer(database) is None


def test_a_home_is_looked_at_where_its_lake_is_on_servers(
    tmp_path: Path, cluster: WarehouseSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "one"
    with Warehouse.open(home, cluster) as lake:
        ingest(lake)
        lake.start_round(round_row(1))
        search(lake, 1, small_tree())
        for command in (["rounds"], ["problem", "p1"], ["tree", "t1"], ["sql", "from rounds", "--vertical"]):
            assert cli.main([*command, "--home", str(home)]) == 0, capsys.readouterr().err
        lake.set_round_status(1, "failed")
        assert cli.main(["status", "--home", str(home)]) == 0
    printed = capsys.readouterr().out
    assert "nothing on this machine" in printed
    assert f"process {os.getpid()} on {socket.gethostname()[:20]}" in printed


def test_threads_of_a_process_queue_on_the_lock(cluster: WarehouseSettings) -> None:
    lock = AdvisoryLock(cluster.catalog, 30)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(3):
            with lock.held():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lock.close()
    assert most == [1] * 9


def test_what_a_dead_holder_left_running_is_ended_before_the_next_one_writes(
    postgres: PostgresServer, cluster: WarehouseSettings
) -> None:
    """A kill can leave a session that still commits; the lock alone would not wait for it."""
    lock = AdvisoryLock(cluster.catalog, 5)
    with lock.held():
        pass
    name = name_of(cluster.catalog)
    postgres.ask("update stargrove_writer set holder = 'the dead', released = false", name)

    async def met() -> str:
        ghost = await asyncpg.connect(cluster.catalog, server_settings={"application_name": "the dead"})
        await ghost.execute("begin; create table half_a_commit (n integer)")
        await asyncio.get_running_loop().run_in_executor(None, take)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await ghost.execute("commit")
        return postgres.ask("select count(*) from pg_tables where tablename = 'half_a_commit'", name)

    def take() -> None:
        with lock.held():
            pass

    assert asyncio.run(met()) == "0"
    assert postgres.ask("select released from stargrove_writer", name) == "t"
    lock.close()


def test_postgres_down_in_mid_round_is_said_and_the_same_writer_goes_on_afterwards(
    tmp_path: Path, postgres: PostgresServer, cluster: WarehouseSettings
) -> None:
    with Warehouse.open(tmp_path, cluster) as lake:
        lake.commit(batch(1, "rollout", "000"), {"nodes": rows_of(3)})
        postgres.stop()
        try:
            with pytest.raises(WarehouseError, match=r"Postgres does not answer .*what is committed is kept"):
                lake.commit(batch(1, "rollout", "001"), {"nodes": rows_of(6)})
            with pytest.raises(WarehouseError, match="Postgres does not answer"):
                lake.query("select count(*) from nodes")
            with pytest.raises(WarehouseError, match="Postgres does not answer"):
                Warehouse.open(tmp_path / "other", cluster)
        finally:
            postgres.start()
        assert not lake.is_committed(batch(1, "rollout", "001").batch_id)
        lake.commit(batch(1, "rollout", "001"), {"nodes": rows_of(6)})
        assert lake.query("select count(*), count(distinct batch_id) from nodes").row(0) == (600, 2)


def test_postgres_that_dies_inside_a_transaction_leaves_nothing_half(
    tmp_path: Path, postgres: PostgresServer, cluster: WarehouseSettings
) -> None:
    with Warehouse.open(tmp_path, cluster) as lake:
        with pytest.raises(WarehouseError, match="Postgres does not answer"), lake.transaction("cut off", {}) as cursor:
            cursor.execute("delete from batches")
            postgres.stop()
        postgres.start()
        lake.commit(batch(1, "rollout", "000"), {"nodes": rows_of(3)})
        assert lake.query("select count(*) from nodes").item() == 300


def test_wrong_addresses_and_passwords_are_told_apart(
    tmp_path: Path, postgres: PostgresServer, cluster: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = cluster.model_copy(update={"catalog": postgres.address("nowhere")})
    for read_only in (True, False):
        with pytest.raises(WarehouseError, match="Postgres has no such database"):
            Warehouse.open(tmp_path, absent, read_only=read_only)
    monkeypatch.setenv("PGPASSWORD", "wrong")
    for read_only in (True, False):
        with pytest.raises(WarehouseError, match=r"Postgres refuses who asks .*set PGPASSWORD"):
            Warehouse.open(tmp_path, cluster, read_only=read_only)


def test_a_password_that_is_rotated_is_used_by_a_lake_that_is_open(
    tmp_path: Path, postgres: PostgresServer, cluster: WarehouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = name_of(cluster.catalog)
    role = f"rotating_{name}"
    file = tmp_path / "pgpass"
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("PGPASSFILE", str(file))

    def rotate(password: str) -> None:
        postgres.ask(f"alter role {role} password '{password}'")
        file.write_text(f"127.0.0.1:{postgres.port}:*:{role}:{password}\n")
        file.chmod(0o600)

    postgres.ask(f"create role {role} login superuser")
    rotate("the first")
    settings = cluster.model_copy(update={"catalog": cluster.catalog.replace("//stargrove@", f"//{role}@")})
    with Warehouse.open(tmp_path / "home", settings) as lake:
        lake.commit(batch(1, "rollout", "000"), {"nodes": rows_of(3)})
        rotate("the second")
        lake.commit(batch(1, "rollout", "001"), {"nodes": rows_of(6)})
        # Sessions that are open stay so; after a restart every one of them is new.
        postgres.stop()
        postgres.start()
        lake.commit(batch(1, "rollout", "002"), {"nodes": rows_of(9)})
        assert lake.query("select count(*) from nodes").item() == 900
        with Warehouse.open(tmp_path / "home", settings, read_only=True) as reader:
            assert reader.query("select count(*) from nodes").item() == 900


def test_an_empty_database_is_no_lake_to_read(tmp_path: Path, database: str, bucket: str) -> None:
    with pytest.raises(WarehouseError, match="there is no lake yet"):
        Warehouse.open(tmp_path, WarehouseSettings(catalog=database, data=bucket), read_only=True)


def test_files_in_another_place_than_the_catalog_knows_are_refused(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with pytest.raises(WarehouseError, match="the catalog keeps its files in another place"):
        Warehouse.open(tmp_path, cluster.model_copy(update={"data": f"{cluster.data}-other"}))


def test_a_lake_of_a_newer_version_is_refused(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with Warehouse.open(tmp_path, cluster) as lake, lake.transaction("the future", {}) as cursor:
        cursor.execute("insert into migrations values (9999, 'later', now())")
    with pytest.raises(WarehouseError, match=r"schema version 9999.*upgrade Stargrove"):
        Warehouse.open(tmp_path, cluster)
