"""What `stargrove warehouse move` does: carry a lake, and the checkpoints that its rows name, from one place to another."""

from pathlib import Path

from models.checkpoints.mirror import mirror_of
from models.checkpoints.store import CheckpointStore
from warehouse.places.location import Location, located
from warehouse.places.move import MoveReport, move
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

KINDS = ("base", "bootstrap", "policy", "ppm")


def run_move(home: Path, catalog: str | None, data: str | None, settings: WarehouseSettings | None = None) -> MoveReport:
    """Return what was carried. None leaves the catalog or the files where they are; "" brings them home.

    Checkpoints go first: a lake never names one that its new place lacks.
    """
    settings = settings or WarehouseSettings()
    source = located(home, settings)
    destination = Location(home, source.catalog if catalog is None else catalog, source.data if data is None else data)
    addresses = _carry_checkpoints(source, destination)
    report = move(home, settings, destination.catalog, destination.data)
    with Warehouse.open(home) as lake, lake.transaction("the lake was moved", {"from": source.described}) as cursor:
        for checkpoint_id, uri in addresses.items():
            cursor.execute("update checkpoints set uri = ? where checkpoint_id = ?", [uri, checkpoint_id])
    return report


def _carry_checkpoints(source: Location, destination: Location) -> dict[str, str]:
    """Return the new address of each checkpoint, after copying it there through the home."""
    root = source.home / "checkpoints"
    before = CheckpointStore(root, mirror_of(source.checkpoints))
    after = CheckpointStore(root, mirror_of(destination.checkpoints))
    addresses = {}
    for checkpoint_id in [found for kind in KINDS for found in before.ids(kind)]:
        checkpoint = before.get(checkpoint_id)
        if after.mirror is not None:
            after.mirror.push(checkpoint.path)
        addresses[checkpoint_id] = after.uri(checkpoint)
    return addresses
