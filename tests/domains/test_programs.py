"""Programs: the exercises that ship, the tests of others, and what makes a program right."""

import json
import re

import pytest

from tasks.domains.programs.collection import N_LEVELS, N_SHOWN, Exercise, exercises
from tasks.domains.programs.domain import Programs, read_program, same_program
from tasks.domains.programs.hidden_tests import Case, HiddenTests, same
from tasks.domains.programs.sandbox_pool import decision_of
from tasks.grading.base import GradingRequest
from tasks.grading.settings import GradingSettings
from tasks.problems.decontamination import Decontaminator
from tasks.problems.rows import RawRow, RowError
from tasks.sandbox.base import CodeError, Execution
from tasks.sandbox.settings import SandboxSettings
from tests.domains.grading import graded
from warehouse.errors import BadInput
from warehouse.records import SPLITS

PROGRAMS = Programs()
SQUARE = HiddenTests("square", (Case("3", "9"), Case("-2", "4")))


def named(value: object) -> str | None:
    return value.function if isinstance(value, Exercise) else None


def test_of_every_exercise_the_solution_passes_and_the_mutant_does_not() -> None:
    pairs = [(code, one.problem.answer) for one in exercises() for code in (one.solution, one.mutant)]
    verdicts = [grade.verdict for grade in graded(PROGRAMS, pairs)]
    told = dict(zip([one.function for one in exercises()], zip(verdicts[::2], verdicts[1::2], strict=True), strict=True))
    assert {name: pair for name, pair in told.items() if pair != ("correct", "wrong")} == {}


def test_most_mutants_pass_the_cases_that_are_shown() -> None:
    shown = [HiddenTests(one.function, one.cases[:N_SHOWN]).written for one in exercises()]
    grades = graded(PROGRAMS, [(one.mutant, tests) for one, tests in zip(exercises(), shown, strict=True)])
    assert sum(grade.verdict == "correct" for grade in grades) == 63


def test_there_are_at_least_sixty_exercises_at_three_levels_and_every_split_has_some_of_each() -> None:
    assert len(exercises()) >= 60
    there = {(one.split, one.level) for one in exercises()}
    assert there == {(split, level) for split in SPLITS for level in range(1, N_LEVELS + 1)}


def test_no_function_is_asked_for_twice_and_no_split_repeats_words_of_another() -> None:
    names = [one.function for one in exercises()]
    assert len(set(names)) == len(names)
    test = [one.problem for one in exercises() if one.split == "test"]
    others = [one.problem for one in exercises() if one.split != "test"]
    assert Decontaminator(test).refusals(others) == ()


@pytest.mark.parametrize("exercise", exercises(), ids=named)
def test_a_statement_shows_the_first_cases_and_no_hidden_one(exercise: Exercise) -> None:
    calls = [f"{exercise.function}({case.arguments}) ==" for case in exercise.cases]
    shown = [call in exercise.statement for call in calls]
    assert shown == [number < N_SHOWN for number in range(len(calls))]
    assert len(calls) - N_SHOWN >= 4


def test_problems_are_chosen_by_the_seed_and_the_same_each_time() -> None:
    first, again, other = (PROGRAMS.generate("train", seed, (5, 5, 5)) for seed in (1, 1, 2))
    assert first == again != other
    assert [problem.level for problem in first] == [1] * 5 + [2] * 5 + [3] * 5


@pytest.mark.parametrize("counts", [(99, 0, 0, 0, 0), (0, 0, 0, 1, 0)])
def test_more_problems_than_there_are_is_refused_with_how_many_there_are(counts: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match=r"there are \d+ train problems of level [14]"):
        PROGRAMS.generate("train", 0, counts)


def test_the_answer_is_the_program_whatever_the_words_say() -> None:
    assert read_program("x = 1\ndef f():\n    return x", r"\boxed{5}") == "x = 1\ndef f():\n    return x"
    assert read_program("def f(): pass", "It is done.") is None
    assert read_program("print(5)", r"\boxed{5}") is None
    assert read_program("def f(:", r"\boxed{f}") is None


def test_programs_that_differ_by_comments_alone_are_one_vote() -> None:
    one, other = "def f(x):\n    # why\n    return (x)", "def f( x ):\n    return x"
    votes = [same_program(GradingRequest(1, one, text, between_answers=True)) for text in (other, other + " + 1")]
    assert [vote.equal for vote in votes if vote is not None] == [True, False]
    assert same_program(GradingRequest(1, one, SQUARE.written)) is None


@pytest.mark.parametrize(
    ("value", "expected", "is_same"),
    [
        (0.1 + 0.2, 0.3, True),
        ([0.1 + 0.2, (1, 2)], [0.3, (1, 2)], True),
        (2, 2.0, True),
        ({"a": 0.30000000000000004}, {"a": 0.3}, True),
        ([1, 2], (1, 2), False),
        ("1", 1, False),
        (10**20 + 1, 10**20, False),
        (10**400, 0.5, False),
        (0.31, 0.3, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 1], False),
        (None, 0, False),
    ],
)
def test_values_are_compared_as_python_has_it_but_for_the_rounding_of_decimals(
    value: object, expected: object, *, is_same: bool
) -> None:
    assert same(value, expected) is is_same  # type: ignore[arg-type]  # literals of many kinds


def run(outcome: str, *, value: str | None = None, error: str | None = None, limit: str | None = None) -> Execution:
    return Execution(1, outcome, "", value, CodeError(error, "", 1) if error else None, limit, 0.1, 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("execution", "equal"),
    [
        (run("ok", value="[9, 4]"), True),
        (run("ok", value="[9, 5]"), False),
        (run("ok", value="[9]"), False),
        (run("ok", value="[9, <object object at 0x7f>]"), False),
        (run("ok", value="9"), False),
        (run("ok"), False),
        (run("error", error="NameError"), False),
        (run("timeout", limit="cpu"), False),
        (run("out_of_memory", limit="memory"), False),
        (run("killed", limit="signal SIGSEGV"), False),
        (run("timeout", limit="wall"), None),
        (run("out_of_memory", limit="machine"), None),
    ],
)
def test_only_the_machines_own_limits_leave_a_program_undecided(execution: Execution, *, equal: bool | None) -> None:
    assert decision_of(execution, SQUARE).equal is equal


def test_tests_that_steps_could_read_from_the_disk_are_refused() -> None:
    with pytest.raises(BadInput, match="could read the hidden tests"):
        PROGRAMS.open_grader(GradingSettings(), SandboxSettings(minimum_isolation="seccomp"))


HUMAN_EVAL = {
    "prompt": 'def add(x: int, y: int):\n    """Add two numbers x and y\n    >>> add(2, 3)\n    5\n    """\n',
    "entry_point": "add",
    "test": (
        "METADATA = {}\n\n\ndef check(candidate):\n    assert candidate(0, 1) == 1, 'zero'\n"
        "    assert candidate(2 * 3, -1) == 5\n"
        "    assert True, 'good for debugging'\n"
    ),
}
MBPP = {
    "text": "Write a function to find the smaller of two numbers.",
    "test_list": ["assert smaller(10, 20) == 10", "assert smaller(19, 15) == 15"],
    "test_setup_code": "",
}


def row(fields: dict[str, object]) -> RawRow:
    return RawRow(1, json.dumps(fields), json.loads(json.dumps(fields)))


def test_a_row_of_human_eval_is_a_problem_whose_tests_stay_hidden() -> None:
    problem = PROGRAMS.read(row(HUMAN_EVAL), "test", "HumanEval")
    assert problem.statement.startswith("Complete this Python function:\n\ndef add(")
    assert "candidate" not in problem.statement
    assert HiddenTests.parsed(problem.answer) == HiddenTests("add", (Case("0, 1", "1"), Case("2 * 3, -1", "5")))


def test_a_row_of_mbpp_is_a_problem_that_shows_its_first_test() -> None:
    problem = PROGRAMS.read(row(MBPP), "train", "MBPP")
    assert problem.statement.endswith("Example:\nsmaller(10, 20) == 10")
    assert "19" not in problem.statement
    assert [
        grade.verdict for grade in graded(PROGRAMS, [("smaller = min", problem.answer), ("smaller = max", problem.answer)])
    ] == [
        "correct",
        "wrong",
    ]


def checking(*lines: str) -> dict[str, object]:
    return HUMAN_EVAL | {"test": "\n    ".join(("def check(candidate):", *lines))}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (checking("assert abs(candidate(1, 2) - 3) < 1e-6"), "no plain call"),
        (checking("for x in range(9):", "    assert candidate(x, x) == 2 * x"), "more than an assert"),
        (checking("assert candidate(1, 2) == add(2, 1)"), "no plain value"),
        (checking("assert candidate(x, 2) == 3"), "no plain call of candidate"),
        (checking("assert candidate(1, 2) == 3"), "1 tests, fewer than 2"),
        (checking("assert candidate(1, 2) =="), "no Python"),
        (HUMAN_EVAL | {"test": "assert add(1, 2) == 3"}, "no function check"),
        (HUMAN_EVAL | {"entry_point": 3}, "entry_point is not a text"),
        (MBPP | {"test_list": ["assert f(1) == 1", "assert g(1) == 1"]}, "one function"),
        (MBPP | {"test_setup_code": "import math"}, "need code"),
        (MBPP | {"test_imports": ["import math"]}, "need code"),
        ({"question": "1 + 1?", "answer": "2"}, "no tests"),
    ],
)
def test_a_row_whose_tests_cannot_be_taken_apart_is_refused_with_the_reason(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(RowError, match=re.escape(reason)):
        PROGRAMS.read(row(fields), "train", "others")
