"""Keep the lake small: flush inlined rows, merge small files, forget unpinned snapshots, remove files nobody needs."""

from dataclasses import dataclass
from pathlib import Path

from warehouse.connection import lake_directory
from warehouse.failures import reported
from warehouse.store import Warehouse


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What maintenance did, and the size of the Parquet files before and after."""

    n_bytes_before: int
    n_bytes_after: int
    n_files_before: int
    n_files_after: int
    n_snapshots_expired: int


def maintain(lake: Warehouse, older_than_hours: float) -> MaintenanceReport:
    """Return what was saved. Readers may read meanwhile: what is younger than older_than_hours stays.

    A snapshot that a round or a checkpoint names is pinned, and so are its files.
    """
    directory = lake_directory(lake.home) / "data"
    n_bytes_before, n_files_before = _size(directory)
    with lake.exclusive() as cursor, reported(str(lake.home)):
        cursor.execute("call ducklake_flush_inlined_data('lake')")
        cursor.execute("call ducklake_merge_adjacent_files('lake')")
        expired = _unpinned(cursor.execute(_EXPIRABLE, {"hours": older_than_hours}).fetchall())
        if expired:
            cursor.execute(f"call ducklake_expire_snapshots('lake', versions => {expired})")
        before = cursor.execute("select now() - $hours * interval 1 hour", {"hours": older_than_hours}).fetchone()
        assert before is not None
        cursor.execute("call ducklake_cleanup_old_files('lake', older_than => $before)", {"before": before[0]})
        cursor.execute("call ducklake_delete_orphaned_files('lake', older_than => $before)", {"before": before[0]})
    n_bytes_after, n_files_after = _size(directory)
    return MaintenanceReport(n_bytes_before, n_bytes_after, n_files_before, n_files_after, len(expired))


_EXPIRABLE = """
select snapshot_id
from ducklake_snapshots('lake')
where
    snapshot_time < now() - $hours * interval 1 hour
    and snapshot_id <> (select id from ducklake_current_snapshot('lake'))
    and snapshot_id not in (
        select snapshot_id from rounds where snapshot_id is not null
        union
        select snapshot_id from checkpoints where snapshot_id is not null
        union
        select snapshot_id from training_files
    )
order by snapshot_id
"""


def _unpinned(rows: list[tuple[int]]) -> list[int]:
    return [snapshot_id for (snapshot_id,) in rows]


def _size(directory: Path) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in directory.rglob("*.parquet")]
    return sum(sizes), len(sizes)
