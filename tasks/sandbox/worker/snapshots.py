"""The cache of suspended processes, each holding the state that one path left behind.

A snapshot only saves work: whoever misses one runs the path again. So any may be dropped at any time.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from tasks.sandbox.worker.processes import Process

Path = tuple[str, ...]

_TREES_REMEMBERED: Final = 1024
"""Trees of which it is known what was dropped. More than are in flight: those that were given up are never released."""


class SnapshotCache:
    """Bounded by count and by private memory. First out: siblings of continued steps, then the least recently used."""

    def __init__(self, max_count: int, max_mib: float) -> None:
        self.max_count = max_count
        self.max_mib = max_mib
        self.total_mib = 0.0
        self._used: OrderedDict[Process, tuple[str, Path]] = OrderedDict()
        self._trees: dict[str, dict[Path, Process]] = {}
        self._dropped: OrderedDict[str, set[Path]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._used)

    def __iter__(self) -> Iterator[Process]:
        return iter(list(self._used))

    def nearest(self, tree_id: str, path: Path, kind: str) -> tuple[Process | None, int]:
        """Return the snapshot of the longest proper prefix of `path` and the length of that prefix; (None, 0) without one."""
        tree = self._trees.get(tree_id)
        if tree:
            for length in range(len(path) - 1, 0, -1):
                process = tree.get(path[:length])
                if process is not None and process.kind == kind:
                    self._used.move_to_end(process)
                    self._yield_siblings(tree, path[:length])
                    return process, length
        return None, 0

    def _yield_siblings(self, tree: dict[Path, Process], path: Path) -> None:
        """Let the siblings of a step that is continued go first: a tree search comes back to them later, if at all."""
        for other, process in tree.items():
            if len(other) == len(path) and other[:-1] == path[:-1] and other != path:
                self._used.move_to_end(process, last=False)

    def was_dropped(self, tree_id: str, path: Path) -> bool:
        """Return whether there was a snapshot of this path, which the bounds did not allow to stay."""
        return path in self._dropped.get(tree_id, ())

    def add(self, process: Process, tree_id: str, path: Path) -> list[Process]:
        """Keep a snapshot; return those that must end for it: an older one of the same path, and what exceeds the bounds."""
        tree = self._trees.setdefault(tree_id, {})
        ended = [tree[path]] if path in tree else []
        for old in ended:
            self.drop(old)
        self._trees.setdefault(tree_id, {})[path] = process
        self._used[process] = (tree_id, path)
        self.total_mib += process.private_mib
        return ended + self._drop_excess(process)

    def weigh(self, process: Process, private_mib: float) -> list[Process]:
        """Correct a snapshot's memory; return those that must end for it."""
        if process in self._used:
            self.total_mib += private_mib - process.private_mib
            process.private_mib = private_mib
        return self._drop_excess()

    def _drop_excess(self, fresh: Process | None = None) -> list[Process]:
        dropped = []
        while self._used and (len(self._used) > self.max_count or self.total_mib > self.max_mib):
            oldest, (tree_id, path) = next(iter(self._used.items()))
            self.drop(oldest)
            dropped.append(oldest)
            if oldest is not fresh:  # one too large to stay at all would be dropped again
                self._remember(tree_id, path)
        return dropped

    def _remember(self, tree_id: str, path: Path) -> None:
        self._dropped.setdefault(tree_id, set()).add(path)
        if len(self._dropped) > _TREES_REMEMBERED:
            self._dropped.popitem(last=False)

    def drop(self, process: Process) -> None:
        """Forget one snapshot, if it is here."""
        place = self._used.pop(process, None)
        if place is None:
            return
        tree_id, path = place
        self.total_mib -= process.private_mib
        tree = self._trees[tree_id]
        del tree[path]
        if not tree:
            del self._trees[tree_id]

    def release(self, tree_id: str) -> list[Process]:
        """Forget a tree; return its snapshots, which must end."""
        self._dropped.pop(tree_id, None)
        released = list(self._trees.get(tree_id, {}).values())
        for process in released:
            self.drop(process)
        return released
