"""Run one program, or a file of them, as the search runs steps: what `stargrove sandbox run` does."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings
from warehouse.errors import BadInput, SandboxUnavailable

_POLL_SECONDS: Final = 1.0
_BUSY_SECONDS: Final = 10.0
"""The sandbox kills on time; so much later, a busy machine has told of it."""
_PROGRAMS_PER_WORKER: Final = 4
"""In flight at once: enough that no worker waits, few enough that their snapshots stay and rows come early."""
_EXPECTED: Final = 'expected a list of {"name": text, "code": text or list of texts}'


@dataclass(slots=True)
class Program:
    """One entry of the file and how far it has come. Mutable. failure: why the sandbox could not run it, in two attempts."""

    name: str
    steps: tuple[str, ...]
    done: list[Execution] = field(default_factory=list)
    failure: str | None = None

    @property
    def is_finished(self) -> bool:
        """Return whether nothing is left to run: every step ran, or one did not end well, or the sandbox gave up."""
        if self.failure is not None:
            return True
        return bool(self.done) and (self.done[-1].outcome != "ok" or len(self.done) == len(self.steps))


def run_file(path: Path, settings: SandboxSettings) -> Iterator[dict[str, Any]]:
    """Yield one JSON-ready row per program, in the file's order. Raises BadInput, and SandboxUnavailable where none starts.

    A program's steps run one after another, each on the state that the last left; it ends at the first that is not ok.
    stdout is that of all its steps; outcome, value, error and limit are those of the last that ran, whose number is `step`.
    Where the machinery fails, the programs that were in it run again, each in a sandbox of its own; one that fails alone as
    well is a `sandbox_failure`, which says nothing about the program.
    """
    programs = read_programs(path)
    n_yielded = 0
    while n_yielded < len(programs):
        unfinished = [program for program in programs[n_yielded:] if not program.is_finished]
        if unfinished:
            try:
                for _ in run_together(unfinished, settings):
                    while n_yielded < len(programs) and programs[n_yielded].is_finished:
                        yield row_of(programs[n_yielded])
                        n_yielded += 1
            except SandboxUnavailable:
                suspects = [program for program in unfinished if not program.is_finished]
                for program in suspects[: 2 * settings.n_workers]:
                    run_alone(program, settings)
        while n_yielded < len(programs) and programs[n_yielded].is_finished:
            yield row_of(programs[n_yielded])
            n_yielded += 1


def execute(code: str, settings: SandboxSettings) -> Execution:
    """Return what became of the code in a fresh process of a sandbox opened for it. Raises SandboxUnavailable."""
    patience = settings.timeout_seconds + _BUSY_SECONDS
    with closing(open_sandbox(settings)) as sandbox:
        sandbox.submit(ExecutionRequest(0, "command line", (code,)))
        finished = sandbox.poll(patience)
    if not finished:
        raise SandboxUnavailable(f"the sandbox gave no answer within {patience:.0f} s", hint="is the machine overloaded?")
    return finished[0]


def run_together(programs: list[Program], settings: SandboxSettings) -> Iterator[Program]:
    """Run programs at once and yield each as it is finished. Raises SandboxUnavailable."""
    n_started = 0
    with closing(open_sandbox(settings)) as sandbox:
        while sandbox.n_pending or n_started < len(programs):
            while n_started < len(programs) and sandbox.n_pending < _PROGRAMS_PER_WORKER * settings.n_workers:
                programs[n_started].done.clear()
                submit_next(sandbox, n_started, programs[n_started])
                n_started += 1
            for execution in sandbox.poll(_POLL_SECONDS):
                program = programs[execution.request_id]
                program.done.append(execution)
                if program.is_finished:
                    sandbox.release(tree_id_of(execution.request_id))
                    yield program
                else:
                    submit_next(sandbox, execution.request_id, program)


def run_alone(program: Program, settings: SandboxSettings) -> None:
    """Run a program with a sandbox to itself. Raises SandboxUnavailable when none starts; later that is its failure."""
    with closing(open_sandbox(settings)) as sandbox:
        program.done.clear()
        try:
            while not program.is_finished:
                submit_next(sandbox, 0, program)
                while sandbox.n_pending:
                    program.done += sandbox.poll(_POLL_SECONDS)
        except SandboxUnavailable as error:
            program.failure = error.message


def submit_next(sandbox: ForkSandbox, number: int, program: Program) -> None:
    """Queue a program's next step."""
    sandbox.submit(ExecutionRequest(number, tree_id_of(number), program.steps[: len(program.done) + 1]))


def tree_id_of(number: int) -> str:
    """Return the name under which a program's snapshots are kept."""
    return f"program {number}"


def row_of(program: Program) -> dict[str, Any]:
    """Return what became of a finished program."""
    row: dict[str, Any] = {
        "name": program.name,
        "outcome": "sandbox_failure",
        "stdout": "".join(execution.stdout for execution in program.done),
        "value": None,
        "error": None,
        "limit": None,
        "step": len(program.done),
        "duration": round(sum(execution.duration_seconds for execution in program.done), 6),
        "peak_memory_mib": round(max((execution.peak_memory_mib for execution in program.done), default=0.0), 3),
    }
    if program.failure is not None:
        return row | {"error": {"type": "SandboxUnavailable", "message": program.failure, "line": None}}
    last = program.done[-1]
    error = None if last.error is None else {"type": last.error.type, "message": last.error.message, "line": last.error.line}
    return row | {"outcome": last.outcome, "value": last.value, "error": error, "limit": last.limit}


def read_programs(path: Path) -> list[Program]:
    """Return the programs of a file. Raises BadInput that says what is wrong and where."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}, line {error.lineno}: not JSON: {error.msg}", hint=_EXPECTED) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: numbers or nesting beyond what JSON readers take", hint=_EXPECTED) from error
    if not isinstance(entries, list) or not entries:
        raise BadInput(f"{path}: no list of programs", hint=_EXPECTED)
    return [_program(path, number, entry) for number, entry in enumerate(entries, start=1)]


def _program(path: Path, number: int, entry: Any) -> Program:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise BadInput(f"{path}, entry {number}: no name", hint=_EXPECTED)
    code = entry.get("code")
    steps = [code] if isinstance(code, str) else code
    if not isinstance(steps, list) or not steps or not all(isinstance(step, str) for step in steps):
        raise BadInput(f"{path}, entry {number} ({entry['name']}): no code", hint=_EXPECTED)
    return Program(entry["name"], tuple(steps))
