import random
import time
from dataclasses import replace

from tasks.search.driver import Driver, Machinery
from tasks.search.format import END_OF_CODE, END_OF_STEP
from tasks.search.sampling import Attempt, Plan, attempt_problem, scored_attempts, steps_of
from tests.search.fakes import FakeEngine, FakeGrader, FakeSandbox, never, toy_problem, toy_step


def attempt(plan: Plan, step=toy_step, max_prompt_chars: int = 10_000) -> list[Attempt]:
    rng = random.Random(0)
    statement, answer = toy_problem([1, 2, 3])
    driver: Driver[list[Attempt]] = Driver(
        Machinery(
            FakeEngine(rng, step=step, max_prompt_chars=max_prompt_chars),
            FakeSandbox(rng),
            FakeGrader(),
            time.perf_counter,
            never,
        ),
        window=1,
    )
    ((_, attempts),) = driver.run([("p", attempt_problem("p", statement, answer, plan))])
    assert all(one.step_scores == () for one in attempts)
    ((_, scored),) = driver.run([("p", scored_attempts(statement, attempts))])
    assert [replace(one, step_scores=()) for one in scored] == attempts
    return scored


PLAN = Plan(k=12, temperature=1.0, max_tokens=100, max_answer_tokens=10)


def test_every_seed_gives_one_attempt_and_right_ones_are_graded_correct():
    attempts = attempt(PLAN)
    assert len(attempts) == 12
    for one in attempts:
        if one.answer is None:
            assert (one.grade, one.step_scores) == (None, ())
        else:
            assert one.grade.verdict == ("correct" if one.answer == "6" else "wrong")
            assert len(one.step_scores) == 3
    assert {one.grade.verdict for one in attempts if one.grade} == {"correct", "wrong"}


def test_equal_programs_earn_equal_grades_and_scores():
    by_text: dict[str, Attempt] = {}
    for one in attempt(PLAN):
        assert by_text.setdefault(one.text, one) == one


def test_a_failing_program_has_no_answer():
    def step(prefix: str, seed: int) -> str:
        return f"\nprint(1/0)\n{END_OF_CODE}"

    assert {one.answer for one in attempt(PLAN, step)} == {None}


def test_a_problem_that_is_too_long_for_the_policy_has_attempts_of_no_token():
    attempts = attempt(PLAN, max_prompt_chars=5)
    assert attempts == [Attempt("", 0, None, None)] * 12
    assert attempts[0].n_steps == 0


def test_steps_of_a_program_concatenate_to_it():
    program = f"\na = 1\n{END_OF_STEP}\nb = a\n{END_OF_STEP}\nprint(b)\n{END_OF_CODE}"
    assert "".join(steps_of(program)) == program
    assert len(steps_of(program)) == 3
