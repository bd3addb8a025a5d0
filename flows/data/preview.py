"""What `stargrove ingest --dry-run` shows: rows as they would be stored, and what would become of the others."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from flows.data.ingest import report_of
from flows.data.screening import IngestOptions, There, problems_there, screened
from flows.settings import Settings
from tasks.problems.fields import described
from tasks.problems.readers import read_rows
from warehouse.places.location import existing
from warehouse.places.objects import fetched
from warehouse.records import Split
from warehouse.store.lake import Warehouse

N_SHOWN: Final = 5
_N_REASONS: Final = 5


def preview(settings: Settings, home: Path, path: Path, split: Split, source: str, options: IngestOptions) -> list[str]:
    """Return lines for people: the fields that are taken, five problems as JSON, five refusals, the counts. Writes nothing.

    A home that exists is asked for what it has already. Raises BadInput as the ingestion itself would.
    """
    there: There = {"train": [], "validation": [], "test": []}
    location = existing(home, settings.warehouse)
    if location is not None:
        with Warehouse.at(location, settings.warehouse, read_only=True) as lake:
            there = problems_there(lake)
    with fetched(path) as local:
        found = screened(settings, local, path, split, source, options, there, set())
        first = next((row.fields for row in read_rows(local, split) if row.fields), {})
    stored = [json.dumps(asdict(problem), ensure_ascii=False) for problem in found.accepted[:N_SHOWN]]
    refused = [f"line {row.line_number}: {row.reason}" for row in found.loaded.quarantined[:_N_REASONS]]
    report = report_of(path, split, found, len(found.accepted), 0, is_recorded=False)
    return [f"{path}: {described(first)}", *stored, *refused, f"dry run, nothing is stored: {report.line}"]
