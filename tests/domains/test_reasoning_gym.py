"""The library's puzzles: made from seeds, kept apart by split, and graded by the library's verifiers within limits."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from tasks.domains.reasoning_gym.domain import ReasoningGym
from tasks.domains.reasoning_gym.families import FAMILIES
from tasks.domains.reasoning_gym.library import entries
from tasks.domains.reasoning_gym.problems import split_of
from tasks.domains.reasoning_gym.reference import Reference
from tasks.grading.base import Grader
from tasks.grading.grader import grade_all
from tasks.grading.grouping import group_equivalent
from tasks.grading.settings import GradingSettings
from tasks.problems.decontamination import Decontaminator
from tasks.problems.reading import check_text
from tasks.problems.rows import RawRow, RowError
from tasks.sandbox.settings import SandboxSettings
from tests.makefile import ROOT
from warehouse.records import SPLITS, Problem, Split

GYM = ReasoningGym()
PER_LEVEL = (25, 22, 22, 20, 20)


@pytest.fixture(scope="module")
def problems() -> dict[Split, list[Problem]]:
    """Problems of every split, made with one seed."""
    return {split: GYM.generate(split, 7, PER_LEVEL) for split in SPLITS}


def family_of(problem: Problem) -> str:
    return Reference.parsed(problem.answer).family


def test_there_are_at_least_ten_families_of_five_kinds() -> None:
    assert len(FAMILIES) >= 10
    assert {"arithmetic", "algebra", "logic", "algorithms", "games"} <= {family.area for family in FAMILIES.values()}


def test_no_text_is_in_two_splits_though_their_seeds_are_equal(problems: dict[Split, list[Problem]]) -> None:
    ids = [problem.problem_id for split in SPLITS for problem in problems[split]]
    assert len(set(ids)) == len(ids) == 3 * sum(PER_LEVEL)
    assert all(split_of(problem.statement) == split for split in SPLITS for problem in problems[split])


def test_no_training_problem_equals_a_test_problem_up_to_spacing_and_case(problems: dict[Split, list[Problem]]) -> None:
    refusals = Decontaminator(problems["test"], 100).refusals([*problems["train"], *problems["validation"]])
    assert refusals == ()


def test_no_statement_holds_a_mark_of_the_step_format(problems: dict[Split, list[Problem]]) -> None:
    for split in SPLITS:
        for problem in problems[split]:
            check_text(problem.statement)


def test_families_take_turns_at_every_level(problems: dict[Split, list[Problem]]) -> None:
    for level, n_wanted in enumerate(PER_LEVEL, start=1):
        counts = Counter(family_of(problem) for problem in problems["train"] if problem.level == level)
        assert counts.total() == n_wanted
        assert counts.keys() == {name for name, family in FAMILIES.items() if level <= family.highest_level}
        assert max(counts.values()) - min(counts.values()) <= 1


def test_problems_do_not_depend_on_the_order_of_sets() -> None:
    program = (
        "from tasks.domains.reasoning_gym.domain import ReasoningGym; import hashlib; "
        "print(hashlib.sha256(repr(ReasoningGym().generate('train', 1, (21, 19, 19, 18, 18))).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with closing(GYM.open_grader(GradingSettings(), SandboxSettings())) as opened:
        yield opened


@pytest.fixture(scope="module")
def samples() -> list[tuple[str, str, str]]:
    """(family, right answer, reference as it is stored) of two entries of every family at its lowest and highest level."""
    return [
        (name, entry.answer, Reference.of(name, entry).written)
        for name, family in FAMILIES.items()
        for level in (1, family.highest_level)
        for entry in islice(entries(name, level, 11), 2)
    ]


def test_the_stored_reference_alone_lets_every_family_recognise_a_right_answer(
    samples: list[tuple[str, str, str]], grader: Grader
) -> None:
    grades = grade_all([(answer, reference) for _, answer, reference in samples], grader)
    assert [(name, grade.verdict) for (name, *_), grade in zip(samples, grades, strict=True)] == [
        (name, "correct") for name, *_ in samples
    ]
    assert {grade.method for grade in grades} == {"verifier"}
    assert all("reasoning-gym-" in grade.version for grade in grades)


BOMB = "(" * 5_000 + ")" * 5_000
CODE = "__import__('pathlib').Path({canary!r}).touch()"


@pytest.mark.parametrize(
    "attack", ["", " ", "?", "9" * 5_000, BOMB, CODE, "[" + CODE + "]", "{'a': 1}", "None", "\0", "None of these"]
)
def test_what_is_no_answer_is_right_in_no_family_and_runs_nowhere(
    attack: str, samples: list[tuple[str, str, str]], grader: Grader, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    written = attack.format(canary=str(canary)) if attack.startswith(("__", "[__")) else attack
    grades = grade_all([(written, reference) for _, _, reference in samples], grader)
    assert {name for (name, *_), grade in zip(samples, grades, strict=True) if grade.verdict == "correct"} == set()
    assert not canary.exists()


def reference(family: str, answer: str, **metadata: object) -> str:
    return Reference(family, answer, json.dumps(metadata)).written


def test_part_of_the_marks_is_wrong(grader: Grader) -> None:
    (sum_,) = grade_all([("The sum is 42.", reference("chain_sum", "42"))], grader)
    assert (sum_.verdict, sum_.why) == ("wrong", f"chain_sum gives {2 / 14:g}")


def test_a_family_that_is_not_known_leaves_the_verdict_open(grader: Grader) -> None:
    assert [grade.verdict for grade in grade_all([("1", reference("countdown", "1"))], grader)] == ["unknown"]


def test_another_right_answer_than_the_stored_one_is_right(grader: Grader) -> None:
    buttons = [{"name": name, "type": "add", "value": 1, "active_state": "any"} for name in "AB"]
    stored = reference("quantum_lock", "A → A", buttons=buttons, initial_state="red", initial_value=0, target_value=2)
    grades = grade_all([("B → A", stored), ("A", stored), ("A → A → A", stored)], grader)
    assert [grade.verdict for grade in grades] == ["correct", "wrong", "wrong"]


def test_votes_are_grouped_by_their_text_and_no_verifier_is_asked(grader: Grader) -> None:
    assert group_equivalent(["A  B", "A B", "B A", "A B"], grader) == [(0, 1, 3), (2,)]


def row(**fields: object) -> RawRow:
    return RawRow(1, json.dumps(fields), json.loads(json.dumps(fields)))


def test_an_entry_of_the_library_in_a_file_is_a_problem() -> None:
    problem = GYM.read(row(question="GCD of 4 and 6?", answer="2", metadata={"source_dataset": "gcd"}, level=2), "test", "mine")
    assert (problem.statement, problem.source, problem.level, family_of(problem)) == ("GCD of 4 and 6?", "mine", 2, "gcd")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"question": "1 + 1?", "answer": "2"}, "source_dataset is None"),
        ({"question": "24?", "answer": "4 * 6", "metadata": {"source_dataset": "countdown"}}, "source_dataset is 'countdown'"),
        ({"question": "1 + 1?", "answer": 2, "metadata": {"source_dataset": "gcd"}}, "the answer is not a text"),
        ({"question": "a<answer>?", "answer": "2", "metadata": {"source_dataset": "gcd"}}, "reserves"),
        ({"question": "?", "answer": "2", "metadata": {"source_dataset": "gcd"}, "level": "low"}, "the level"),
    ],
)
def test_a_row_that_is_no_such_entry_is_refused_with_the_reason(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        GYM.read(row(**fields), "train", "mine")
