"""Programs that want to be called right without being right. What is expected of a call never enters their process."""

import tomllib

import pytest

from tasks.domains.programs.collection import exercises
from tasks.domains.programs.domain import Programs
from tasks.domains.programs.hidden_tests import Case, HiddenTests
from tests.domains.grading import graded
from tests.makefile import ROOT

EXERCISES = ROOT / "tasks" / "domains" / "programs" / "problems" / "level-1.toml"
TESTS = HiddenTests("f", (Case("7", "'secret seven'"), Case("8", "'secret eight'")))
RIGHT = "def f(x):\n    print('noise')\n    return {7: 'secret seven', 8: 'secret eight'}[x]"
ATTACKS = {
    one["name"]: one["program"].replace("EXERCISES", str(EXERCISES))
    for one in tomllib.loads((ROOT / "tests" / "domains" / "program_attacks.toml").read_text(encoding="utf-8"))["attack"]
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """The verdict on each attack, and on a right program among them."""
    programs = {**ATTACKS, "a right program": RIGHT}
    grades = graded(Programs(), [(program, TESTS.written) for program in programs.values()])
    return dict(zip(programs, (grade.verdict for grade in grades), strict=True))


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_wrong(attack: str, verdicts: dict[str, str]) -> None:
    assert verdicts[attack] == "wrong"


def test_among_the_attacks_a_right_program_is_right(verdicts: dict[str, str]) -> None:
    assert verdicts["a right program"] == "correct"


def test_the_file_that_an_attack_reads_can_be_read_here() -> None:
    assert "solution = " in EXERCISES.read_text(encoding="utf-8")


def test_what_a_sandbox_is_given_holds_the_calls_and_nothing_that_is_expected() -> None:
    assert TESTS.calls == "[f(7), f(8)]"
    for one in exercises():
        tests = HiddenTests.parsed(one.problem.answer)
        assert tests.calls == f"[{', '.join(f'{one.function}({case.arguments})' for case in one.cases)}]"
