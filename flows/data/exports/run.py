"""What `stargrove export` does: a round's data as files that others read, with a dataset card."""

from pathlib import Path
from typing import Final

from flows.data.exports.base import ExportRequest
from flows.data.exports.card import dataset_card
from flows.data.exports.files import sha256_of, write_array, write_folder, write_lines, write_text
from flows.data.exports.header import features_of
from flows.data.exports.index import Exported, read_index, recorded
from flows.data.exports.rows import COLUMNS, export_rows
from warehouse.errors import BadInput
from warehouse.store.lake import Warehouse

CARD: Final = "README.md"

_COUNTS: Final = {
    "sft": """
        select problems.source, problems.level, count(*) as n_rows, count(distinct problem_id) as n_problems
        from sft_examples inner join problems using (problem_id) where sft_examples.round = $round group by all order by all
    """,
    "preferences": """
        select problems.source, problems.level, count(*) as n_rows, count(distinct problem_id) as n_problems
        from preference_pairs inner join problems using (problem_id) where preference_pairs.round = $round
        group by all order by all
    """,
    "trees": """
        select problems.source, problems.level, count(distinct tree_id) as n_rows, count(distinct problem_id) as n_problems
        from nodes inner join problems using (problem_id) where nodes.round = $round group by all order by all
    """,
    "transcripts": """
        select problems.source, problems.level, count(*) as n_rows, count(distinct problem_id) as n_problems
        from nodes inner join problems using (problem_id) where nodes.round = $round and nodes.ending is not null
        group by all order by all
    """,
}


def run_export(home: Path, request: ExportRequest, directory: Path) -> Exported:
    """Return what was written; the card README.md beside it lists every export of the directory.

    What a round was trained on is read from the snapshot that the round pinned, and anything else from the newest one, whose
    number is noted. The same snapshot gives the same bytes. Raises BadInput where there is nothing.
    """
    read_index(directory)  # Refuses a directory that cannot take one more, before anything is written.
    with Warehouse.open(home, read_only=True) as lake:
        snapshot_id = _snapshot_of(lake, request.round)
        with Warehouse.open(home, read_only=True, snapshot_id=snapshot_id) as pinned:
            exported = _exported(pinned, request, directory, snapshot_id)
        write_text(directory / CARD, dataset_card(lake, recorded(exported, directory)))
    return exported


def _exported(lake: Warehouse, request: ExportRequest, directory: Path, snapshot_id: int) -> Exported:
    directory.mkdir(parents=True, exist_ok=True)
    place, n_rows = _write(lake, request, directory, snapshot_id)
    if n_rows == 0:
        hint = "see: stargrove sql --file round_summary"
        raise BadInput(f"round {request.round} has no {request.kind} to export", hint=hint)
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    name = place.relative_to(directory).as_posix()
    columns = COLUMNS.get((request.kind, request.form))
    return Exported(
        name=name,
        config=request.name,
        kind=request.kind,
        form=request.form,
        split=request.split,
        round=request.round,
        snapshot_id=snapshot_id,
        data_files=f"{name}/{request.split}-*-of-{len(files):05d}.parquet" if place.is_dir() else name,
        n_files=len(files),
        n_rows=n_rows,
        n_bytes=sum(file.stat().st_size for file in files),
        sha256=sha256_of(place),
        features=features_of(columns) if columns is not None else [],
        counts=lake.query(_COUNTS[request.kind], round=request.round).to_dicts(),
    )


def _snapshot_of(lake: Warehouse, round_number: int) -> int:
    row = lake.round_row(round_number)
    if row is None and round_number != 0:
        hint = "list the rounds with: stargrove sql 'from rounds'"
        raise BadInput(f"round {round_number} was never started", hint=hint)
    pinned = row.snapshot_id if row is not None else None
    return pinned if pinned is not None else lake.snapshot_id()


def _write(lake: Warehouse, request: ExportRequest, directory: Path, snapshot_id: int) -> tuple[Path, int]:
    rows = export_rows(lake, request, snapshot_id)
    if request.format == "parquet":
        folder = directory / "data" / request.name
        return folder, write_folder(folder, rows, COLUMNS[request.kind, request.form], request.split)
    if request.form == "rstar" and request.kind != "trees":
        path = directory / f"{request.name}.json"
        return path, write_array(path, rows)
    path = directory / f"{request.name}.jsonl"
    return path, write_lines(path, rows)
