"""Rows of one JSON object: it is a row, or holds rows by name of a split, by id, or column by column."""

import json
from collections.abc import Iterator

from tasks.problems.fields import statement_of_row
from tasks.problems.files.parts import chosen_part
from tasks.problems.rows import Json, RawRow, row_of


def document_rows(
    document: dict[str, Json], raw: str, where: str, part: str | None, *, is_mended: bool = False
) -> Iterator[RawRow]:
    """Return the rows, numbered from 1 where the object is not a row itself. Raises BadInput where the part is unclear."""
    statement = statement_of_row(document)
    if isinstance(statement, list) and (columns := _columns(document)):
        rows: list[Json] = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    elif statement is not None:
        yield row_of(document, raw, 1, is_mended=is_mended)
        return
    elif lists := {name: value for name, value in document.items() if _is_rows(value)}:
        chosen = lists[chosen_part(lists, part, f"problem file {where}")]
        rows = chosen if isinstance(chosen, list) else []
    elif len(document) > 1 and all(isinstance(value, dict) for value in document.values()):
        rows = list(document.values())
    else:
        yield row_of(document, raw, 1, is_mended=is_mended)
        return
    for number, row in enumerate(rows, start=1):
        yield row_of(row, json.dumps(row, ensure_ascii=False), number, is_mended=is_mended)


def _columns(document: dict[str, Json]) -> dict[str, list[Json]]:
    """Return the lists of an object where all have one length and the first holds texts, else nothing."""
    columns = {name: value for name, value in document.items() if isinstance(value, list)}
    lengths = {len(column) for column in columns.values()}
    holds_texts = all(all(isinstance(cell, str) for cell in column) for column in list(columns.values())[:1])
    return columns if len(columns) == len(document) and len(lengths) == 1 and holds_texts else {}


def _is_rows(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
