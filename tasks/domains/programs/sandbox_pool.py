"""Where programs are tried: a sandbox of the grader's own, with the limits of steps. A Pool of tasks/grading/grader.py."""

from typing import Final

from tasks.domains.programs.hidden_tests import METHOD, HiddenTests
from tasks.grading.equality.decision import Decision
from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings
from warehouse.errors import BadInput

_OF_THE_MACHINE: Final = ("wall", "machine")
"""Limits that depend on how busy the machine is: whoever hits one is not wrong for it."""


class SandboxPool:
    """Runs a program, then the calls of its hidden tests on the state that it left. Driven by one thread.

    The first program opens the sandbox, which takes a second. A program that fails, hits a limit or ends early is wrong.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        if settings.minimum_isolation == "seccomp":
            raise BadInput(
                'sandbox.minimum_isolation = "seccomp": programs could read the hidden tests from the disk',
                hint='set it to "landlock" or "namespaces" for problems.domain = "programs"',
            )
        self._settings = settings
        self._sandbox: ForkSandbox | None = None
        self._tests: dict[int, HiddenTests] = {}

    def submit(self, job_id: int, answer: str, reference: str) -> None:
        """Queue a program with its tests."""
        if self._sandbox is None:
            self._sandbox = open_sandbox(self._settings)
        tests = HiddenTests.parsed(reference)
        self._tests[job_id] = tests
        self._sandbox.submit(ExecutionRequest(job_id, _tree_id(job_id), (answer, tests.calls)))

    def poll(self, timeout_seconds: float) -> list[tuple[int, Decision]]:
        """Return programs that are decided, waiting at most timeout_seconds for the first. Raises SandboxUnavailable."""
        if self._sandbox is None:
            return []
        decided = []
        for execution in self._sandbox.poll(timeout_seconds):
            self._sandbox.release(_tree_id(execution.request_id))
            decided.append((execution.request_id, decision_of(execution, self._tests.pop(execution.request_id))))
        return decided

    def close(self) -> None:
        """End every process of the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()


def decision_of(execution: Execution, tests: HiddenTests) -> Decision:
    """Return what the run of a program and its calls says about it; undecided where the machine is to blame."""
    if execution.outcome == "ok":
        return tests.compared(execution.value)
    if execution.error is not None:
        return Decision(False, METHOD, f"it raised {execution.error.type}")
    if execution.limit in _OF_THE_MACHINE:
        return Decision(None, METHOD, f"the machine was too busy to tell: {execution.limit}")
    return Decision(False, METHOD, f"it hit a limit: {execution.limit}")


def _tree_id(job_id: int) -> str:
    return f"program {job_id}"
