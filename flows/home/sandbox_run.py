"""What `stargrove sandbox run` does: programs, executed as steps of the search would be."""

import json
import sys
from contextlib import closing
from pathlib import Path

from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.run_file import run_file as rows_of_file
from tasks.sandbox.settings import SandboxSettings
from warehouse.errors import BadInput, SandboxUnavailable


def run_file(settings: SandboxSettings, path: Path) -> int:
    """Return 0 where the program ended well, else 1. What it printed goes to stdout, what became of it to stderr."""
    execution = execute(settings, _read(path))
    sys.stdout.write(execution.stdout)
    sys.stderr.write(f"{describe(execution)}\n")
    return int(execution.outcome != "ok")


def run_programs(settings: SandboxSettings, path: Path) -> int:
    """Return 0 when every program of the file has an outcome, whichever; each is one line of JSON on stdout."""
    for row in rows_of_file(path, settings):
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
    return 0


def execute(settings: SandboxSettings, code: str) -> Execution:
    """Return what became of the code in a fresh process of a sandbox opened for it."""
    patience = settings.timeout_seconds + 10.0  # the sandbox kills on time; the rest is for a busy machine
    with closing(open_sandbox(settings)) as sandbox:
        sandbox.submit(ExecutionRequest(0, "command line", (code,)))
        finished = sandbox.poll(patience)
    if not finished:
        raise SandboxUnavailable(f"the sandbox gave no answer within {patience:.0f} s", hint="is the machine overloaded?")
    return finished[0]


def describe(execution: Execution) -> str:
    """Return the outcome in one line: what, why, and what it cost."""
    why = ""
    if execution.error is not None:
        line = f" (line {execution.error.line})" if execution.error.line else ""
        why = f": {execution.error.type}: {execution.error.message}{line}"
    elif execution.limit is not None:
        why = f": {execution.limit}"
    value = "" if execution.value is None else f" · value {execution.value}"
    return f"{execution.outcome}{why}{value} · {1000 * execution.duration_seconds:.0f} ms · {execution.peak_memory_mib:.0f} MiB"


def _read(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"no file {path}", hint="give a Python file, or - for standard input") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text: {error}", hint="give a Python file") from error
