"""Files that trainers read: written from the pinned snapshot of their round, recorded, and written again on demand."""

import json
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Final

import duckdb

from warehouse.errors import BadInput, WarehouseError
from warehouse.records import CheckpointKind
from warehouse.store.lake import Warehouse
from warehouse.store.parquet import write_parquet

_KINDS: Final[dict[str, CheckpointKind]] = {"export_sft": "policy", "export_ppm_nodes": "ppm", "export_ppm_pairs": "ppm"}

_ROWS_PER_GROUP: Final = 65_536
"""Part of the bytes that were recorded: another number, and no earlier file could be reproduced."""


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A Parquet file of a round's training data, as it is recorded in `training_files`."""

    path: Path
    query: str
    snapshot_id: int
    n_rows: int
    sha256: str


def export_training_file(lake: Warehouse, round_number: int, query: str, path: Path, **parameters: int | str) -> TrainingFile:
    """Return the file that a shipped export query was written to, from the snapshot that the round has pinned.

    The first call for a round pins the snapshot. What was exported is recorded, so that `reproduce` can do it again.
    """
    snapshot_id = lake.pin_training_snapshot(round_number)
    file = lake.patiently(lambda: _written(lake, query, path, snapshot_id, parameters))

    def record(cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("delete from training_files where round = ? and query = ?", [round_number, query])
        cursor.execute(
            "insert into training_files values (?, ?, ?, ?, ?, ?, ?)",
            [
                round_number,
                _KINDS[query],
                query,
                json.dumps(parameters, sort_keys=True),
                snapshot_id,
                file.n_rows,
                file.sha256,
            ],
        )

    lake.write(f"round {round_number} {query}", {"snapshot_id": snapshot_id}, record)
    return file


def reproduce(lake: Warehouse, checkpoint_id: str, directory: Path) -> tuple[TrainingFile, ...]:
    """Return the files that a checkpoint was trained on, written again to a directory and equal byte for byte.

    Raises BadInput for a checkpoint that the lake does not know or that was trained on nothing of it, and WarehouseError
    where a file differs from the one that was trained on.
    """
    checkpoint = lake.checkpoint(checkpoint_id)
    if checkpoint is None:
        raise BadInput(f"no checkpoint {checkpoint_id!r}", hint="name them with: stargrove sql 'from checkpoints'")
    recorded = lake.query(
        "select * from training_files where round = $round and kind = $kind order by query",
        round=checkpoint.round,
        kind=checkpoint.kind,
    )
    if recorded.is_empty():
        raise BadInput(
            f"checkpoint {checkpoint_id} ({checkpoint.kind}) was not trained on rows of this lake",
            hint="policies and PPMs of a round can be reproduced, a base cannot",
        )
    files = []
    for row in recorded.iter_rows(named=True):
        path = directory / f"{row['query'].removeprefix('export_')}.parquet"
        file = _written(lake, row["query"], path, row["snapshot_id"], json.loads(row["parameters_json"]))
        if file.sha256 != row["sha256"]:
            raise WarehouseError(
                f"{path}: sha256 {file.sha256[:12]} of {file.n_rows} rows, trained on {row['sha256'][:12]} of {row['n_rows']}",
                hint="check the versions of duckdb and pyarrow: the bytes depend on them, the rows do not",
            )
        files.append(file)
    return tuple(files)


def _written(lake: Warehouse, query: str, path: Path, snapshot_id: int, parameters: dict[str, int | str]) -> TrainingFile:
    with Warehouse.open(lake.home, lake.settings, snapshot_id=snapshot_id) as pinned:
        n_rows = write_parquet(pinned.readers(query, parameters), path, _ROWS_PER_GROUP)
    with path.open("rb") as stream:
        sha256 = file_digest(stream, "sha256").hexdigest()
    return TrainingFile(path, query, snapshot_id, n_rows, sha256)
