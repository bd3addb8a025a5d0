"""The forms of rows that are recognised by themselves, and what a person may say about others."""

import json

import pytest

from tasks.problems.loaders import LoadedProblems, problems_of
from tasks.problems.options import ReadingOptions
from tasks.problems.rows import RawRow
from warehouse.records import Problem

DAPO = (
    "Solve the following math problem step by step. The last line of your response should be of the form Answer: $Answer "
    '(without quotes).\n\nHow many primes are below 20?\n\nRemember to put your answer on its own line after "Answer:".'
)
PRIMES = "How many primes are below 20?"
SHAPES: dict[str, dict[str, object]] = {
    "GSM8K": {"question": PRIMES, "answer": "2, 3, 5, ... <<4+4=8>>8\n#### 8"},
    "MATH": {"problem": PRIMES, "level": "Level 2", "type": "Number Theory", "solution": r"They are $\boxed{8}$."},
    "MATH-500": {
        "problem": PRIMES,
        "solution": r"\boxed{8}",
        "answer": "8",
        "subject": "N",
        "level": 2,
        "unique_id": "t/1.json",
    },
    "NuminaMath 1.0": {"source": "cn_k12", "problem": PRIMES, "solution": r"\boxed{8}", "messages": []},
    "NuminaMath 1.5": {
        "problem": PRIMES,
        "solution": "...",
        "answer": "8",
        "question_type": "math-word-problem",
        "synthetic": False,
        "problem_is_valid": "Yes",
        "solution_is_valid": "Yes",
    },
    "OpenMathInstruct 1": {"question": PRIMES, "expected_answer": "8", "generated_solution": "len(...)", "is_correct": True},
    "OpenMathInstruct 2": {
        "problem": PRIMES,
        "generated_solution": r"\boxed{9}",
        "expected_answer": "8",
        "problem_source": "m",
    },
    "DeepScaleR": {"problem": PRIMES, "answer": "8", "solution": ""},
    "DAPO": {"prompt": [{"role": "user", "content": DAPO}], "reward_model": {"ground_truth": "8", "style": "rule"}},
    "verl": {
        "data_source": "o",
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "asked so"}],
        "reward_model": {"ground_truth": "8"},
        "extra_info": {"question": PRIMES, "answer": "#### 8", "index": 3},
    },
    "a prompt with boxes": {
        "prompt": f"{PRIMES} Please reason step by step, and put your final answer within \\boxed{{}}.",
        "ground_truth": "8",
    },
    "Big-Math": {"problem": PRIMES, "answer": "8", "source": "amc", "domain": ["N"], "llama8b_solve_rate": 0.5},
    "OpenR1": {"problem": PRIMES, "answer": "8", "generations": ["a", "b"], "correctness_math_verify": [True, False]},
    "MetaMath": {
        "query": PRIMES,
        "response": "Count them.\n#### 8\nThe answer is: 8",
        "original_question": "?",
        "type": "GSM_AnsAug",
    },
    "OlympiadBench": {"question": PRIMES, "final_answer": ["$8$"], "solution": ["long"], "is_multiple_answer": False},
    "AIME": {"ID": "2024-II-4", "Problem": PRIMES, "Solution": "text", "Answer": 8},
    "AIME of one table": {"Year": 1999, "Problem Number": 3, "Question": PRIMES, "Answer": "8"},
    "DeepMath": {"question": PRIMES, "final_answer": "8", "difficulty": 4.5, "r1_solution_1": "..."},
    "a chat": {"messages": [{"role": "user", "content": PRIMES}, {"role": "assistant", "content": r"It is \boxed{8}."}]},
    "ShareGPT": {"conversations": [{"from": "human", "value": PRIMES}, {"from": "gpt", "value": r"\boxed{8}"}]},
    "Alpaca": {"instruction": PRIMES, "input": "", "output": "Counting gives 8. The answer is 8."},
    "spaced capitals": {"Problem Statement": PRIMES, "Correct Answer": "8"},
    "one in a list": {"question": PRIMES, "answers": ["8"]},
    "a float": {"question": PRIMES, "answer": 8.0},
    "in Chinese": {"question": PRIMES, "solution": "共有八个。答案：8"},
}


def loaded(*rows: dict[str, object], options: ReadingOptions | None = None) -> LoadedProblems:
    raw = [RawRow(number, json.dumps(row), row) for number, row in enumerate(rows, start=1)]  # type: ignore[arg-type]
    return problems_of(raw, "train", "here", options=options or ReadingOptions())


def only(row: dict[str, object], options: ReadingOptions | None = None) -> Problem:
    found = loaded(row, options=options)
    assert [refused.reason for refused in found.quarantined] == []
    return found.problems[0]


def reason(row: dict[str, object], options: ReadingOptions | None = None) -> str:
    (refused,) = loaded(row, options=options).quarantined
    return refused.reason


@pytest.mark.parametrize("name", SHAPES)
def test_a_form_is_recognised_by_itself(name: str) -> None:
    problem = only(SHAPES[name])
    assert (problem.statement, problem.answer, problem.kind) == (PRIMES, "8", "one_answer")


def test_level_and_source_come_with_the_row() -> None:
    assert (only(SHAPES["MATH"]).level, only(SHAPES["NuminaMath 1.0"]).source) == (2, "cn_k12")
    assert (only(SHAPES["verl"]).source, only(SHAPES["OpenMathInstruct 2"]).source) == ("o", "m")
    assert only(SHAPES["DeepMath"]).level is None, "a difficulty on another scale is no level"


def test_an_olympiad_problem_with_several_answers_keeps_all() -> None:
    problem = only({"question": "Solve $x^2=4$.", "final_answer": ["$2$", "$-2$"], "is_multiple_answer": True})
    assert (problem.answer, problem.kind) == ("2, -2", "several_answers")


@pytest.mark.parametrize("valid", ["No", "Incomplete", "Problem not solved", False])
def test_what_a_data_set_calls_invalid_is_refused_by_name(valid: object) -> None:
    row = SHAPES["NuminaMath 1.5"] | {"solution_is_valid": valid}
    assert reason(row) == f"invalid: the data set says solution_is_valid = {valid}"
    assert only(row, ReadingOptions(allow=frozenset({"invalid"}))).answer == "8"
    assert only(row | {"solution_is_valid": None}).answer == "8"


@pytest.mark.parametrize(
    ("options", "answer", "shown"),
    [
        (["7", "8", "9"], "B", "A. 7\nB. 8\nC. 9"),
        (["A) 7", "B) 8"], "B", "A. 7\nB. 8"),
        ({"A": "7", "B": "8"}, "B", "A. 7\nB. 8"),
        ({"label": ["1", "2"], "text": ["7", "8"]}, "2", "1. 7\n2. 8"),
        ([{"label": "A", "text": "7"}, {"label": "B", "text": "8"}], "B", "A. 7\nB. 8"),
        (["7", "8", "9"], "8", "A. 7\nB. 8\nC. 9"),
    ],
)
def test_options_are_shown_below_the_question(options: object, answer: str, shown: str) -> None:
    problem = only({"question": PRIMES, "choices": options, "answer": answer})
    assert (problem.statement, problem.answer, problem.kind) == (f"{PRIMES}\n{shown}", answer, "choice")


def test_options_that_the_question_shows_already_are_not_repeated() -> None:
    assert only({"question": "Which? (A) 7 (B) 8", "options": ["7", "8"], "correct": "B"}).statement == "Which? (A) 7 (B) 8"


@pytest.mark.parametrize("index", [0, 1, 2, "1"])
def test_an_index_of_options_is_refused_for_it_may_count_from_0_or_1(index: object) -> None:
    row = {"question": PRIMES, "choices": ["seven", "eight", "nine"], "answer": index}
    assert reason(row).startswith("choice_index: ")
    letter = only(row, ReadingOptions(allow=frozenset({"choice_index"}))).answer
    assert letter == "ABC"[int(str(index))]


def test_fields_that_a_person_names_replace_those_that_would_be_recognised() -> None:
    row = {"question": "the wrong one", "body": {"text": PRIMES}, "answer": "9", "key": "8", "grade": "3", "from": "a book"}
    problem = only(row, ReadingOptions("body.text", "key", "grade", "from"))
    assert (problem.statement, problem.answer, problem.level, problem.source) == (PRIMES, "8", 3, "a book")


def test_a_field_that_is_not_there_is_named_beside_those_that_are() -> None:
    expected = "no answer in the field key; fields found: question, answer; taken: question from question, answer from answer"
    assert reason({"question": PRIMES, "answer": "8"}, ReadingOptions(answer_field="key")) == expected


def test_several_questions_of_a_chat_are_no_problem() -> None:
    twice = [{"role": "user", "content": PRIMES}, {"role": "assistant", "content": "8"}, {"role": "user", "content": "Why?"}]
    assert reason({"messages": twice, "answer": "8"}) == "the field messages holds 2 questions"
