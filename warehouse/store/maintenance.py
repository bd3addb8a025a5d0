"""Keep the lake small: move rows out of the catalog, merge small files, forget unpinned snapshots, remove what nobody needs.

Each step takes the committer's lock for itself, so that a round which writes meanwhile waits for one step at most. Readers
keep their files and rows: what was current within older_than_hours stays. While a backup runs, no snapshot is forgotten and no
file removed.
"""

from dataclasses import dataclass
from typing import Final

from warehouse.places.guard import guarded
from warehouse.places.objects import sizes_below
from warehouse.store.failures import reported
from warehouse.store.inlined import flush, forget_unseen
from warehouse.store.lake import Warehouse

_EXPIRABLE: Final = """
-- What counts is when a snapshot was followed by the next: until then readers began with it, however old it was.
with snapshots as (
    select snapshot_id, lead(snapshot_time) over (order by snapshot_id) as followed_at
    from ducklake_snapshots('lake')
)
select snapshot_id
from snapshots
where
    followed_at < now() - $hours * interval 1 hour
    and snapshot_id not in (
        select snapshot_id from rounds where snapshot_id is not null
        union
        select snapshot_id from checkpoints where snapshot_id is not null
        union
        select snapshot_id from training_files
    )
order by snapshot_id
"""


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What maintenance did, and the size of the Parquet files before and after. n_snapshots_expired: None beside a backup."""

    n_bytes_before: int
    n_bytes_after: int
    n_files_before: int
    n_files_after: int
    n_snapshots_expired: int | None
    n_rows_flushed: int

    @property
    def line(self) -> str:
        """One line for people."""
        beside_backup = self.n_snapshots_expired is None
        expired = (
            "a backup runs, so every snapshot stays" if beside_backup else f"{self.n_snapshots_expired} snapshots forgotten"
        )
        return (
            f"{self.n_files_before} files, {self.n_bytes_before:,} bytes -> "
            f"{self.n_files_after} files, {self.n_bytes_after:,} bytes; {expired}, "
            f"{self.n_rows_flushed:,} rows moved from the catalog into files"
        )


def maintain(lake: Warehouse, older_than_hours: float) -> MaintenanceReport:
    """Return what was saved. A snapshot that a round, a checkpoint or a training file names is pinned, and so are its files."""
    n_bytes_before, n_files_before = file_sizes(lake)
    n_flushed = flush(lake)
    compact(lake)
    n_expired = expire(lake, older_than_hours)
    remove_files(lake, older_than_hours)
    n_bytes_after, n_files_after = file_sizes(lake)
    return MaintenanceReport(n_bytes_before, n_bytes_after, n_files_before, n_files_after, n_expired, n_flushed)


def compact(lake: Warehouse) -> None:
    """Merge small files that lie side by side. The merged ones stay until their snapshots are forgotten."""
    with lake.exclusive() as cursor, reported(lake.location.name):
        cursor.execute("call ducklake_merge_adjacent_files('lake')")


def expire(lake: Warehouse, older_than_hours: float) -> int | None:
    """Return how many snapshots were forgotten: older ones that nothing pins, and with them the rows that only they show.

    None where a backup runs, which may be copying what they show.
    """
    with guarded(lake.location) as is_ours, lake.exclusive() as cursor, reported(lake.location.name):
        if not is_ours:
            return None
        found = cursor.execute(_EXPIRABLE, {"hours": older_than_hours}).fetchall()
        expired = [snapshot_id for (snapshot_id,) in found]
        if expired:
            cursor.execute(f"call ducklake_expire_snapshots('lake', versions => {expired})")
    forget_unseen(lake)
    return len(expired)


def remove_files(lake: Warehouse, older_than_hours: float) -> None:
    """Delete files that no snapshot needs any more, and those of writers that died before their commit. Not beside a backup."""
    with guarded(lake.location) as is_ours, lake.exclusive() as cursor, reported(lake.location.name):
        if not is_ours:
            return
        before = cursor.execute("select now() - $hours * interval 1 hour", {"hours": older_than_hours}).fetchone()
        assert before is not None
        cursor.execute("call ducklake_cleanup_old_files('lake', older_than => $before)", {"before": before[0]})
        cursor.execute("call ducklake_delete_orphaned_files('lake', older_than => $before)", {"before": before[0]})


def file_sizes(lake: Warehouse) -> tuple[int, int]:
    """Return the bytes and the number of all files of the lake, needed or not."""
    sizes = sizes_below(lake.location.data_path).values()
    return sum(sizes), len(sizes)
