"""Back a home up while it is at work: the lake at one snapshot, checkpoints, models, and the history of Prefect.

    1  no snapshot and no file of the lake is removed from here on (`warehouse.places.guard`)
    2  the catalog and Prefect's database are copied, each as it is at one moment
    3  the files that the catalog names, and the checkpoints, are copied: none of them ever changes
    4  the manifest is put in place of the one before, and what it does not name is deleted

Killed before 4, the backup before is as it was; run again, it goes on with what is there already.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from flows.home.prefect_environment import prefect_folder
from models.checkpoints.mirror import mirror_of
from models.checkpoints.store import MANIFEST, CheckpointStore
from warehouse.errors import BadInput, WarehouseError
from warehouse.places.backup import LakeCopy, LakeState, copy_database, copy_lake, draft_directory
from warehouse.places.folders import Folder, folder_at, sha256_of
from warehouse.places.guard import kept
from warehouse.places.location import Location, require_evolution
from warehouse.places.manifest import FOLDERS, NAME, BackedUpFile, Manifest
from warehouse.places.objects import fetched, object_uri
from warehouse.records import CHECKPOINT_KINDS
from warehouse.settings import WarehouseSettings


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds, and how much of it was copied this time."""

    address: str
    manifest: Manifest
    n_files_copied: int
    n_bytes_copied: int

    @property
    def line(self) -> str:
        """One line for people."""
        manifest = self.manifest
        return (
            f"{sum(manifest.n_rows.values()):,} rows of snapshot {manifest.snapshot_id}, {len(manifest.files)} files "
            f"({manifest.n_bytes:,} bytes) in {self.address}; "
            f"{self.n_files_copied} of them ({self.n_bytes_copied:,} bytes) are new"
        )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file to back up. path: in the home; source: where it is; sha256: where that is known; never_changes: under its name."""

    path: str
    source: str
    sha256: str | None = None
    never_changes: bool = True


def run_backup(home: Path, destination: str) -> BackupReport:
    """Return what was backed up to a directory or to s3://BUCKET/PREFIX.

    Raises BadInput where that place holds something else, WarehouseError where a file of the home is missing or damaged.
    """
    settings = WarehouseSettings()
    source = require_evolution(home, settings)
    folder = folder_at(destination)
    _refuse_inside(folder.address, source)
    with kept(source, settings.lock_timeout_seconds), draft_directory(home / "staging" / "backup") as draft:
        lake = copy_lake(source, settings, draft)
        before = _claimed(folder, lake.state.lake_id)
        known = {file.stored: file for file in before.files}
        files, copied = [], []
        for wanted in _wanted(source, lake, draft):
            file, is_new = _carried(wanted, folder, known)
            files.append(file)
            copied += [file.n_bytes] if is_new else []
        manifest = _manifest(lake.state, files)
        folder.write(NAME, manifest.text().encode())
        _prune(folder, manifest)
    return BackupReport(folder.address, manifest, len(copied), sum(copied))


def _manifest(state: LakeState, files: Sequence[BackedUpFile]) -> Manifest:
    return Manifest(
        finished=True,
        lake_id=state.lake_id,
        stargrove=version("stargrove"),
        schema_version=state.schema_version,
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
        snapshot_id=state.snapshot_id,
        n_rows=state.n_rows,
        files=tuple(files),
    ).sealed()


def _refuse_inside(address: str, source: Location) -> None:
    """Raise BadInput for a place inside of what is backed up: it would be lost with it, or be taken for its rubbish."""
    if object_uri(address) is None:
        place, is_inside = str(source.home), Path(address).resolve().is_relative_to(source.home.resolve())
    else:
        place, is_inside = source.data, bool(source.data) and f"{address}/".startswith(f"{source.data}/")
    if is_inside:
        raise BadInput(f"{address} lies inside of {place}, and would be lost with it", hint="name another place")


def _claimed(folder: Folder, lake_id: str) -> Manifest:
    """Return the backup that a folder holds, or the beginning of one. Raises BadInput where it holds anything else."""
    content = folder.read(NAME)
    if content is None:
        if any(not name.startswith(".") for name in folder.sizes()):
            raise BadInput(f"{folder.address} holds other files", hint="name an empty place, or one that does not exist yet")
        claim = Manifest(finished=False, lake_id=lake_id).sealed()
        folder.write(NAME, claim.text().encode())
        return claim
    before = Manifest.parsed(content, f"{folder.address}/{NAME}")
    if before.lake_id != lake_id:
        raise BadInput(f"{folder.address} holds a backup of another lake", hint="name a place of its own for each home")
    return before


def _wanted(source: Location, lake: LakeCopy, draft: Path) -> Iterator[_Wanted]:
    """Yield every file of a backup; the catalog comes last. Raises CheckpointBroken for a checkpoint that is not whole."""
    for path in sorted(lake.files):
        yield _Wanted(f"lake/data/{path}", f"{source.data_path}{path}")
    store = CheckpointStore(source.home / "checkpoints", mirror_of(source.checkpoints))
    published = {found for kind in CHECKPOINT_KINDS for found in store.ids(kind)}
    for checkpoint_id in sorted(published | set(lake.state.checkpoint_ids)):
        checkpoint = store.get(checkpoint_id)
        for name, sha256 in sorted(checkpoint.files.items()):
            yield _Wanted(f"checkpoints/{checkpoint_id}/{name}", str(checkpoint.path / name), sha256)
        manifest = checkpoint.path / MANIFEST
        yield _Wanted(f"checkpoints/{checkpoint_id}/{MANIFEST}", str(manifest), sha256_of(manifest))
    models = source.home / "models"
    for model in sorted(path for path in models.rglob("*") if path.is_file()):
        yield _Wanted(f"models/{model.relative_to(models).as_posix()}", str(model), never_changes=False)
    history = prefect_folder(source.home) / "prefect.db"
    if history.is_file():
        copy_database(history, draft / history.name)
        yield _Wanted(f"prefect/{history.name}", str(draft / history.name), never_changes=False)
    yield _Wanted("lake/catalog.sqlite", str(lake.catalog), never_changes=False)


def _carried(wanted: _Wanted, folder: Folder, known: dict[str, BackedUpFile]) -> tuple[BackedUpFile, bool]:
    """Return a file of the backup, and whether it was copied. What was there with its name and hash is not read again."""
    before = known.get(wanted.path) if wanted.never_changes else None
    sha256 = wanted.sha256 or (before.sha256 if before else None)
    if before is not None and sha256 == before.sha256 and folder.sha256(before.stored) == sha256:
        return before, False
    with fetched(wanted.source) as local:
        found = sha256_of(local)
        if sha256 not in (None, found):
            raise WarehouseError(
                f"{wanted.source} was changed since it was written", hint="restore it from a backup, which was left as it is"
            )
        stored = wanted.path if wanted.never_changes else _with_hash(wanted.path, found)
        file = BackedUpFile(path=wanted.path, stored=stored, n_bytes=local.stat().st_size, sha256=found)
        is_new = folder.sha256(stored) != found
        if is_new:
            folder.put(local, stored, found)
    return file, is_new


def _with_hash(path: str, sha256: str) -> str:
    """Return a path with its hash in its name: a file that changes is put beside the one that the backup before names."""
    parts = PurePosixPath(path)
    return str(parts.with_name(f"{parts.stem}-{sha256[:12]}{parts.suffix}"))


def _prune(folder: Folder, manifest: Manifest) -> None:
    """Delete what the backup does not name: earlier catalogs, files that the lake has forgotten, what a kill left behind."""
    named = {file.stored for file in manifest.files}
    folder.remove(name for name in folder.sizes() if name not in named and name.split("/")[0] in FOLDERS)
