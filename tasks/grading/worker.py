"""The worker process: answer comparisons, one JSON line each, until standard input ends.

Started as `python -m tasks.grading.worker SETTINGS_AS_JSON MEMORY_MIB JUDGE`, by exec, in a clean environment. JUDGE is
`module:function`, and what that returns for the settings compares: it imports and tries all that it needs before the limits
hold. A judge may be other people's code, and what it reads was written by a model. The limits:

    soft    SIGPROF after its seconds of CPU, on the main thread: the worker says `timeout` and lives on
    hard    the kernel's SIGXCPU one to two CPU seconds later, for C code that never looks at signals
    outside the pool's kill by wall clock

CPU time, not wall time, so that a busy machine does not turn answers into `unknown`.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pkgutil import resolve_name
from types import FrameType
from typing import Any

from tasks.grading.equality.decision import Decision
from tasks.grading.settings import GradingSettings

Judge = Callable[[str, str], Decision]
"""From an answer and a reference to what the comparison finds."""


class _TimeoutError(BaseException):
    """The CPU time of a comparison is used up. A BaseException, so that nobody catches it by accident."""


class EvaluationForbidden(BaseException):
    """Something tried to compile text as Python code, or to reach outside. A BaseException, so that no judge swallows it."""


def forbid_evaluation() -> None:
    """Refuse from now on, in this process, to compile strings as Python code, to start programs and to open sockets."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "compile" and str(args[1]).startswith("<") and not str(args[1]).startswith("<frozen"):
            raise EvaluationForbidden("a comparison tried to evaluate text as Python code")
        if event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect", "os.fork"):
            raise EvaluationForbidden(f"a comparison tried {event}")

    sys.addaudithook(hook)


def _on_timeout(_signal: int, _frame: FrameType | None) -> None:
    raise _TimeoutError


def main() -> None:
    """Serve comparisons until standard input ends."""
    settings, memory_mib = GradingSettings.model_validate_json(sys.argv[1]), int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    judge: Judge = resolve_name(sys.argv[3])(settings)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20, memory_mib << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _on_timeout)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the parent closes us
    forbid_evaluation()
    answers.write('{"ready": true}\n')
    for line in sys.stdin:
        request = json.loads(line)
        decision = _bounded(judge, request["answer"], request["reference"], request["seconds"])
        answers.write(json.dumps({"equal": decision.equal, "method": decision.method, "why": decision.why}) + "\n")


def _bounded(judge: Judge, answer: str, reference: str, seconds: float) -> Decision:
    """Return the decision, `unknown` when time or memory ran out."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    ceiling = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard), hard))
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            return judge(answer, reference)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except _TimeoutError:
        return Decision(None, "timeout", "it took too long")
    except MemoryError:
        return Decision(None, "memory", "it needed too much memory")
    except EvaluationForbidden:
        return Decision(None, "forbidden", "it tried to reach outside")


if __name__ == "__main__":
    main()
