"""Run a file of programs as the search runs steps: what `stargrove sandbox run FILE.json` does."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.sandbox.open_sandbox import open_sandbox
from tasks.sandbox.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings
from warehouse.errors import BadInput

_POLL_SECONDS: Final = 1.0
_EXPECTED: Final = 'expected a list of {"name": text, "code": text or list of texts}'


@dataclass(slots=True)
class Program:
    """One entry of the file and how far it has come. Mutable."""

    name: str
    steps: tuple[str, ...]
    done: list[Execution] = field(default_factory=list)

    @property
    def is_finished(self) -> bool:
        """Return whether nothing is left to run: every step ran, or one did not end well."""
        return bool(self.done) and (self.done[-1].outcome != "ok" or len(self.done) == len(self.steps))


def run_file(path: Path, settings: SandboxSettings) -> Iterator[dict[str, Any]]:
    """Yield one JSON-ready row per program, in the file's order. Raises BadInput, SandboxUnavailable.

    A program's steps run one after another, each on the state that the last left; it ends at the first that is not ok.
    stdout is that of all its steps; outcome, value, error and limit are those of the last that ran, whose number is `step`.
    """
    programs = read_programs(path)
    with closing(open_sandbox(settings)) as sandbox:
        for number in range(len(programs)):
            submit_next(sandbox, number, programs[number])
        n_yielded = 0
        while n_yielded < len(programs):
            for execution in sandbox.poll(_POLL_SECONDS):
                program = programs[execution.request_id]
                program.done.append(execution)
                if program.is_finished:
                    sandbox.release(tree_id_of(execution.request_id))
                else:
                    submit_next(sandbox, execution.request_id, program)
            while n_yielded < len(programs) and programs[n_yielded].is_finished:
                yield row_of(programs[n_yielded])
                n_yielded += 1


def submit_next(sandbox: ForkSandbox, number: int, program: Program) -> None:
    """Queue a program's next step."""
    sandbox.submit(ExecutionRequest(number, tree_id_of(number), program.steps[: len(program.done) + 1]))


def tree_id_of(number: int) -> str:
    """Return the name under which a program's snapshots are kept."""
    return f"program {number}"


def row_of(program: Program) -> dict[str, Any]:
    """Return what became of a finished program."""
    last = program.done[-1]
    error = None if last.error is None else {"type": last.error.type, "message": last.error.message, "line": last.error.line}
    return {
        "name": program.name,
        "outcome": last.outcome,
        "stdout": "".join(execution.stdout for execution in program.done),
        "value": last.value,
        "error": error,
        "limit": last.limit,
        "step": len(program.done),
        "duration": round(sum(execution.duration_seconds for execution in program.done), 6),
        "peak_memory_mib": round(max(execution.peak_memory_mib for execution in program.done), 3),
    }


def read_programs(path: Path) -> list[Program]:
    """Return the programs of a file. Raises BadInput that says what is wrong and where."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}, line {error.lineno}: not JSON: {error.msg}", hint=_EXPECTED) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
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
