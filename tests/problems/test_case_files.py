"""Files that went wrong once, as people have them: what becomes of every row, as a table. Skipped where they are absent."""

from pathlib import Path

import pytest

from tasks.grading.grader import grade_all, open_grader
from tasks.grading.settings import GradingSettings
from tasks.problems.loaders import LoadedProblems, load_problems
from tasks.problems.options import ReadingOptions
from warehouse.errors import BadInput

STORED: dict[str, dict[str, str]] = {
    "aime.jsonl": {"A1?": "204"},
    "answers.jsonl": {"AN0?": "5", "AN1?": "5.5", "AN2?": "5", "AN10?": "0", "AN11?": "-3"}
    | dict.fromkeys(("AN19?", "AN20?", "AN21?", "AN22?", "AN23?"), "5"),
    "dups.jsonl": {"Same?": "1/2", "Same3?": "1", "SAME3?": "5", "Same4?": "1,000", "Same5?": r"\frac12", "Same6?": "x=2"},
    "escapes.jsonl": {
        "E1?": "3",
        "E2?": r"\frac{1}{2}",
        "E3?": r"\sqrt{2}",
        r"E4 $\theta$?": r"\times 3",
        "E5?": r"\frac{1}{2}",
        "E6?": r"\nu",
        r"E7 \right?": "7",
        "E8?": r"\frac{1}{2}",
    },
    "gsm8k.jsonl": {"G1 how many?": "2", "G2 how many?": "1234", "G4 how many?": "$5", "G5 how many?": "6", "G6?": "12"},
    "level_float.parquet": {"LP1?": "1", "LP2?": "2"},
    "levels.jsonl": dict.fromkeys((f"L{number}?" for number in (0, 1, 2, 3, 5, 6, 8, 9, 10, 15, 18)), "1"),
    "mcq.jsonl": {"MC?\nA. 1\nB. 2": "B", "MC2?\nA. 1": "A"},
    "numina15.jsonl": {"Find x with x+1=4.": "3"},
    "numina_cot.jsonl": {"Find x with x+1=3.": "2", "Which? (A) 1 (B) 2": "B"},
    "omi.jsonl": {"O1?": "5"},
    "pretty.json": {"D1 compute": "5"},
    "target.jsonl": {f"T{number}?": "5" for number in range(1, 7)},
    "verl.parquet": {"V1 how many?": "72"},
} | {
    name: {f"What is {n} plus {n}, said slowly {letter}?": str(2 * n) for n, letter in enumerate("abc")}
    for name in ("ok.csv", "ok.jsonl.gz", "wrapped_train.json")
}
REFUSED: dict[str, dict[int, str]] = {
    "answers.jsonl": {4: "a list of 2", 6: "neither a text", 7: "neither a text", 25: "a list of 1"}
    | dict.fromkeys((5, 8, 9, 10), "no answer")
    | dict.fromkeys(range(13, 20), "placeholder: "),
    "dups.jsonl": {3: "the answer '1' here and '2' on line 4", 4: "the answer '2' here and '1' on line 3"},
    "gsm8k.jsonl": {3: "no answer after ####"},
    "levels.jsonl": dict.fromkeys((5, 8, 12, 13, 14, 15, 17, 18, 20), "level: "),
    "mcq.jsonl": {3: "choice_index: "},
    "numina15.jsonl": {2: "invalid: the data set says problem_is_valid = Incomplete", 3: "proof: "},
    "numina_cot.jsonl": {1: "proof: ", 2: "placeholder: ", 4: "no answer", 5: "no answer"},
}
OTHERS = {"math.jsonl", "skywork.jsonl"}
"""Files with tests of their own below."""


@pytest.fixture(scope="module")
def cases(real_data: Path) -> Path:
    folder = real_data.parent / "cases" / "files"
    if not folder.is_dir():
        pytest.skip(f"no cases: {folder} is not there")
    return folder


def graded(path: Path, options: ReadingOptions | None = None) -> LoadedProblems:
    """Return what becomes of a file where the grader says which answers are equal."""
    grader = open_grader(GradingSettings())
    try:
        return load_problems(
            path,
            "train",
            "cases",
            same_answer=lambda one, other: grade_all([(one, other)], grader)[0].verdict == "correct",
            options=options or ReadingOptions(),
        )
    finally:
        grader.close()


def answers(loaded: LoadedProblems) -> dict[str, str]:
    return {problem.statement: problem.answer for problem in loaded.problems}


def test_the_table_has_every_file(cases: Path) -> None:
    assert {path.name for path in cases.iterdir()} == {*STORED, *OTHERS}


@pytest.mark.parametrize("name", STORED)
def test_what_becomes_of_every_row_of_a_case_file(cases: Path, name: str) -> None:
    loaded = graded(cases / name)
    assert answers(loaded) == STORED[name]
    reasons = {refused.line_number: refused.reason for refused in loaded.quarantined}
    expected = REFUSED.get(name, {})
    assert reasons.keys() == expected.keys()
    assert [(line, reasons[line]) for line in expected if expected[line] not in reasons[line]] == []


def test_levels_that_are_whole_numbers_are_read_and_unknown_ones_are_none(cases: Path) -> None:
    levels = {problem.statement: problem.level for problem in graded(cases / "levels.jsonl").problems}
    assert [levels[f"L{number}?"] for number in (0, 1, 2, 3, 15)] == [3, 3, 3, 3, 5]
    assert [levels[f"L{number}?"] for number in (5, 6, 18)] == [None, None, None]


def test_repaired_rows_are_counted(cases: Path) -> None:
    assert graded(cases / "escapes.jsonl").n_mended == 7


def test_solutions_of_math_give_what_is_boxed_or_called_the_answer(cases: Path) -> None:
    found = answers(graded(cases / "math.jsonl"))
    expected = {1: "5", 6: r"\frac{1}{2}", 7: "12", 10: r"\{1,2\}", 12: "9", 13: "9"}
    assert {number: found[f"M{number} compute"] for number in expected} == expected
    assert found["M5 compute"] == "4", "of boxes in different sentences the last one counts"
    assert "M8 compute" not in found, "a box that never closes is no answer"


def test_boxes_without_braces_and_of_other_names_are_read(cases: Path) -> None:
    found = answers(graded(cases / "math.jsonl"))
    assert [found[f"M{number} compute"] for number in (2, 3, 4)] == ["5", "5", "7"]
    assert found["M9 compute"] == "x=3, x=-3"


def test_a_list_in_a_text_is_refused_by_name_and_read_where_that_is_allowed(cases: Path) -> None:
    with pytest.raises(BadInput, match="list_in_text: ") as caught:
        graded(cases / "skywork.jsonl")
    assert "fields found: problem, answer; taken: question from problem, answer from answer" in caught.value.message
    assert answers(graded(cases / "skywork.jsonl", ReadingOptions(allow=frozenset({"list_in_text"})))) == {"S1?": "5"}
