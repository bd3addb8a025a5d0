"""An evaluation that was killed goes on where it was, and answers what it would have answered anyway."""

import random
import time
from pathlib import Path

import pytest

from tasks.evaluation.answer_log import AnswerLog, LoggedAnswers
from tasks.evaluation.measurement import Answered, answered
from tasks.evaluation.methods import Answers
from tasks.evaluation.methods import TestTime as HowToAnswer
from tasks.evaluation.settings import EvaluationSettings
from tasks.grading.base import Grade
from tasks.search.driver import Machinery
from tasks.search.lane import SearchCosts
from tasks.search.sampling import Attempt
from tasks.search.settings import SearchSettings
from tests.search.fakes import FakeEngine, FakeGrader, FakeSandbox, never, toy_problem
from warehouse.records import Problem

RIGHT = Attempt("# a\nprint(4)", 12, "4", Grade(7, "correct", "number", "2", "equal"), (0.25, 0.5), ("marker",))
FAILED = Attempt("# b\nprint(", 3, None, None)


def logged(problem_id: str, n_tokens: int) -> LoggedAnswers:
    costs = SearchCosts(n_tokens=n_tokens, wall_seconds=0.1 * n_tokens)
    return LoggedAnswers(problem_id, "sample", Answers((RIGHT, FAILED), 15, (1.0, 1.0)), costs)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "new" / "answers.jsonl")
    assert log.read() == []
    log.add(logged("p1", 15))
    log.add(logged("p2", 30))
    first, second = log.read()
    assert (first.problem_id, first.method, first.answers) == ("p1", "sample", Answers((RIGHT, FAILED), 15, (1.0, 1.0)))
    assert (second.costs.n_tokens, second.costs.wall_seconds) == (30, pytest.approx(3.0))
    log.remove()
    assert log.read() == []


@pytest.mark.parametrize("n_bytes", [1, 40, 150])
def test_a_line_that_a_kill_left_unfinished_is_asked_again(tmp_path: Path, n_bytes: int) -> None:
    path = tmp_path / "answers.jsonl"
    log = AnswerLog(path)
    log.add(logged("p1", 15))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:n_bytes])
    assert [one.problem_id for one in log.read()] == ["p1"]
    log.add(logged("p2", 30))
    assert [one.problem_id for one in log.read()] == ["p1", "p2"]


def said(given: Answered) -> dict[tuple[str, str], list[tuple[str, str | None]]]:
    return {key: [(attempt.text, attempt.answer) for attempt in one.attempts] for key, one in given.found.items()}


def test_an_evaluation_that_was_killed_asks_the_rest_and_ends_with_the_same_answers(tmp_path: Path) -> None:
    problems = [Problem(f"p{n}", *toy_problem([n + 1, 2, 3]), "toy", 1, "test") for n in range(6)]
    how = HowToAnswer(EvaluationSettings(ks=[2]), SearchSettings(), scored=False)
    engines: list[FakeEngine] = []

    class Killed(Exception):
        pass

    def run(log: AnswerLog | None, n_answers: int) -> Answered:
        def count(n_done: int, n_total: int, n_tokens: int) -> None:
            assert n_total == 12
            if n_done == n_answers:
                raise Killed

        engines.append(FakeEngine(random.Random(0)))
        machinery = Machinery(engines[-1], FakeSandbox(engines[-1].rng), FakeGrader(), time.perf_counter, never)
        return answered(problems, ["greedy", "sample"], how, machinery, "seed", count, log)

    whole = run(None, 0)
    log = AnswerLog(tmp_path / "answers.jsonl")
    for n_answers in (4, 9):
        with pytest.raises(Killed):
            run(log, n_answers)
    assert said(run(log, 0)) == said(whole)
    assert [one.problem_id for one in log.read()].count("p0") == 2
    again = run(log, 0)
    assert (said(again), again.costs.n_tokens, engines[-1].n_requests) == (said(whole), log.read()[-1].costs.n_tokens, 0)
