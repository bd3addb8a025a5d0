"""Properties of the search for near duplicates: what is reported is true, and copies with a word changed are reported."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.problems.identity import problem_id
from tasks.problems.loaders import load_problems
from tasks.problems.near_duplicates import jaccard, near_duplicates, runs_of_words
from warehouse.records import Problem, Split

STATEMENTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=9).map(" ".join), min_size=2, max_size=6, unique=True)
LONG = " ".join(f"word{i}" for i in range(40))


def problem(statement: str, split: Split = "train") -> Problem:
    return Problem(problem_id(statement), statement, "1", "here", None, split)


@given(STATEMENTS)
@settings(max_examples=30, deadline=None)
def test_a_reported_similarity_is_the_exact_one_and_reaches_the_threshold(statements: list[str]) -> None:
    by_id = {problem(statement).problem_id: statement for statement in statements}
    for pair in near_duplicates([problem(statement) for statement in statements], 0.5):
        left, right = (runs_of_words(by_id[one]) for one in (pair.problem_id, pair.near_problem_id))
        assert pair.similarity == jaccard(left, right) >= 0.5


def test_a_copy_with_one_word_changed_is_found_and_another_text_is_not() -> None:
    other = " ".join(f"other{i}" for i in range(40))
    (pair,) = near_duplicates([problem(LONG), problem(f"{LONG} more"), problem(other)], 0.8)
    assert pair.similarity == 38 / 39


def test_the_training_problem_is_the_one_to_drop() -> None:
    train, test = problem(LONG), problem(f"{LONG} more", "test")
    for order in ([train, test], [test, train]):
        (pair,) = near_duplicates(order, 0.8)
        assert (pair.problem_id, pair.near_problem_id) == (train.problem_id, test.problem_id)


def test_the_order_of_the_problems_changes_nothing() -> None:
    problems = [problem(f"{LONG} {i}") for i in range(4)]
    assert near_duplicates(problems, 0.7) == near_duplicates(problems[::-1], 0.7)


@pytest.mark.parametrize("statement", ["", "one", "?!"])
def test_short_statements_are_one_run(statement: str) -> None:
    assert len(runs_of_words(statement)) == 1


@pytest.mark.integration
def test_gsm8k_nearly_repeats_itself_once(real_data: Path) -> None:
    files: list[tuple[str, Split]] = [("train", "train"), ("test", "test")]
    problems = [p for name, split in files for p in load_problems(real_data / f"gsm8k/{name}.jsonl", split, "gsm8k").problems]
    assert len(near_duplicates(problems, 0.8)) == 1
