import io
import json
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.trees import batch, ingest, problem, small_tree
from warehouse.errors import BadInput
from warehouse.sql import console
from warehouse.sql.statements import list_queries
from warehouse.store.lake import Warehouse

FRAME = pl.DataFrame({"name": ["a", "line\nbreak"], "n": [1, None], "share": [0.123456789, 1.0], "ids": [[1, 2], []]})


def test_a_table_is_aligned_with_numbers_to_the_right() -> None:
    assert console.formatted(FRAME, "table").decode() == (
        "name         n     share  ids\n"
        "-----------  -  --------  ------\n"
        "a            1  0.123457  [1, 2]\n"
        "line\\nbreak            1  []\n"
        "(2 rows)\n"
    )


def test_csv_and_json_and_parquet_hold_every_row() -> None:
    csv = pl.read_csv(io.BytesIO(console.formatted(FRAME, "csv")))
    assert csv["name"].to_list() == FRAME["name"].to_list()
    assert [json.loads(ids) for ids in csv["ids"]] == [[1, 2], []]
    assert json.loads(console.formatted(FRAME, "json"))[0] == {"name": "a", "n": 1, "share": 0.123456789, "ids": [1, 2]}
    assert pl.read_parquet(io.BytesIO(console.formatted(FRAME, "parquet"))).equals(FRAME)


def test_a_long_table_says_how_many_rows_it_leaves_out() -> None:
    text = console.formatted(pl.DataFrame({"n": range(500)}), "table").decode()
    assert text.endswith("... 300 more rows; --format csv prints them all\n(500 rows)\n")


def test_an_empty_answer_keeps_its_header() -> None:
    assert console.formatted(FRAME.clear(), "table").decode().splitlines()[0].split() == ["name", "n", "share", "ids"]
    assert console.formatted(FRAME.clear(), "json") == b"[]\n"


def test_sql_and_shipped_queries_are_answered_while_the_lake_is_open_for_writing(lake: Warehouse, home: Path) -> None:
    ingest(lake, problem("p1"), problem("p2"))
    lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
    counted = console.answer(home, "select count(*) as n from problems where level = $level", file=None, params={"level": "1"})
    assert counted.item() == 2
    assert console.answer(home, None, file="coverage", params={"round": "1"})["n_problems"].to_list() == [1, 1]


def test_neither_or_both_of_sql_and_file_are_refused(home: Path) -> None:
    for sql, file in ((None, None), ("select 1", "coverage")):
        with pytest.raises(BadInput, match="give either SQL or the name"):
            console.answer(home, sql, file=file, params={})


def test_an_unknown_query_names_the_known_ones(home: Path) -> None:
    with pytest.raises(BadInput, match=r"no shipped query is called 'covrage'; choose one of: .*coverage"):
        console.answer(home, None, file="covrage", params={})


def test_the_lake_cannot_be_changed_from_the_console(lake: Warehouse, home: Path) -> None:
    with pytest.raises(BadInput, match="read-only"):
        console.answer(home, "delete from problems", file=None, params={})


def test_the_listing_names_every_query_with_its_parameters() -> None:
    text = console.listing()
    assert all(f"\n{query.name}\n" in f"\n{text}" for query in list_queries())
    assert "--param k=... (default 1)" in text
