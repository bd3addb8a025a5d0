"""Grading as the loop does it, with a domain's own grader and its processes."""

from contextlib import closing

from tasks.domains.base import ProblemDomain
from tasks.grading.base import Grade
from tasks.grading.grader import grade_all
from tasks.grading.settings import GradingSettings
from tasks.sandbox.settings import SandboxSettings

SANDBOX = SandboxSettings(timeout_seconds=60, cpu_seconds=1, n_workers=2)


def graded(domain: ProblemDomain, pairs: list[tuple[str, str]], sandbox: SandboxSettings = SANDBOX) -> list[Grade]:
    """Return the grade of each (answer, reference)."""
    with closing(domain.open_grader(GradingSettings(n_workers=2), sandbox)) as grader:
        return grade_all(pairs, grader)
