import io
import json
from pathlib import Path

import polars as pl
import pytest
from rich.cells import cell_len

from tests.warehouse.trees import batch, ingest, problem, small_tree
from warehouse.errors import BadInput
from warehouse.sql import console
from warehouse.sql.console import Question
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


def test_a_terminal_cuts_wide_text_with_an_ellipsis_and_a_pipe_nothing() -> None:
    frame = pl.DataFrame({"name": ["a" * 30], "n": [123456789012345], "text": ["b" * 100]})
    lines = console.formatted(frame, "table", 60).decode().splitlines()
    assert 58 <= max(map(len, lines)) <= 60
    assert lines[2].endswith("b…")
    assert "123456789012345" in lines[2], "numbers are never cut"
    assert "b" * 100 in console.formatted(frame, "table").decode()


def test_a_narrow_column_is_not_cut_for_a_wide_one() -> None:
    frame = pl.DataFrame({"short": ["abcdefghij"], "long": ["x" * 200]})
    shown = console.formatted(frame, "table", 40).decode().splitlines()[2]
    assert shown.startswith("abcdefghij  x")
    assert len(shown) == 40


def test_wide_characters_are_counted_by_the_columns_they_take() -> None:
    lines = console.formatted(pl.DataFrame({"text": ["題" * 30, "a"], "n": [1, 2]}), "table", 30).decode().splitlines()
    assert cell_len(lines[2]) == cell_len(lines[3]) <= 30
    assert "…" in lines[2]


def test_control_characters_of_a_model_do_not_reach_the_terminal() -> None:
    frame = pl.DataFrame({"text": ["\x1b[2Jgone\ttab"]})
    assert "\\x1b[2Jgone\\ttab" in console.formatted(frame, "table").decode()
    assert "\x1b" not in console.formatted(frame, "vertical").decode()


def test_vertical_rows_have_a_line_for_each_column_and_whole_values() -> None:
    assert console.formatted(FRAME.head(1).select("name", "share"), "vertical").decode() == (
        "-[ row 1 ]---------\nname   a\nshare  0.123457\n(1 row)\n"
    )
    assert "name   line\n       break\n" in console.formatted(FRAME, "vertical").decode()


def test_csv_and_json_and_parquet_hold_every_row() -> None:
    csv = pl.read_csv(io.BytesIO(console.formatted(FRAME, "csv")))
    assert csv["name"].to_list() == FRAME["name"].to_list()
    assert [json.loads(ids) for ids in csv["ids"]] == [[1, 2], []]
    assert json.loads(console.formatted(FRAME, "json"))[0] == {"name": "a", "n": 1, "share": 0.123456789, "ids": [1, 2]}
    assert pl.read_parquet(io.BytesIO(console.formatted(FRAME, "parquet"))).equals(FRAME)


def test_a_long_table_says_how_many_rows_it_leaves_out() -> None:
    text = console.formatted(pl.DataFrame({"n": range(500)}), "table").decode()
    assert text.endswith("... 300 more rows; --output FILE or --format csv gives them all\n(500 rows)\n")


def test_an_empty_answer_keeps_its_header() -> None:
    assert console.formatted(FRAME.clear(), "table").decode().splitlines()[0].split() == ["name", "n", "share", "ids"]
    assert console.formatted(FRAME.clear(), "json") == b"[]\n"


def test_sql_and_shipped_queries_are_answered_while_the_lake_is_open_for_writing(lake: Warehouse, home: Path) -> None:
    ingest(lake, problem("p1"), problem("p2"))
    lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
    counted = console.answer(home, Question("select count(*) as n from problems where level = $level", None, {"level": "1"}))
    assert counted.item() == 2
    assert console.answer(home, Question(file="coverage", parameters={"round": "1"}))["n_problems"].to_list() == [1, 1]


def test_neither_or_both_of_sql_and_file_are_refused(home: Path) -> None:
    for sql, file in ((None, None), ("select 1", "coverage")):
        with pytest.raises(BadInput, match="give either SQL or the name"):
            console.answer(home, Question(sql, file))


def test_an_unknown_query_names_the_one_that_was_probably_meant(home: Path) -> None:
    with pytest.raises(BadInput, match=r"no shipped query is called 'covrage'; did you mean coverage\? all of them: stargrove"):
        console.answer(home, Question(file="covrage"))
    with pytest.raises(BadInput, match=r"no shipped query is called 'xyz'; all of them: stargrove sql --list"):
        console.answer(home, Question(file="xyz"))


def test_an_unknown_table_names_the_one_that_was_probably_meant_and_none_of_the_catalogs_own(home: Path) -> None:
    with pytest.raises(BadInput, match='Did you mean "nodes"'):
        console.answer(home, Question("from nods"))
    with pytest.raises(BadInput) as refused:
        console.answer(home, Question("from ducklake_table"))
    assert "__ducklake" not in str(refused.value)


def test_the_lake_cannot_be_changed_from_the_console(lake: Warehouse, home: Path) -> None:
    with pytest.raises(BadInput, match="read-only"):
        console.answer(home, Question("delete from problems"))


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_a_file_holds_every_row_in_the_format_of_its_suffix(
    suffix: str, home: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / f"rows{suffix}"
    console.write(home, Question("select range as n from range(500)"), path)
    readers = {".csv": pl.read_csv, ".json": pl.read_json, ".parquet": pl.read_parquet}
    assert readers[suffix](path)["n"].to_list() == list(range(500))
    assert capfdbinary.readouterr().out.decode() == f"500 rows written to {path}\n"


def test_a_file_of_another_suffix_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no format is called '.txt'; end it in .csv, .json, .parquet"):
        console.write(tmp_path / "none", Question("select 1"), tmp_path / "rows.txt")


def test_a_snapshot_is_the_lake_as_it_was_then(lake: Warehouse, home: Path) -> None:
    before = lake.snapshot_id()
    ingest(lake, problem("p1"))
    counted = [console.answer(home, Question("from problems", snapshot_id=then)).height for then in (before, None)]
    assert counted == [0, 1]
    newest = lake.query("snapshots", limit=1).row(0)
    assert (newest[0], newest[2]) == (lake.snapshot_id(), "round 0 ingest 000")
    with pytest.raises(BadInput, match="there is no snapshot 9999; list them with: stargrove sql --file snapshots"):
        console.answer(home, Question("select 1", snapshot_id=9999))


def test_the_listing_names_every_query_with_its_parameters() -> None:
    text = console.listing()
    assert all(f"\n{query.name}\n" in f"\n{text}" for query in list_queries())
    assert "--param k=... (default 1)" in text


def test_what_only_machinery_asks_is_in_no_list_and_can_be_run(home: Path) -> None:
    assert "range_starts" not in console.listing()
    assert console.answer(home, Question(file="range_starts")).is_empty()
