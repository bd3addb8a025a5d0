"""Restore a home from a backup. It is built beside its place and appears there by one rename: whole, or not at all."""

from pathlib import Path

from warehouse.errors import BadInput, WarehouseError
from warehouse.places.backup import lake_state, settle
from warehouse.places.folders import Folder, folder_at, sha256_of
from warehouse.places.location import Location
from warehouse.places.manifest import NAME, BackedUpFile, Manifest
from warehouse.settings import WarehouseSettings
from warehouse.store.migrations import latest_version


def run_restore(origin: str, home: Path) -> Manifest:
    """Return what was restored. A restore that was killed is called again, and goes on.

    Raises BadInput where there is no whole backup, where a file of it is missing or changed, or where the home is not empty.
    """
    folder = folder_at(origin)
    manifest = _whole(folder)
    home = home.absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise BadInput(f"{home} is not empty", hint="name a --home that does not exist yet")
    draft = home.with_name(f".{home.name}.restoring")
    _clear(draft, manifest)
    for file in manifest.files:
        _fetch(folder, file, draft / file.path)
    settings = WarehouseSettings()
    state = lake_state(Location(draft), settings)
    if (state.snapshot_id, state.n_rows) != (manifest.snapshot_id, manifest.n_rows):
        raise WarehouseError(
            f"{folder.address}: the restored lake has other rows than were backed up", hint="report this as a defect"
        )
    settle(draft, home, state.checkpoint_ids, settings)
    draft.replace(home)
    return manifest


def _whole(folder: Folder) -> Manifest:
    """Return what a folder holds. Raises BadInput unless that is a whole backup, as far as names and sizes tell."""
    content = folder.read(NAME)
    if content is None:
        raise BadInput(f"{folder.address} holds no backup", hint="name what was given to: stargrove backup")
    manifest = Manifest.parsed(content, f"{folder.address}/{NAME}")
    if not manifest.finished:
        raise BadInput(f"the backup in {folder.address} never came to its end", hint="run the same stargrove backup again")
    if manifest.schema_version > latest_version():
        raise BadInput(
            f"{folder.address} has schema version {manifest.schema_version}, this Stargrove knows {latest_version()}",
            hint="upgrade Stargrove",
        )
    sizes = folder.sizes()
    broken = [file for file in manifest.files if sizes.get(file.stored) != file.n_bytes]
    if broken:
        raise BadInput(
            f"{folder.address}/{broken[0].stored} is missing or has another size ({len(broken)} files are so)",
            hint="run stargrove backup again while the home is there, or take another backup",
        )
    return manifest


def _clear(draft: Path, manifest: Manifest) -> None:
    """Remove from a draft what is not of the backup: what another restore left there, or this one as it was cut off."""
    wanted = {draft / file.path for file in manifest.files}
    for path in [path for path in draft.rglob("*") if path.is_file() and path not in wanted]:
        path.unlink()


def _fetch(folder: Folder, file: BackedUpFile, place: Path) -> None:
    """Copy a file into a draft, unless it is there already. Raises BadInput where it is not the one that was backed up."""
    if place.is_file() and place.stat().st_size == file.n_bytes and sha256_of(place) == file.sha256:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    folder.get(file.stored, place)
    if sha256_of(place) != file.sha256:
        raise BadInput(
            f"{folder.address}/{file.stored} was changed since it was backed up",
            hint="run stargrove backup again while the home is there, or take another backup",
        )
