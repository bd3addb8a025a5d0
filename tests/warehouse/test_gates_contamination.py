"""The gate looks for test problems with SQL of its own, so that a fault of the ingestion cannot hide itself."""

from dataclasses import astuple
from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.problems.decontamination import Decontaminator
from tasks.problems.identity import problem_id
from tasks.problems.loaders import load_problems
from warehouse.records import Problem, Split
from warehouse.sql.statements import find

TEXTS = st.text(st.sampled_from("abB 12_-+.$\u00e9e\u0301\u4e00"), min_size=1, max_size=40)


def found_by_sql(problems: list[Problem], n_gram: int) -> set[str]:
    connection = duckdb.connect()
    connection.execute(
        "create table problems (problem_id text, statement text, answer text, source text, level int, split text, kind text)"
    )
    connection.executemany("insert into problems values (?, ?, ?, ?, ?, ?, ?)", [astuple(problem) for problem in problems])
    rows = connection.execute(find("contaminated_problems").sql, {"n_gram": n_gram}).fetchall()
    return {row[0] for row in rows}


def found_by_python(test: list[Problem], train: list[Problem], n_gram: int) -> set[str]:
    return {refusal.problem.problem_id for refusal in Decontaminator(test, n_gram).refusals(train)}


def problem(statement: str, split: Split) -> Problem:
    return Problem(problem_id(statement) + split, statement, "1", "here", None, split)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_sql_and_python_refuse_the_same_problems(test_texts: list[str], train_texts: list[str]) -> None:
    test = [problem(text, "test") for text in test_texts]
    train = [problem(text, "train") for text in train_texts]
    assert found_by_sql([*test, *train], 3) == found_by_python(test, train, 3)


def test_sql_and_python_refuse_the_same_real_problems(real_data: Path) -> None:
    test = list(load_problems(real_data / "benchmarks/GSM8K_test.json", "test", "gsm8k").problems)
    train = list(load_problems(real_data / "gsm8k/train.jsonl", "train", "gsm8k").problems)
    refused = found_by_python(test, train, 13)
    assert len(refused) == 4
    assert found_by_sql([*test, *train[:3000]], 13) == found_by_python(test, train[:3000], 13)
