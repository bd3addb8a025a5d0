import random
import time

from models.engines.base import IdleEngine
from tasks.annotation.luck import is_lucky_code
from tasks.domains.mathematics.changed_numbers import changed_numbers
from tasks.search.driver import Driver, Machinery
from tasks.search.format import END_OF_CODE, END_OF_STEP
from tests.search.fakes import FakeGrader, FakeSandbox, never

STATEMENT = "Ana has 20 coins. Ben has 4 more coins than Ana. How many coins does Ben have?"


def told(statement: str, *codes: str) -> bool | None:
    texts = tuple(f"\n{code}\n{END_OF_CODE if code is codes[-1] else END_OF_STEP}" for code in codes)
    driver: Driver[bool | None] = Driver(
        Machinery(IdleEngine(), FakeSandbox(random.Random(0)), FakeGrader(), time.perf_counter, never), window=1
    )
    ((_, lucky),) = driver.run([("t", is_lucky_code(statement, texts, changed_numbers))])
    return lucky


def test_code_that_says_what_the_problem_says_is_not_luck():
    assert told(STATEMENT, "ana = 20", "ben = ana + 4\nprint(ben)") is False


def test_code_that_only_fits_these_numbers_is_luck():
    assert told(STATEMENT, "ana = 20", "ben = ana + 20 // 5\nprint(ben)") is True


def test_nothing_is_told_about_problems_whose_numbers_cannot_be_changed():
    assert told("What is the derivative of x?", "print(1)") is None
