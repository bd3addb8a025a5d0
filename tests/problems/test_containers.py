"""Whatever a problem file is packed in, the same rows come out, in the same order, each with its place."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from tasks.problems.loaders import load_problems
from tasks.problems.readers import name_of_file, read_rows
from warehouse.errors import BadInput

ROWS = [{"question": f"How many is {n}, in words\nof two lines; or three?", "answer": str(n)} for n in range(12)]


def lines(rows: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def table(rows: list[dict[str, str]], delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["question", "answer"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def parquet(rows: list[dict[str, str]]) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(rows).write_parquet(file)
    return file.getvalue()


def arrow(rows: list[dict[str, str]], new: Callable[..., pa.ipc.RecordBatchStreamWriter]) -> bytes:
    content = pa.Table.from_pylist(rows)
    sink = pa.BufferOutputStream()
    with new(sink, content.schema) as writer:
        writer.write_table(content)
    return bytes(sink.getvalue())


CONTAINERS: dict[str, bytes] = {
    "rows.jsonl": lines(ROWS),
    "rows.ndjson": lines(ROWS),
    "rows.json": json.dumps(ROWS).encode(),
    "lines.json": lines(ROWS),
    "array.jsonl": json.dumps(ROWS, indent=1).encode(),
    "printed.json": "\n".join(json.dumps(row, indent=2) for row in ROWS).encode(),
    "wrapped.json": json.dumps({"version": "1.0", "data": ROWS}).encode(),
    "train.json": json.dumps({"train": ROWS, "test": ROWS[:2]}).encode(),
    "by_id.json": json.dumps({str(n): row for n, row in enumerate(ROWS)}).encode(),
    "columns.json": json.dumps({name: [row[name] for row in ROWS] for name in ("question", "answer")}).encode(),
    "rows.csv": table(ROWS, ","),
    "excel.csv": table(ROWS, ";"),
    "rows.tsv": table(ROWS, "\t"),
    "rows.parquet": parquet(ROWS),
    "rows.arrow": arrow(ROWS, pa.ipc.new_file),
    "stream.arrow": arrow(ROWS, pa.ipc.new_stream),
}


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def read(path: Path, part: str | None = "train") -> list[dict[str, object]]:
    return [{name: row.fields[name] for name in ("question", "answer")} for row in read_rows(path, part)]


@pytest.mark.parametrize("packing", ["", ".gz", ".zst", ".zip"])
@pytest.mark.parametrize("name", CONTAINERS)
def test_the_same_rows_come_out_of_every_container(name: str, packing: str, tmp_path: Path) -> None:
    content = CONTAINERS[name]
    packed = {"": content, ".gz": gzip.compress(content), ".zst": zstd(content), ".zip": zipped({name: content})}
    path = tmp_path / (name + packing)
    path.write_bytes(packed[packing])
    assert read(path) == ROWS
    assert name_of_file(path) == name.partition(".")[0]


def folder_of(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_shards_are_read_in_the_order_of_their_numbers_with_their_names(tmp_path: Path) -> None:
    shards = {f"part-{n}.jsonl": lines([row]) for n, row in enumerate(ROWS)}
    folder = folder_of(tmp_path / "shards", shards | {"README.md": b"words", ".hidden.jsonl": b"no", "cache-1.arrow": b"no"})
    assert read(folder) == ROWS
    assert [row.file for row in read_rows(folder)][9:11] == ["part-9.jsonl", "part-10.jsonl"]


def test_a_data_set_that_datasets_saved_is_read(tmp_path: Path) -> None:
    data = arrow(ROWS, pa.ipc.new_stream)
    saved = {"data-00000-of-00001.arrow": data, "state.json": b"{}", "dataset_info.json": b"{}"}
    assert read(folder_of(tmp_path / "one", saved)) == ROWS
    split = {"dataset_dict.json": b'{"splits": ["train", "test"]}'}
    split |= {f"train/{name}": content for name, content in saved.items()}
    split |= {f"test/{name}": arrow(ROWS[:1], pa.ipc.new_stream) if name.endswith("arrow") else b"{}" for name in saved}
    folder = folder_of(tmp_path / "several", split)
    assert read(folder, "train") == ROWS
    assert read(folder, "test") == ROWS[:1]
    with pytest.raises(BadInput, match="has several parts: test, train"):
        read(folder, "validation")


def test_the_split_that_is_asked_for_is_taken_of_files_in_a_folder_or_an_archive(tmp_path: Path) -> None:
    files = {"data/train-00000-of-00001.parquet": parquet(ROWS), "data/validation-00000-of-00001.parquet": parquet(ROWS[:3])}
    archive = tmp_path / "all.zip"
    archive.write_bytes(zipped(files | {"__MACOSX/data/._train.parquet": b"no"}))
    for path in (folder_of(tmp_path / "folder", files), archive):
        assert read(path, "train") == ROWS
        assert read(path, "validation") == ROWS[:3]


def test_lists_of_several_splits_are_never_mixed(tmp_path: Path) -> None:
    path = tmp_path / "both.json"
    path.write_text(json.dumps({"train": ROWS, "test": ROWS[:2]}))
    assert read(path, "test") == ROWS[:2]
    with pytest.raises(BadInput, match="has several parts: test, train"):
        read(path, "validation")


def test_one_object_is_one_row_though_it_holds_lists_of_objects(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    chat = {"prompt": [{"role": "user", "content": "How many?"}], "reward_model": {"ground_truth": "3"}}
    path.write_text(json.dumps(chat, indent=2))
    (problem,) = load_problems(path, "train", "here").problems
    assert (problem.statement, problem.answer) == ("How many?", "3")


def test_a_row_of_a_table_with_other_cells_than_the_header_is_broken_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('question,answer\n"of two\nlines",1\nno,answer,here\nlast,2\n')
    loaded = load_problems(path, "train", "here")
    assert [problem.answer for problem in loaded.problems] == ["1", "2"]
    assert [(row.line_number, row.reason) for row in loaded.quarantined] == [(4, "3 cells under a header of 2")]


def test_a_refused_row_of_a_shard_names_the_shard(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "shards", {"a.jsonl": lines(ROWS[:1]), "b.jsonl": b"{broken\n"})
    (refused,) = load_problems(folder, "train", "here").quarantined
    assert refused.reason.endswith("(in b.jsonl)")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.jsonl.gz", gzip.compress(lines(ROWS))[:-12], "is cut off or damaged"),
        ("rows.jsonl.gz", b"not gzip", "cannot be read"),
        ("rows.jsonl.zst", b"not zstd", "cannot be read"),
        ("rows.zip", b"not zip", "is no whole ZIP archive"),
        ("rows.arrow", b"ARROW1 torn", "is not a whole Arrow file"),
        ("rows.csv", b"question,answer\n\xff,1\n", "is not UTF-8"),
        ("rows.zip", zipped({"words.txt": b"words"}), "has no file that ends in"),
        ("rows.xlsx", b"PK", "has the unknown form '.xlsx'"),
    ],
)
def test_what_cannot_be_unpacked_is_bad_input_in_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        load_problems(path, "train", "here")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_without_known_fields_lists_those_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("frage,antwort\nWie viele?,3\n")
    with pytest.raises(BadInput) as caught:
        load_problems(path, "train", "here")
    assert "fields found: frage, antwort; taken: none" in caught.value.message
    assert "--question-field" in caught.value.hint
