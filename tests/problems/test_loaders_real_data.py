"""The public problem sets load whole: what is refused is known by count and reason."""

from pathlib import Path

import pytest

from tasks.problems.loaders import load_problems
from tasks.problems.readers import read_rows

N_QUARANTINED = {  # counted with this loader in November 2026, each reason looked at
    "MATH_test.json": 4,  # a list of two answers
    "collegemath_test.json": 63,  # one statement with several answers; 13 solutions in sentences
    "gaokao2023en_test.json": 2,  # no answer
    "omni_test.json": 108,  # 9 without answer, 31 proofs, 61 sentences, a placeholder, form feeds inside of words
}
FILES = {
    "benchmarks/GSM8K_test.json": 1319,
    "benchmarks/MATH_test.json": 5000,
    "benchmarks/aime2024_test.json": 30,
    "benchmarks/amc23_test.json": 40,
    "benchmarks/collegemath_test.json": 2818,
    "benchmarks/gaokao2023en_test.json": 385,
    "benchmarks/math500_test.json": 500,
    "benchmarks/olympiadbench_test.json": 675,
    "benchmarks/omni_test.json": 4428,
    "gsm8k/train.jsonl": 7473,
    "gsm8k/test.jsonl": 1319,
}


@pytest.mark.parametrize("name", FILES)
def test_every_row_of_a_public_problem_set_is_accounted_for(real_data: Path, name: str) -> None:
    path = real_data / name
    loaded = load_problems(path, "test", path.stem)
    assert loaded.n_rows == FILES[name]
    assert len(loaded.problems) + len(loaded.quarantined) + loaded.n_duplicates == FILES[name]
    assert len(loaded.quarantined) == N_QUARANTINED.get(path.name, 0)


def test_both_copies_of_gsm8k_test_are_the_same_problems(real_data: Path) -> None:
    array = load_problems(real_data / "benchmarks/GSM8K_test.json", "test", "gsm8k")
    known = {problem.problem_id: problem.answer for problem in array.problems}
    lines = load_problems(real_data / "gsm8k/test.jsonl", "test", "gsm8k", known=known)
    assert (lines.n_known, lines.problems, lines.quarantined) == (1319, (), ())


def test_gsm8k_answers_are_the_numbers_at_their_end(real_data: Path) -> None:
    answers = {
        problem.statement: problem.answer for problem in load_problems(real_data / "gsm8k/train.jsonl", "train", "g").problems
    }
    for row in read_rows(real_data / "gsm8k/train.jsonl"):
        written = str(row.fields["answer"]).rsplit("#### ", 1)[1]
        assert answers[str(row.fields["question"]).strip()] == written.replace(",", "")
