"""Import a file from elsewhere: read shard by shard, so that memory does not grow with it, and each shard at most once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from flows.data.imports.base import Import, ImportReport, ImportSource
from flows.data.imports.solutions import SolutionImport
from flows.data.imports.trees import TreeImport
from flows.data.input_file import input_file_id
from flows.settings import Settings
from tasks.domains.registry import DOMAINS
from tasks.interchange.rstar_trees import ForeignTree
from tasks.interchange.solutions import SolvedProblem
from tasks.problems.readers import read_rows
from tasks.problems.rows import RawRow
from warehouse.errors import BadInput
from warehouse.places.hub import pinned
from warehouse.places.objects import fetched
from warehouse.records import Batch, Source
from warehouse.stages import IMPORT_ROLLOUT, SOURCES
from warehouse.store.lake import Warehouse

_ROWS_PER_SHARD: Final = 500
"""Rows of a file that are graded and committed at once."""


KINDS: Final[Mapping[str, Callable[[Settings, Warehouse, ImportSource], Import[ForeignTree] | Import[SolvedProblem]]]] = {
    "trees": TreeImport,
    "solutions": SolutionImport,
}


def run_import(settings: Settings, home: Path, kind: str, origin: ImportSource) -> ImportReport:
    """Return what became of a file. An interrupted import can be repeated: no row is there twice. A whole one changes nothing.

    Raises BadInput where no row of the file can be used.
    """
    origin = replace(origin, path=pinned(origin.path))
    with fetched(origin.path) as local:
        return _imported(settings, home, kind, origin, local)


def _imported(settings: Settings, home: Path, kind: str, origin: ImportSource, local: Path) -> ImportReport:
    """Read the local copy of origin.path."""
    fingerprint = input_file_id(local)
    report = ImportReport(origin)
    done = Batch(0, SOURCES.name, f"{kind} {origin.source}", fingerprint)
    with Warehouse.open(home, settings.warehouse) as lake:
        if lake.is_committed(done.batch_id):
            return report
        grader = DOMAINS[settings.problems.domain].open_grader(settings.grading, settings.sandbox)
        try:
            importer = KINDS[kind](settings, lake, origin)
            for number, rows in enumerate(_chunks(read_rows(local))):
                name = f"{kind} {origin.source} {number:05d}"
                importer.import_shard(rows, Batch(0, IMPORT_ROLLOUT.name, name, fingerprint), report, grader)
        finally:
            grader.close()
        if report.n_quarantined and not report.n_trajectories:
            first = lake.query("select reason from quarantine where source = $source limit 1", source=origin.source).item()
            raise BadInput(
                f"{origin.address} has no usable row; the first: {first}", hint="see: stargrove sql --file quarantined_rows"
            )
        row = Source(
            origin.source, origin.split, origin.licence, origin.address, fingerprint, report.n_rows, report.n_new_problems
        )
        lake.commit(done, {"sources": [row]})
    return report


def _chunks(rows: Iterator[RawRow]) -> Iterator[list[RawRow]]:
    while chunk := list(islice(rows, _ROWS_PER_SHARD)):
        yield chunk
