"""Turn what is known about the end of a step into the message for the driver. Reports of guests are parsed and capped here."""

from typing import Any, Final

from tasks.sandbox.worker.processes import MAX_FAULTS, Job

Message = dict[str, Any]

SIGNAL_NAMES: Final = {
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    14: "SIGALRM",
    24: "SIGXCPU",
    31: "SIGSYS",
}
MAX_NAME_CHARS: Final = 200
MAX_MESSAGE_CHARS: Final = 2_100
_SHARE_OF_LIMIT: Final = 0.5


class Forged(Exception):
    """What arrived on a step's socket is not a report."""


def execution(
    job: Job, outcome: str, *, limit: str | None = None, seconds: float = 0.0, memory_mib: float = 0.0, **rest: object
) -> Message:
    """Return the message for one finished execution."""
    message: Message = {"id": job.request_id, "outcome": outcome, "stdout": "", "value": None, "error": None}
    return message | {"limit": limit, "seconds": seconds, "memory_mib": memory_mib} | rest


def reported(job: Job, report: Any, max_chars: int) -> Message:
    """Return the message for a report of a guest. Raises Forged when it has another shape."""
    if not isinstance(report, dict) or report.get("outcome") not in ("ok", "error", "out_of_memory"):
        raise Forged
    outcome = report["outcome"]
    if "replay_failed" in report:
        what = f"step {report['replay_failed']} of the path ran before and now ended in {outcome}: {report.get('type')}"
        return execution(job, "error", error=["ReplayFailed", what[:MAX_MESSAGE_CHARS], None])
    error = (
        [_text(report, "type")[:MAX_NAME_CHARS], _text(report, "message")[:MAX_MESSAGE_CHARS], _line(report)]
        if outcome == "error"
        else None
    )
    value = report.get("value")
    return execution(
        job,
        outcome,
        limit="memory" if outcome == "out_of_memory" else None,
        seconds=_number(report, "seconds"),
        memory_mib=_number(report, "memory_mib"),
        stdout=_text(report, "stdout")[: max_chars + 100],
        value=None if value is None else _text(report, "value")[: max_chars + 100],
        error=error,
    )


def unreported(job: Job, status: Message, seconds: float, cpu_seconds: int, memory_mib: int) -> Message | None:
    """Return the message for a step that ended without a report, None when it was not the step's own doing.

    A step cannot send signals, so a SIGKILL within its limits came from the kernel's memory killer or from outside. Or the step
    lowered its own CPU limit: one that is killed each time is taken to have done it.
    """
    code, cpu, used_mib = status["code"], status.get("cpu", 0.0), status.get("memory_mib", 0.0)
    if code is None:
        return None
    facts: dict[str, Any] = {"seconds": seconds, "memory_mib": used_mib}
    if code in (-9, -24) and cpu >= cpu_seconds * 0.9:
        return execution(job, "timeout", limit="cpu", **facts)
    if code == -9 and job.n_faults < MAX_FAULTS - 1:
        return execution(job, "out_of_memory", limit="machine", **facts) if used_mib > memory_mib * _SHARE_OF_LIMIT else None
    limit = f"exit status {code}" if code >= 0 else f"signal {SIGNAL_NAMES.get(-code, -code)}"
    return execution(job, "killed", limit=limit, **facts)


def _text(report: Message, key: str) -> str:
    value = report.get(key)
    if not isinstance(value, str):
        raise Forged
    return value


def _number(report: Message, key: str) -> float:
    value = report.get(key)
    if not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise Forged
    return float(value)


def _line(report: Message) -> int | None:
    line = report.get("line")
    if line is not None and not isinstance(line, int):
        raise Forged
    return line
