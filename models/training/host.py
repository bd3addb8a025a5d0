"""A process that has loaded the training libraries once and forks for each job: `python -m models.training.host`.

Started by models.training.launch.TrainerHost, which speaks lines with it: a job file's path on stdin; JSON events on stdout,
named `ready`, `started` (pid), `metric` (a TrainingMetric), `failed` (message and hint of an error) and `ended` (exit code).

The host itself computes nothing, so no thread pool exists when it forks; each job sets its own threads in its own process.
Jobs end with the host (a parent-death signal), and the host ends with its parent (end of stdin, or another parent process id).
"""

import ctypes
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from models.training.job import TrainingJob
from models.training.run import run_job
from warehouse.errors import StargroveError

_PR_SET_PDEATHSIG: Final = 1
_PARENT_CHECK_SECONDS: Final = 1.0
"""A pipe's end may have been inherited by a process that outlives the parent, so the parent is also looked for this often."""

Emit = Callable[[dict[str, object]], None]


def serve() -> None:
    """Run the jobs named on stdin one after another, until the parent is gone."""
    parent = os.getppid()
    events = os.dup(1)
    os.dup2(2, 1)  # what libraries print belongs in no event

    def emit(event: dict[str, object]) -> None:
        os.write(events, json.dumps(event).encode() + b"\n")  # one write below PIPE_BUF: lines never mix

    emit({"event": "ready"})
    pending = b""
    while _wait(parent, None):
        received = os.read(0, 65536)
        if not received:
            return
        *paths, pending = (pending + received).split(b"\n")
        for path in paths:
            if not _run_in_fork(Path(os.fsdecode(path)), parent, emit):
                return


def _run_in_fork(job_path: Path, parent: int, emit: Emit) -> bool:
    """Return whether the parent is still there after the job, which is killed if it is not."""
    host = os.getpid()
    pid = os.fork()
    if pid == 0:
        os._exit(_child(job_path, host, emit))
    emit({"event": "started", "pid": pid})
    pidfd = os.pidfd_open(pid)
    try:
        parent_is_there = _wait(parent, pidfd)
        if not parent_is_there:
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(pidfd)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if parent_is_there:
        emit({"event": "ended", "code": code})
    return parent_is_there


def _wait(parent: int, pidfd: int | None) -> bool:
    """Return true once stdin can be read (no job) or the job has ended, false if the parent is gone before."""
    while os.getppid() == parent:
        readable, _, _ = select.select([0] if pidfd is None else [pidfd], [], [], _PARENT_CHECK_SECONDS)
        if readable:
            return True
    return False


def _child(job_path: Path, host: int, emit: Emit) -> int:
    """Return the exit code of a job that ran in this process."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != host:  # it died before it could send the signal
        return 1
    try:
        job = TrainingJob.model_validate_json(job_path.read_text())
        _redirect_output(job.log_path)
        run_job(job, lambda metric: emit({"event": "metric", **metric.model_dump()}))
    except StargroveError as error:
        emit({"event": "failed", "message": error.message, "hint": error.hint})
        return error.exit_code
    except BaseException:  # noqa: BLE001  # the outermost frame of a process: the traceback goes to its log
        traceback.print_exc()
        sys.stderr.flush()
        return 1
    sys.stdout.flush()
    return 0


def _redirect_output(log_path: Path) -> None:
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)  # below what an attempt before it left
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


if __name__ == "__main__":
    serve()
