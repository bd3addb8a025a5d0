"""Verification: run a stored trajectory again, whole, in fresh processes, and grade its answer again."""

from dataclasses import dataclass

from tasks.annotation.causes import cause_of_difference
from tasks.search.ask import Ask, Comparison, Search
from tasks.search.format import code_of
from warehouse.records import Outcome, Verification


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step as the search recorded it."""

    text: str
    outcome: Outcome
    stdout: str


@dataclass(frozen=True, slots=True)
class StoredTrajectory:
    """A trajectory as the search recorded it, without the root. rank counts from 1 among the best of its problem."""

    trajectory_id: str
    problem_id: str
    statement: str
    rank: int
    steps: tuple[StoredStep, ...]
    answer: str
    reference: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What the replay came to; detail says where it differed, and why where that can be told."""

    trajectory: StoredTrajectory
    verification: Verification
    detail: str | None


def replay(trajectory: StoredTrajectory) -> Search[ReplayReport]:
    """Return whether every step ran again with the recorded output, and the answer was graded correct again.

    The recorded output stays what it was: a replay never replaces it. A trajectory with a failed step is never verified.
    """
    codes = [code_of(step.text) for step in trajectory.steps]
    replies = yield Ask(execute=tuple(tuple(codes[:end]) for end in range(1, len(codes) + 1)))
    for number, (step, execution) in enumerate(zip(trajectory.steps, replies.executions, strict=True), start=1):
        if (execution.outcome, execution.stdout) != ("ok", step.stdout):
            detail = f"step {number} was {step.outcome} with {step.stdout!r}, now {execution.outcome} with {execution.stdout!r}"
            if step.outcome == "ok":
                cause = cause_of_difference(codes[:number], execution.stdout, execution.outcome)
                detail = f"{detail}; not reproducible: {cause}"
            return ReplayReport(trajectory, "replay_differs", detail)
        if step.outcome != "ok":
            return ReplayReport(trajectory, "replay_differs", f"step {number} had failed: {step.outcome}")
    replies = yield Ask(grade=(Comparison(trajectory.answer, trajectory.reference),))
    (grade,) = replies.grades
    if grade.verdict != "correct":
        return ReplayReport(trajectory, "regraded_differs", f"graded {grade.verdict} by {grade.method} {grade.version}")
    return ReplayReport(trajectory, "verified", None)
