"""Write rows as one file, or as a folder of Parquet files: a draft first, which takes its name when it is whole."""

import json
import shutil
from collections.abc import Iterable, Iterator
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa

from flows.data.exports.rows import Row
from warehouse.store.parquet import BYTES_PER_SHARD, write_shards

_ROWS_PER_BATCH: Final = 1_024


def write_lines(path: Path, rows: Iterable[Row]) -> int:
    """Return how many rows were written as JSON Lines."""
    return _write_texts(path, (f"{_json(row)}\n" for row in rows), "", "")


def write_array(path: Path, rows: Iterable[Row]) -> int:
    """Return how many rows were written as one JSON array."""
    return _write_texts(path, (f"{',' * bool(number)}\n{_json(row)}" for number, row in enumerate(rows)), "[", "\n]\n")


def write_folder(
    folder: Path, rows: Iterable[Row], columns: pa.Schema, split: str, bytes_per_shard: int = BYTES_PER_SHARD
) -> int:
    """Return how many rows were written as Parquet files of a folder, which replaces one of the same name."""
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        n_rows = write_shards(_batches(rows, columns), columns, draft, split, bytes_per_shard)
        if n_rows:
            _replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()
    return n_rows


def write_text(path: Path, text: str) -> None:
    """Write a text file by a rename, so that nobody reads half of it."""
    _write_texts(path, (text,), "", "")


def sha256_of(place: Path) -> str:
    """Return the SHA-256 of a file; of a folder, that of the lines which `sha256sum *` prints in it."""
    if place.is_dir():
        return sha256("".join(f"{sha256_of(file)}  {file.name}\n" for file in sorted(place.iterdir())).encode()).hexdigest()
    with place.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _replace(draft: Path, folder: Path) -> None:
    """Put a draft in the place of a folder; the earlier one is away for the time of two renames, never half there."""
    earlier = folder.with_name(f".{folder.name}.earlier")
    shutil.rmtree(earlier, ignore_errors=True)
    if folder.exists():
        folder.rename(earlier)
    draft.rename(folder)
    shutil.rmtree(earlier, ignore_errors=True)


def _batches(rows: Iterable[Row], columns: pa.Schema) -> Iterator[pa.RecordBatch]:
    remaining = iter(rows)
    while some := list(islice(remaining, _ROWS_PER_BATCH)):
        yield pa.RecordBatch.from_pylist(some, schema=columns)


def _write_texts(path: Path, texts: Iterable[str], opening: str, closing: str) -> int:
    """Return how many texts were written; the file appears by a rename, and not at all without any."""
    part = path.with_name(f"{path.name}.part")
    n_texts = 0
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(opening)
            for text in texts:
                file.write(text)
                n_texts += 1
            file.write(closing)
        if n_texts:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return n_texts


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)
