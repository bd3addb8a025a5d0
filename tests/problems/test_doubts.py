"""No reference answer that is none: each kind is refused by its name, and taken where a person allows that kind."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.problems.doubts import DOUBT_NAMES, DoubtName, asks_for_proof, doubts_named, is_placeholder, is_prose
from tasks.problems.loaders import problems_of
from tasks.problems.options import ReadingOptions
from tasks.problems.rows import RawRow
from warehouse.errors import BadInput
from warehouse.records import ProblemKind

SENTENCE = "First we add both sides and then we divide by two."
DOUBTFUL: dict[DoubtName, tuple[dict[str, object], str]] = {
    "placeholder": ({"question": "Q?", "answer": "See the solution."}, "See the solution."),
    "choice_index": ({"question": "Q?", "choices": ["x", "y"], "answer": 1}, "B"),
    "prose": ({"question": "Q?", "answer": SENTENCE}, SENTENCE),
    "list_in_text": ({"question": "Q?", "answer": "['3', '4']"}, "3, 4"),
    "proof": ({"question": "Show that 7 is prime.", "answer": "7"}, "7"),
    "invalid": ({"question": "Q?", "answer": "7", "problem_is_valid": "No"}, "7"),
    "level": ({"question": "Q?", "answer": "7", "level": "AMC 12"}, "7"),
    "damaged": ({"question": "Q?", "answer": "7\b"}, "7\b"),
}


def load(row: dict[str, object], *allowed: DoubtName) -> tuple[list[str], list[str]]:
    found = problems_of(
        [RawRow(1, json.dumps(row), row)],  # type: ignore[arg-type]
        "train",
        "here",
        options=ReadingOptions(allow=frozenset(allowed)),
    )
    return [problem.answer for problem in found.problems], [refused.reason for refused in found.quarantined]


@pytest.mark.parametrize("name", DOUBT_NAMES)
def test_every_kind_of_doubt_has_a_name_and_a_switch(name: DoubtName) -> None:
    row, answer = DOUBTFUL[name]
    answers, reasons = load(row)
    assert answers == []
    assert reasons[0].startswith(f"{name}: ")
    assert load(row, name) == ([answer], [])


def test_a_row_with_two_doubts_needs_both_switches() -> None:
    row = {"question": "Q?", "answer": "n/a", "level": "hard"}
    assert load(row, "level")[1] == ["placeholder: the answer 'n/a' stands for none"]
    assert load(row, "level", "placeholder") == (["n/a"], [])


def test_a_name_that_no_doubt_has_is_bad_input() -> None:
    assert doubts_named(["list-in-text", "proof"]) == {"list_in_text", "proof"}
    with pytest.raises(BadInput, match="no rows are refused as 'proofs'"):
        doubts_named(["proofs"])


@pytest.mark.parametrize(
    "answer",
    ["N/A", "n/a.", "None", "NaN", "null", "?", "-", "...", "Proof", "not found", "notfound", r"\text{proof}", "TBD", "[]"],
)
def test_placeholders_are_known_in_any_case_and_wrapping(answer: str) -> None:
    assert is_placeholder(answer)


@pytest.mark.parametrize(
    "answer", ["0", "-1", "no", "x", "No solution", r"\emptyset", "infinitely many", "n", "A", r"\{\}", "none of these"]
)
def test_short_answers_are_no_placeholders(answer: str) -> None:
    assert not is_placeholder(answer)


@given(st.integers() | st.fractions())
def test_no_number_is_a_placeholder_or_prose(number: object) -> None:
    assert not is_placeholder(str(number))
    assert not is_prose(str(number))


@pytest.mark.parametrize(
    "answer",
    [
        "f(x) = C \\text{ for some constant } C \\in [0, 1] \\text{ and every } x \\text{ that is real and positive}",
        "7 minutes",
    ],
)
def test_formulas_with_words_are_no_prose(answer: str) -> None:
    assert not is_prose(answer)


@pytest.mark.parametrize(
    "text", ["The answer is 12.", "so the final answer is: 12", "He pays 3 x 4. Answer: $12$", r"It is \boxed{12}"]
)
def test_the_final_answer_of_sentences_is_taken(text: str) -> None:
    assert load({"question": "Q?", "answer": text}) == (["12"], [])


@pytest.mark.parametrize(
    "statement", ["Prove that 7 is prime.", "Let $n>1$. Show that $n^2>n$.", "Consider a square, then prove that it is convex."]
)
def test_questions_for_a_proof_are_told(statement: str) -> None:
    assert asks_for_proof(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "Show your work: what is 2+2?",
        "Find $n$ and prove that it is unique.",
        "A proof has 3 lines. Determine their sum.",
        "How many shows?",
    ],
)
def test_questions_for_a_value_are_none_for_a_proof(statement: str) -> None:
    assert not asks_for_proof(statement)


@pytest.mark.parametrize(
    ("statement", "answer", "kind"),
    [
        ("What is 2+2?", "4", "one_answer"),
        ("Which is prime? (A) 4 (B) 5 (C) 6", "B", "choice"),
        ("Which is prime?\nA. 4\nB. 5", "B", "choice"),
        ("Points (A) and (B) are 3 apart. How far is C from both?", "1.5", "one_answer"),
        ("Let $f$ be even. (1) Find $f(0)$. (2) Find $f(1)$.", "0; 1", "several_questions"),
        ("It is known that (1) $a>b$ and (2) $b>c$ hold. Which is largest?", "a", "one_answer"),
        ("Solve.", "(1) 3; (2) 4", "several_answers"),
    ],
)
def test_kinds_of_problems_are_told_apart(statement: str, answer: str, kind: ProblemKind) -> None:
    row = {"question": statement, "answer": answer}
    (problem,) = problems_of([RawRow(1, "", row)], "train", "here").problems  # type: ignore[arg-type]
    assert problem.kind == kind
