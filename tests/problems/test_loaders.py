"""Properties of ingestion: every row of a file is accounted for, and a broken one says why and where."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.problems.identity import problem_id
from tasks.problems.loaders import LoadedProblems, load_problems, problems_of
from tasks.problems.rows import RawRow
from warehouse.errors import BadInput

GOOD = {"question": "What is 1 + 1?", "answer": "2"}


def load(path: Path, **arguments: object) -> LoadedProblems:
    return load_problems(path, "train", "here", **arguments)  # type: ignore[arg-type]


def written(folder: Path, *lines: str | bytes, name: str = "problems.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
    return path


def rows(*fields: dict[str, object]) -> list[RawRow]:
    return [RawRow(number, json.dumps(row), row) for number, row in enumerate(fields, start=1)]  # type: ignore[arg-type]


def reason_of(fields: dict[str, object]) -> str:
    (refused,) = problems_of(rows(fields), "train", "here").quarantined
    return refused.reason


def answer_of(**fields: object) -> str:
    (problem,) = problems_of(rows({"question": "How many?", **fields}), "train", "here").problems
    return problem.answer


def test_the_gsm8k_form_keeps_what_follows_the_mark() -> None:
    assert answer_of(answer="She sold 48/2 = <<48/2=24>>24.\n#### 72") == "72"
    assert answer_of(answer="... so $1,234,567.50 is left\n#### 1,234,567.50") == "1234567.50"
    assert answer_of(answer="#### -1,000") == "-1000"


@pytest.mark.parametrize("answer", ["1,000", r"(1,000, 2)", r"\frac{1}{2}", "25,100,55", "x + 1"])
def test_an_answer_without_the_mark_stays_as_it_is(answer: str) -> None:
    assert answer_of(answer=answer) == answer


def test_a_list_of_numbers_after_the_mark_keeps_its_commas() -> None:
    assert answer_of(answer="#### 3,5") == "3,5"
    assert answer_of(answer="#### 1,0000") == "1,0000"


def test_numbers_and_solutions_are_answers_too() -> None:
    assert answer_of(answer=18) == "18"
    assert answer_of(answer=18.0) == "18"
    assert answer_of(answer=0.1) == "0.1"
    assert answer_of(answer="", solution=r"thus \boxed{\frac{1}{2}}") == r"\frac{1}{2}"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"answer": "2"}, "no question"),
        ({"question": "  ", "answer": "2"}, "the question is empty"),
        ({"question": 7, "answer": "2"}, "the field question is not a text"),
        ({"question": "Q"}, "no answer"),
        ({"question": "Q", "answer": None}, "no answer"),
        ({"question": "Q", "answer": " "}, "no answer"),
        ({"question": "Q", "answer": "so #### "}, "no answer after ####"),
        ({"question": "Q", "answer": ["1", "2"]}, "the field answer is a list of 2, so which of them counts is not known"),
        ({"question": "Q", "answer": True}, "the field answer is neither a text nor a number"),
        ({"question": "Q", "answer": float("inf")}, "the field answer is not a finite number"),
        ({"question": "Q", "answer": float("nan")}, "no answer"),
        ({"question": "Q", "solution": "no box"}, "no answer"),
        ({"question": "Q", "answer": "1", "level": "hard"}, "level: the level 'hard' is no whole number from 0 to 100"),
        ({"question": "Q <end_of_step>", "answer": "1"}, "the text contains '<end_of_step>', which the step format reserves"),
        ({"question": "Q \ud800", "answer": "1"}, "the text contains a NUL or half of a surrogate pair"),
        ({"question": "Q", "answer": "\0"}, "the text contains a NUL or half of a surrogate pair"),
    ],
)
def test_a_broken_row_is_quarantined_with_its_reason(fields: dict[str, object], reason: str) -> None:
    assert reason_of(fields) == reason


@pytest.mark.parametrize(("level", "expected"), [(3, 3), ("Level 5", 5), ("2", 2), (None, None), ("Level ?", None)])
def test_levels_are_read_from_numbers_and_from_words(level: object, expected: int | None) -> None:
    (problem,) = problems_of(rows({**GOOD, "level": level}), "train", "here").problems
    assert problem.level == expected


def test_a_broken_line_costs_only_itself_and_is_named_by_its_number(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(GOOD), '{"question": "Q", "answer"', "", b'{"question": "\xff"}', "[1]", "9" * 5000)
    loaded = load(path)
    assert [problem.statement for problem in loaded.problems] == ["What is 1 + 1?"]
    assert [(refused.line_number, refused.reason) for refused in loaded.quarantined] == [
        (2, "invalid JSON: Expecting ':' delimiter at column 27"),
        (4, "not UTF-8: byte 15 of the line is 0xff"),
        (5, "not an object but a list"),
        (6, "invalid JSON: Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits"),
    ]
    assert loaded.quarantined[1].raw == '{"question": "\\xff"}'


def test_brackets_nested_without_end_are_a_broken_line(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, json.dumps(GOOD), '{"question": ' + "[" * 200_000))
    assert len(loaded.problems) == 1
    assert loaded.quarantined[0].line_number == 2
    assert len(loaded.quarantined[0].raw) <= 4_000


def test_a_byte_order_mark_is_not_part_of_the_first_row(tmp_path: Path) -> None:
    assert len(load(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(GOOD).encode())).problems) == 1


def test_rows_of_an_array_are_named_by_their_line(tmp_path: Path) -> None:
    text = json.dumps([GOOD, {"question": "Q"}, {"question": "R", "answer": "3"}], indent=4)
    loaded = load(written(tmp_path, text, name="problems.json"))
    assert len(loaded.problems) == 2
    assert [refused.line_number for refused in loaded.quarantined] == [6]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[{"question": "Q",\n  "answer" "2"}]', "line 2, column 12: Expecting ':' delimiter"),
        ('[{"question": "Q"}\n {"question": "R"}]', "line 2, column 2: Expecting ',' delimiter or ']'"),
        ('[{"question": "Q"},', "line 2, column 1: Expecting value"),
        ("[] []", "line 1, column 4: Extra data after the array"),
    ],
)
def test_a_broken_array_is_refused_with_line_and_column(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(BadInput, match="invalid JSON") as caught:
        load(written(tmp_path, text, name="problems.json"))
    assert where in caught.value.message


def test_a_json_file_of_one_object_a_line_is_read_too(tmp_path: Path) -> None:
    assert len(load(written(tmp_path, json.dumps(GOOD), name="problems.json")).problems) == 1


def test_parquet_rows_are_problems_with_their_own_source_and_level(tmp_path: Path) -> None:
    path = tmp_path / "problems.parquet"
    table = {"question": ["Q", None], "answer": ["1", "2"], "level": [3, None], "source": ["amc", None]}
    pl.DataFrame(table).write_parquet(path)
    loaded = load(path)
    assert [(problem.source, problem.level) for problem in loaded.problems] == [("amc", 3)]
    assert [(refused.line_number, refused.reason) for refused in loaded.quarantined] == [(2, "no question")]


def test_files_that_cannot_be_read_are_bad_input_in_one_line(tmp_path: Path) -> None:
    torn = written(tmp_path, b"PAR1 torn", name="torn.parquet")
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    cases = {
        tmp_path / "missing.jsonl": "does not exist",
        empty: "is empty",
        written(tmp_path, "a,b", name="problems.txt"): "unknown form '.txt'",
        torn: "is not a whole Parquet file",
        written(tmp_path, "", name="blank.jsonl"): "has no rows",
        written(tmp_path, "[]", name="none.json"): "has no rows",
        written(tmp_path, b"\xff", name="latin.json"): "is not UTF-8",
        written(tmp_path, '{"question": "Q"}', '{"question": "R"}', name="open.jsonl"): "none of its 2 rows; line 1: no answer",
    }
    (tmp_path / "folder.jsonl").mkdir()
    cases[tmp_path / "folder.jsonl"] = "has no file that ends in .jsonl"
    for path, message in cases.items():
        with pytest.raises(BadInput) as caught:
            load(path)
        assert message in str(caught.value)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_two_answers_to_one_statement_quarantine_all_its_rows() -> None:
    loaded = problems_of(rows(GOOD, {**GOOD, "answer": "3"}, {"question": "Q", "answer": "1"}), "train", "here")
    assert [problem.statement for problem in loaded.problems] == ["Q"]
    assert [refused.reason for refused in loaded.quarantined] == [
        "the same question has the answer '2' here and '3' on line 2",
        "the same question has the answer '3' here and '2' on line 1",
    ]


def test_a_problem_known_with_another_answer_is_quarantined_and_with_the_same_is_counted() -> None:
    known = {problem_id(GOOD["question"]): "2"}
    same = problems_of(rows(GOOD), "train", "here", known=known)
    assert (same.n_known, same.problems, same.quarantined) == (1, (), ())
    other = problems_of(rows({**GOOD, "answer": "3"}), "train", "here", known=known)
    assert other.quarantined[0].reason == "the same question has the answer '3' here and '2' already in the warehouse"


def test_spellings_of_one_answer_do_not_conflict() -> None:
    pairs = [("1,600", "1600"), (r"\dfrac{1}{2}", r"\frac{1}{2}"), (r"\$ 160", "160"), (r"\left( 3, 4 \right)", "(3,4)")]
    for first, second in pairs:
        assert problems_of(rows({**GOOD, "answer": first}, {**GOOD, "answer": second}), "train", "here").n_duplicates == 1


@given(st.lists(st.fixed_dictionaries({}, optional={"question": st.sampled_from("ab "), "answer": st.sampled_from("12 ")})))
def test_every_row_is_accounted_for_exactly_once(fields: list[dict[str, object]]) -> None:
    loaded = problems_of(rows(*fields), "train", "here", known={problem_id("a"): "1"})
    assert loaded.n_rows == len(fields)
    assert len(loaded.problems) + len(loaded.quarantined) + loaded.n_duplicates + loaded.n_known == len(fields)
    assert len({problem.problem_id for problem in loaded.problems}) == len(loaded.problems)


@given(st.text(min_size=1), st.sampled_from([" ", "\n", "\t", "  "]))
def test_ids_do_not_depend_on_spacing(statement: str, space: str) -> None:
    words = statement.split()
    assert problem_id(space.join(words)) == problem_id(" ".join(words))
    assert len(problem_id(statement)) == 16


def test_ids_depend_on_everything_else() -> None:
    assert len({problem_id(text) for text in ("3 + 4", "3 - 4", "X", "x", "3+4")}) == 5
