"""The contract of a sandbox: run the code of one step on the state that its path left behind. Pure data.

Requests are answered in any order, matched by `request_id`. Nothing that the code does is an exception here: it is an
Execution with an outcome. Only the failure of the machinery, after its own retries, raises SandboxUnavailable.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

ExecutionOutcome = Literal["ok", "error", "timeout", "out_of_memory", "killed"]


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """Run the last code of `path` after the others, which ran `ok` before. tree_id groups what can be released together."""

    request_id: int
    tree_id: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeError:
    """An exception that step code raised. line counts from 1 within the step's own code; None where unknown."""

    type: str
    message: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of one step's code.

    stdout: what this step alone printed, capped, with a marker where it was cut. value: repr of the last expression, apart
    from stdout, None where there is none. limit: which limit a timeout or a kill hit. duration and memory: of this step.
    """

    request_id: int
    outcome: ExecutionOutcome
    stdout: str
    value: str | None
    error: CodeError | None
    limit: str | None
    duration_seconds: float
    peak_memory_mib: float

    @property
    def line(self) -> str:
        """The outcome for people: what, why, and what it cost."""
        why = ""
        if self.error is not None:
            line = f" (line {self.error.line})" if self.error.line else ""
            why = f": {self.error.type}: {self.error.message}{line}"
        elif self.limit is not None:
            why = f": {self.limit}"
        value = "" if self.value is None else f" · value {self.value}"
        return f"{self.outcome}{why}{value} · {1000 * self.duration_seconds:.0f} ms · {self.peak_memory_mib:.0f} MiB"


class Sandbox(Protocol):
    """Runs steps of many trees at once."""

    def submit(self, request: ExecutionRequest) -> None:
        """Queue an execution. Never blocks."""
        ...

    def poll(self, timeout_seconds: float) -> list[Execution]:
        """Return finished executions, waiting at most timeout_seconds for the first."""
        ...

    def release(self, tree_id: str) -> None:
        """Forget what is cached for a finished tree."""
        ...

    @property
    def n_pending(self) -> int:
        """Executions submitted and not yet returned."""
        ...

    def close(self) -> None:
        """End every process of the sandbox."""
        ...
