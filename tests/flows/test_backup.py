"""A home that was destroyed comes back from its backup: rows, snapshots, checkpoints, training files, Prefect's history."""

import hashlib
import re
import shlex
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.cli import app as cli
from flows.home import backup
from flows.home.backup import run_backup
from flows.home.restore import run_restore
from models.checkpoints.store import CheckpointStore, Lineage
from tests.warehouse.kills import rows_of
from tests.warehouse.trees import batch, ingest, problem, round_row, search, small_tree, verify
from warehouse.errors import BadInput, WarehouseError
from warehouse.places.folders import LocalFolder
from warehouse.places.location import Location
from warehouse.records import CheckpointRow
from warehouse.rounds.training_files import export_training_file, reproduce
from warehouse.store.lake import Warehouse
from warehouse.store.maintenance import maintain

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "usage.md").read_text(encoding="utf-8")
CHAPTER = PAGE.split("## Backup and upgrade")[1].split("\n## ")[0]
COMMANDS = re.findall(r"^stargrove (.*?)(?:  +#.*)?$", CHAPTER, re.MULTILINE)

_TABLES = "select table_name from duckdb_tables() where database_name = 'lake' order by all"


@dataclass(frozen=True)
class Seen:
    """What a home holds at a snapshot: the rows of every table without addresses, its files and Prefect's rows."""

    tables: dict[str, list[tuple[object, ...]]]
    checkpoints: dict[str, bytes]
    history: list[tuple[object, ...]]


def seen(home: Path, snapshot_id: int | None = None) -> Seen:
    with Warehouse.open(home, read_only=True, snapshot_id=snapshot_id) as lake:
        columns = {name: "* exclude (uri)" if name == "checkpoints" else "*" for (name,) in lake.query(_TABLES).rows()}
        tables = {name: lake.query(f"select {found} from {name} order by all").rows() for name, found in columns.items()}
    root = home / "checkpoints"
    files = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as history:
        return Seen(tables, files, history.execute("select * from flow_run").fetchall())


def published(home: Path, weights: bytes, snapshot_id: int) -> CheckpointRow:
    """Publish a policy of round 1 and return its row."""
    staged = home / "staged"
    staged.mkdir(exist_ok=True)
    (staged / "model.safetensors").write_bytes(weights)
    (staged / "config.json").write_text("{}")
    lineage = Lineage(parent_id=None, round=1, snapshot_id=snapshot_id, fingerprint="f", code_version="0", metrics={})
    found = CheckpointStore(home / "checkpoints").publish("policy", staged, lineage)
    shutil.rmtree(staged)
    return CheckpointRow(found.checkpoint_id, "policy", 1, "base-0", snapshot_id, "f" * 8, found.uri, "candidate")


@pytest.fixture(scope="module")
def grown(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home, to be copied, with a promoted round: rows in files and in the catalog, a pin, a checkpoint, a history."""
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("grown") / "home")
    with Warehouse.open(home) as lake:
        ingest(lake, problem("p1"))
        lake.start_round(round_row(1))
        search(lake, 1, small_tree("t1", "p1"))
        lake.commit(batch(1, "rollout", "large"), {"nodes": rows_of(3)})
        verify(lake, 1, {"t1-4": "verified"})
        lake.run_statement(batch(1, "annotate-sft"), "annotate_sft", round=1)
        trained_on = export_training_file(lake, 1, "export_sft", home / "jobs" / "sft.parquet", round=1)
        policy = published(home, b"weights", trained_on.snapshot_id)
        lake.record_checkpoint(policy)
        lake.promote(1, policy.checkpoint_id, None)
        lake.commit(batch(1, "rollout", "large"), {"nodes": rows_of(6)})
    (home / "prefect").mkdir()
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as history:
        history.execute("pragma journal_mode = wal")
        history.execute("create table flow_run (name)")
        history.execute("insert into flow_run values ('evolve / round 1')")
        history.commit()
    (home / "models" / "mine").mkdir(parents=True)
    (home / "models" / "mine" / "card.json").write_text("{}")
    return home


@pytest.fixture
def home(grown: Path, tmp_path: Path) -> Path:
    return shutil.copytree(grown, tmp_path / "home")


@contextmanager
def a_writer_at_work(home: Path) -> Iterator[None]:
    """Return a context in which a lake is written to all the time: new batches, replaced ones, small and large."""
    enough = threading.Event()
    working = threading.Event()

    def write() -> None:
        with Warehouse.open(home) as lake:
            number = 0
            while not enough.is_set():
                lake.commit(batch(2, "rollout", str(number % 4)), {"nodes": rows_of(number)})
                number += 1
                working.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert working.wait(60)
        yield
    finally:
        enough.set()
        thread.join()


@pytest.fixture(params=["a directory", "S3"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "a directory":
        return str(tmp_path / "backup")
    return str(request.getfixturevalue("bucket"))


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_a_home_that_was_destroyed_comes_back_as_it_was_at_one_snapshot(home: Path, destination: str, s3: object) -> None:
    with a_writer_at_work(home):
        report = run_backup(home, destination)
    snapshot_id = report.manifest.snapshot_id
    then = seen(home, snapshot_id)
    with Warehouse.open(home, read_only=True) as lake:
        (pin,) = lake.query("select snapshot_id from training_files").to_series()
        policy_id = lake.query("select checkpoint_id from checkpoints").item()
    pinned = seen(home, pin)
    shutil.rmtree(home)

    new = home.parent / "new"
    run_restore(destination, new)

    assert seen(new, snapshot_id) == seen(new) == then
    assert seen(new, pin) == pinned
    assert (new / "models" / "mine" / "card.json").read_text() == "{}"
    assert sorted(path.name for path in new.iterdir()) == ["checkpoints", "lake", "models", "prefect"]
    with Warehouse.open(new) as lake:
        assert lake.query("select uri from checkpoints").item() == (new / "checkpoints" / policy_id).as_uri()
        assert reproduce(lake, policy_id, new.parent / "again")[0].n_rows == 1
        lake.commit(batch(2, "rollout", "on"), {"nodes": rows_of(9)})


def test_maintenance_in_the_middle_of_a_backup_takes_nothing_from_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carried, reports = backup._carried, []

    def after_maintenance(*of: object) -> object:
        if not reports:
            with Warehouse.open(home) as lake:
                lake.commit(batch(1, "rollout", "large"), {"nodes": rows_of(9)})
                reports.extend(maintain(lake, older_than_hours=0) for _ in range(2))
        return carried(*of)

    then = seen(home)
    monkeypatch.setattr(backup, "_carried", after_maintenance)
    run_backup(home, str(home.parent / "backup"))
    assert [report.n_snapshots_expired for report in reports] == [None, None]
    assert "a backup runs, so every snapshot stays" in reports[0].line
    run_restore(str(home.parent / "backup"), home.parent / "new")
    assert seen(home.parent / "new") == then
    with Warehouse.open(home) as lake:
        assert (maintain(lake, older_than_hours=0).n_snapshots_expired or 0) > 5


def test_a_second_backup_copies_what_is_new_and_forgets_what_is_gone(home: Path) -> None:
    place = str(home.parent / "backup")
    first = run_backup(home, place)
    again = run_backup(home, place)
    assert (first.n_files_copied, again.n_files_copied) == (len(first.manifest.files), 0)
    assert again.manifest.files == first.manifest.files
    with Warehouse.open(home) as lake:
        lake.commit(batch(1, "rollout", "more"), {"nodes": rows_of(9)})
        maintain(lake, older_than_hours=0)
    third = run_backup(home, place)
    old, new = ({file.stored for file in report.manifest.files} for report in (first, third))
    assert third.n_files_copied == len(new - old)
    assert {name.split("/")[0] for name in new - old} == {"lake"}
    assert old - new
    assert set(LocalFolder(Path(place)).sizes()) == new | {"backup.json"}


def interrupted_after(n_files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a backup end in the middle, like a kill: what it has put in its place stays."""
    put, done = LocalFolder.put, []

    def until(folder: LocalFolder, local: Path, name: str, sha256: str) -> None:
        if len(done) == n_files:
            raise KeyboardInterrupt
        put(folder, local, name, sha256)
        done.append(name)

    monkeypatch.setattr(LocalFolder, "put", until)


def test_a_torn_backup_is_refused_and_goes_on_when_it_is_run_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, new = str(home.parent / "backup"), home.parent / "new"
    with monkeypatch.context() as patch:
        interrupted_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            run_backup(home, place)
    with pytest.raises(BadInput, match=r"never came to its end; run the same stargrove backup again"):
        run_restore(place, new)
    assert not new.exists()
    half, draft = Path(place, "lake", ".a-kill-left-this.part"), home / "staging" / "backup" / "lake"
    half.touch()
    draft.mkdir(parents=True)
    report = run_backup(home, place)
    assert report.n_files_copied == len(report.manifest.files) - 3
    assert not half.exists()
    assert not draft.exists()
    run_restore(place, new)
    assert seen(new) == seen(home)


def test_a_later_backup_that_is_cut_off_leaves_the_one_before(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(home.parent / "backup")
    run_backup(home, place)
    then = seen(home)
    with Warehouse.open(home) as lake:
        lake.commit(batch(1, "rollout", "more"), {"nodes": rows_of(9)})
    with monkeypatch.context() as patch:
        interrupted_after(1, patch)
        with pytest.raises(KeyboardInterrupt):
            run_backup(home, place)
    run_restore(place, home.parent / "new")
    assert seen(home.parent / "new") == then


def test_a_restore_that_is_cut_off_leaves_no_home_and_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, new = str(home.parent / "backup"), home.parent / "new"
    run_backup(home, place)
    fetched: list[str] = []
    get = LocalFolder.get

    def until(folder: LocalFolder, name: str, local: Path) -> None:
        fetched.append(name)
        if len(fetched) == 3:
            local.write_bytes(b"half")
            raise KeyboardInterrupt
        get(folder, name, local)

    monkeypatch.setattr(LocalFolder, "get", until)
    with pytest.raises(KeyboardInterrupt):
        run_restore(place, new)
    assert not new.exists()
    run_restore(place, new)
    assert [name for name in fetched if fetched.count(name) > 1] == [fetched[2]] * 2
    assert seen(new) == seen(home)


@pytest.fixture(scope="module")
def backed_up(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("backed-up") / "backup"
    run_backup(grown, str(place))
    return place


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_of_a_backup_is_refused_and_no_home_appears(
    data: st.DataObject, backed_up: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = data.draw(st.sampled_from(sorted(found for found in backed_up.rglob("*") if found.is_file())))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] ^= data.draw(st.sampled_from([1 << bit for bit in range(8)]))
    new = tmp_path_factory.mktemp("restored") / "new"
    path.write_bytes(bytes(damaged))
    try:
        with pytest.raises(BadInput, match=r"was changed since|cannot be read"):
            run_restore(str(backed_up), new)
    finally:
        path.write_bytes(whole)
    assert not new.exists()


def test_a_file_that_is_gone_or_short_is_refused_before_anything_is_written(backed_up: Path, tmp_path: Path) -> None:
    place = shutil.copytree(backed_up, tmp_path / "backup")
    weights = next(place.rglob("model.safetensors"))
    for damage in (lambda: weights.write_bytes(b"short"), weights.unlink):
        damage()
        with pytest.raises(BadInput, match=r"model.safetensors is missing or has another size \(1 files are so\)"):
            run_restore(str(place), tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup"]


def one_line(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the line that a command is refused with."""
    assert cli.main(arguments) == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    return printed


def test_what_is_not_empty_is_refused_in_one_line(
    home: Path, backed_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    taken = str(tmp_path / "taken")
    assert "taken is not empty; name a --home" in one_line(capsys, "restore", str(backed_up), "--home", taken)
    assert "taken holds other files" in one_line(capsys, "backup", taken, "--home", str(home))
    assert "lies inside of" in one_line(capsys, "backup", str(home / "copy"), "--home", str(home))
    assert "holds no backup" in one_line(capsys, "restore", taken, "--home", str(tmp_path / "new"))
    assert (tmp_path / "taken" / "file").exists()


def test_a_place_with_the_backup_of_another_lake_is_refused(backed_up: Path, tmp_path: Path) -> None:
    Warehouse.open(tmp_path / "other").close()
    with closing(sqlite3.connect(tmp_path / "other" / "lake" / "catalog.sqlite")) as catalog:
        # New lakes of these tests are copies of one; others have an identity of their own.
        catalog.execute("update ducklake_schema set schema_uuid = 'c0ffee00-0000-4000-8000-000000000000'")
        catalog.commit()
    with pytest.raises(BadInput, match="holds a backup of another lake"):
        run_backup(tmp_path / "other", str(backed_up))


def test_a_home_that_lacks_what_its_rows_name_is_not_backed_up(home: Path) -> None:
    place = home.parent / "backup"
    parquet = next(path for path in (home / "lake" / "data").rglob("*.parquet"))
    parquet.rename(home / "aside")
    with pytest.raises(WarehouseError, match=r"1 files are missing or damaged, .*restore them from a backup"):
        run_backup(home, str(place))
    (home / "aside").rename(parquet)
    (weights,) = (home / "checkpoints").glob("*/model.safetensors")
    weights.write_bytes(b"changed")
    with pytest.raises(WarehouseError, match=r"model.safetensors was changed since it was written"):
        run_backup(home, str(place))
    shutil.rmtree(weights.parent)
    with pytest.raises(BadInput, match="no checkpoint directory"):
        run_backup(home, str(place))


def test_a_restored_catalog_says_where_its_files_are(backed_up: Path, tmp_path: Path) -> None:
    run_restore(str(backed_up), tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "lake" / "catalog.sqlite")) as catalog:
        (path,) = catalog.execute("select value from ducklake_metadata where key = 'data_path'").fetchone()
    assert path == Location(tmp_path / "new").data_path


def test_every_file_of_a_backup_has_the_hash_that_its_manifest_says(backed_up: Path) -> None:
    from warehouse.places.manifest import NAME, Manifest

    manifest = Manifest.parsed((backed_up / NAME).read_bytes(), "here")
    for file in manifest.files:
        content = (backed_up / file.stored).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.n_bytes, file.sha256)


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_the_documented_commands_do_what_they_say(
    home: Path, bucket: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home.parent)
    monkeypatch.setenv("STARGROVE_HOME", str(home))
    assert [command.split()[0] for command in COMMANDS] == ["backup", "backup", "restore", "warehouse"]
    for command in COMMANDS:
        assert cli.main(shlex.split(command.replace("s3://backups", bucket))) == 0, capsys.readouterr().err
    printed = capsys.readouterr().out
    assert "get it back with: stargrove restore" in printed
    assert "are in .restored again" in printed
    assert printed.endswith("nothing is to be changed\n")
    assert seen(home.parent / ".restored") == seen(home)
