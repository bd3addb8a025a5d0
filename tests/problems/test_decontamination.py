"""Properties of decontamination: no training problem keeps 13 words in a row of a test problem."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.problems.decontamination import Decontaminator
from tasks.problems.identity import problem_id
from tasks.problems.loaders import load_problems
from warehouse.records import Problem, Split

WORDS = st.lists(st.sampled_from(["one", "two", "three", "four", "five"]), min_size=13, max_size=30)


def problem(statement: str, split: Split = "train") -> Problem:
    return Problem(problem_id(statement), statement, "1", "here", None, split)


def refused(test: str, train: str, n_gram: int = 13) -> bool:
    return bool(Decontaminator([problem(test, "test")], n_gram).refusals([problem(train)]))


@given(WORDS, st.text(), st.text())
def test_a_test_problem_is_found_whatever_stands_around_it(words: list[str], before: str, after: str) -> None:
    assert refused(" ".join(words), f"{before} {' '.join(words)} {after}")


@given(WORDS, WORDS)
def test_a_refused_problem_shares_exactly_the_words_that_are_named(test: list[str], train: list[str]) -> None:
    refusals = Decontaminator([problem(" ".join(test), "test")]).refusals([problem(" ".join(train))])
    shared = {tuple(test[i : i + 13]) for i in range(len(test) - 12)} & {
        tuple(train[i : i + 13]) for i in range(len(train) - 12)
    }
    assert bool(refusals) == bool(shared)
    for refusal in refusals:
        assert tuple(refusal.shared_words.split()) in shared if refusal.shared_words else test == train


def test_punctuation_case_and_latex_signs_hide_nothing() -> None:
    test = "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts?"
    train = "a ROBE takes $2$ bolts of blue fiber -- and half that much, white fiber; how many"
    assert refused(test, train)


def test_short_problems_are_compared_whole_with_their_operators() -> None:
    assert refused("What is $3 + 4$?", "what is 3 + 4")
    assert not refused("What is $3 + 4$?", "What is $3 - 4$?")
    assert not refused("What is $3 + 4$?", "What is 3 + 4 + 5?")


def test_twelve_words_in_a_row_are_allowed() -> None:
    words = [f"w{i}" for i in range(14)]
    assert not refused(" ".join(words[:13]), " ".join([*words[:12], "other", "words"]))


def test_a_refusal_becomes_a_quarantined_row_that_names_the_test_problem() -> None:
    test, train = problem("What is 3 + 4?", "test"), problem("what is 3 + 4")
    (refusal,) = Decontaminator([test]).refusals([train])
    row = refusal.quarantined()
    assert row.reason == f"contaminated: equals test problem {test.problem_id} of here"
    assert row.raw == train.statement
    longer = problem(" ".join(["one"] * 13), "test"), problem(" ".join(["one"] * 14))
    (refusal,) = Decontaminator([longer[0]]).refusals([longer[1]])
    words = " ".join(["one"] * 13)
    assert refusal.reason == f"contaminated: shares '{words}' with test problem {longer[0].problem_id} of here"


def test_an_equal_problem_is_called_equal_also_where_it_is_long() -> None:
    words = " ".join(f"w{i}" for i in range(40))
    (refusal,) = Decontaminator([problem(f"{words}?", "test")]).refusals([problem(words.upper())])
    assert refusal.shared_words is None


@pytest.mark.integration
def test_gsm8k_train_shares_four_problems_with_the_benchmarks(real_data: Path) -> None:
    test = [
        p for path in sorted((real_data / "benchmarks").glob("*.json")) for p in load_problems(path, "test", path.stem).problems
    ]
    refusals = Decontaminator(test).refusals(load_problems(real_data / "gsm8k/train.jsonl", "train", "gsm8k").problems)
    assert {refusal.test_problem.source for refusal in refusals} == {"GSM8K_test"}
    assert len(refusals) == 4


def test_every_test_problem_is_refused_as_training_problem(real_data: Path) -> None:
    test = load_problems(real_data / "benchmarks/math500_test.json", "test", "math500").problems
    assert len(Decontaminator(test).refusals(test)) == len(test)
