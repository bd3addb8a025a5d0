"""Prefixes whose snapshot was dropped: run once more for all steps that continue them, instead of once for each step.

The candidates of a step come together and share their prefix. Where memory is short, its snapshot may be gone by then.
"""

from collections.abc import Iterable

from tasks.sandbox.worker.processes import Job, Kind
from tasks.sandbox.worker.snapshots import Path, SnapshotCache


class Rebuilds:
    """The prefixes that are run again now, and who waits for each. Mutable."""

    def __init__(self, snapshots: SnapshotCache) -> None:
        self._snapshots = snapshots
        self._under_way: dict[tuple[str, Path, Kind], Job] = {}

    def turn(self, job: Job, queue: Iterable[Job]) -> Job | None:
        """Return what to run now that it is the job's turn: the job, its prefix alone where others in the queue continue it
        too, or nothing where that is under way already. The job then waits until `followers` gives it back."""
        prefix = job.path[:-1]
        key = (job.tree_id, prefix, job.kind)
        if job.n_faults or job.has_waited:
            return job
        if key in self._under_way:
            self._under_way[key].followers.append(job)
            return None
        if not self._snapshots.was_dropped(job.tree_id, prefix):
            return job
        if not any(other.tree_id == job.tree_id and other.path[:-1] == prefix for other in queue):
            return job
        # Those that wait do so once: where the prefix leaves no snapshot this time either, they run the whole of their paths.
        rebuild = Job(-1, job.tree_id, prefix, job.kind, followers=[job])
        self._under_way[key] = rebuild
        return rebuild

    def followers(self, rebuild: Job) -> list[Job]:
        """Return the jobs that waited for a prefix, which ended in one way or the other."""
        del self._under_way[rebuild.tree_id, rebuild.path, rebuild.kind]
        for job in rebuild.followers:
            job.has_waited = True
        return rebuild.followers
