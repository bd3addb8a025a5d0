"""GSM8K's human solutions as code: the program computes the reference answer, comments give no result away."""

import json
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest

from tasks.domains.mathematics.gsm8k import CodedSolution, coded_solution, coded_solutions, use_of
from tasks.domains.mathematics.varied import varied, varied_solutions
from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.search.format import END_OF_STEP, code_of

QUESTION = "Natalia sold clips to 48 friends in April, and half as many in May. How many clips did she sell altogether?"
SOLUTION = """Natalia sold 48/2 = <<48/2=24>>24 clips in May.
Natalia sold 48+24 = <<48+24=72>>72 clips altogether in April and May.
#### 72"""


def coded(question: str, solution: str) -> CodedSolution:
    result = coded_solution(question, solution)
    assert isinstance(result, CodedSolution), result
    return result


def program(solution: CodedSolution) -> str:
    return "\n".join(code_of(step) for step in solution.solution().split(END_OF_STEP))


def test_a_sentence_becomes_a_comment_without_its_result_and_a_line_of_code() -> None:
    solution = coded(QUESTION, SOLUTION)
    assert [step.comment for step in solution.steps] == [
        "Natalia sold x1 clips in May.",
        "Natalia sold x2 clips altogether in April and May.",
    ]
    assert [step.lines for step in solution.steps] == [("x1 = 48 / 2",), ("x2 = 48 + x1",)]
    assert boxed_answer(solution.solution()) == "72.0"


def test_a_result_named_before_its_annotation_is_a_variable_too() -> None:
    solution = coded("He eats 2 pizzas of 16 slices.", "He eats 32 slices because 2*16=<<2*16=32>>32\n#### 32")
    assert solution.steps[0].comment == "He eats x1 slices because x1"


@pytest.mark.parametrize(
    ("solution", "reason"),
    [
        ("So she has 7.\n#### 7", "no annotation"),
        ("So <<p+1=8>>8.\n#### 8", "annotation is no arithmetic"),
        ("So <<9**9**9=1>>1.\n#### 1", "annotation is no arithmetic"),
        ("So <<1/0=1>>1.\n#### 1", "does not run"),
        ("So <<(1+2=3>>3.\n#### 3", "does not run"),
        ("So <<1+2=3>>3 and one more is 4.\n#### 4", "prints another answer"),
    ],
)
def test_what_cannot_be_used_is_dropped_with_its_reason(solution: str, reason: str) -> None:
    assert coded_solution("What is it?", solution) == reason


def test_only_the_base_half_becomes_a_corpus() -> None:
    questions = [f"{QUESTION} ({number})" for number in range(200)]
    kept, dropped = coded_solutions((question, SOLUTION) for question in questions)
    assert not dropped
    assert {solution.question for solution in kept} == {question for question in questions if use_of(question) == "base"}
    assert 70 < len(kept) < 130


def test_other_numbers_go_through_question_comment_and_code_alike() -> None:
    original = coded(QUESTION, SOLUTION)
    other = varied(original, random.Random(0))
    number = re.findall(r"\d+", other.question)[0]
    assert number != "48"
    assert other.steps[0].lines == (f"x1 = {number} / 2",)
    assert other.steps[1].lines == (f"x2 = {number} + x1",)
    assert Fraction(other.printed()) == Fraction(int(number) * 3, 2)


def test_numbers_that_may_stand_for_words_stay() -> None:
    original = coded("A dozen is 12. How many are 2 dozen?", "They are 2*12=<<2*12=24>>24.\n#### 24")
    assert varied(original, random.Random(0)) == original


def test_the_first_pass_is_the_corpus_as_it_is_and_the_rest_depends_on_the_seed_alone() -> None:
    original = [coded(QUESTION, SOLUTION)]
    passes = list(varied_solutions(original, 1, 5))
    assert passes[0] == original[0]
    assert passes == list(varied_solutions(original, 1, 5))
    assert len(set(passes)) > 1


@pytest.mark.integration
def test_nearly_all_real_solutions_become_programs_that_print_the_reference_answer(real_data: Path) -> None:
    rows = [json.loads(line) for line in (real_data / "gsm8k" / "train.jsonl").read_text().splitlines()]
    references = {row["question"]: row["answer"].rpartition("####")[2].strip().replace(",", "") for row in rows}
    kept, dropped = coded_solutions((row["question"], row["answer"]) for row in rows)
    assert len(kept) > 0.9 * (len(kept) + dropped.total())
    for solution in kept:
        printed: list[str] = []
        exec(program(solution), {"__builtins__": {}, "print": lambda value, lines=printed: lines.append(str(value))})
        assert Fraction(printed[0]) == Fraction(references[solution.question])
        assert boxed_answer(solution.solution()) == printed[0]
