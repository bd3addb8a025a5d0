"""Near-duplicate problems of a lake: found again whenever its problems change."""

from typing import Final

from flows.settings import Settings
from tasks.problems.near_duplicates import near_duplicates
from warehouse import stages
from warehouse.records import SPLITS, Batch
from warehouse.store.lake import Warehouse

NEAR_DUPLICATES: Final = Batch(round=0, stage=stages.NEAR_DUPLICATES.name, shard="all", fingerprint="all problems")
"""One batch, whatever the problems: when they change, its rows are replaced."""


def record_near_duplicates(settings: Settings, lake: Warehouse) -> int:
    """Return how many pairs of problems nearly repeat each other, after the table near_duplicates was written anew."""
    problems = [problem for split in SPLITS for problem in lake.problems(split)]
    found = near_duplicates(problems, settings.gates.near_duplicate_similarity)
    lake.commit(NEAR_DUPLICATES, {"near_duplicates": found})
    return len(found)
