"""The worker process: answer comparisons, one JSON line each, until standard input ends.

Started as `python -m tasks.grading.worker TIMEOUT_SECONDS MEMORY_MIB`, by exec, in a clean environment. Limits on a comparison:

    soft    SIGPROF after TIMEOUT_SECONDS of CPU, on the main thread: the worker says `timeout` and lives on
    hard    the kernel's SIGXCPU one to two CPU seconds later, for C code that never looks at signals
    outside the pool's kill by wall clock

CPU time, not wall time, so that a busy machine does not turn answers into `unknown`.
"""

import json
import logging
import os
import resource
import signal
import sys
from types import FrameType

from tasks.grading.compare import Decision, decide
from tasks.grading.symbolic import EvaluationForbidden, equal, forbid_evaluation, warm_up


class _TimeoutError(BaseException):
    """The CPU time of a comparison is used up. A BaseException: sympy swallows Exception in many places."""


def _on_timeout(_signal: int, _frame: FrameType | None) -> None:
    raise _TimeoutError


def main() -> None:
    """Serve comparisons until standard input ends."""
    timeout_seconds, memory_mib = float(sys.argv[1]), int(sys.argv[2])
    logging.disable(logging.CRITICAL)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    warm_up()
    resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20, memory_mib << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _on_timeout)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the parent closes us
    forbid_evaluation()
    answers.write('{"ready": true}\n')
    for line in sys.stdin:
        request = json.loads(line)
        decision = _bounded(request["left"], request["right"], timeout_seconds)
        answers.write(json.dumps({"equal": decision.equal, "method": decision.method}) + "\n")


def _bounded(left: str, right: str, timeout_seconds: float) -> Decision:
    """Return the decision, `unknown` when time or memory ran out or the libraries gave up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    ceiling = int(used.ru_utime + used.ru_stime + timeout_seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard), hard))
    try:
        signal.setitimer(signal.ITIMER_PROF, timeout_seconds)
        try:
            return decide(left, right, equal)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except _TimeoutError:
        return Decision(None, "timeout")
    except MemoryError:
        return Decision(None, "memory")
    except EvaluationForbidden:
        return Decision(None, "forbidden")
    except Exception:  # noqa: BLE001 - math-verify and sympy raise anything; what they cannot compare is unknown
        return Decision(None, "unreadable")


if __name__ == "__main__":
    main()
