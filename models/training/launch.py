"""The parent's side of training: start a host, hand it jobs, read metrics, and clean up. Imports no torch.

Loading torch, transformers and trl costs 5 to 6 CPU seconds (2 cores, November 2026), more than a small training, and a run
trains twice per round. A TrainerHost pays once, while the search is busy. A job is a fork of it: it starts at once and is still
a process of its own, which can be killed and takes its memory along.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from models.training.job import TrainingJob, TrainingMetric, TrainingOutcome, finished_outcome
from warehouse.errors import Interrupted, TrainingFailed

N_LOG_LINES: Final = 5
"""Lines of a failed training's log that its error shows."""

N_RETRIES: Final = 2
"""How often a training that was killed is started again. What kills it once may be gone; what kills it thrice is not."""

_CLOSE_SECONDS: Final = 5

_ENVIRONMENT: Final = {
    # Freed memory stays in the process instead of being mapped anew at every step: 5-10 % less CPU at the tiny size.
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    # No BLAS threads before the fork.
    "OPENBLAS_NUM_THREADS": "1",
}

OnMetric = Callable[[TrainingMetric], None]
Say = Callable[[str], None]


def run_training(
    job: TrainingJob, on_metric: OnMetric, host: "TrainerHost | None" = None, say: Say = lambda _: None
) -> TrainingOutcome:
    """Return the outcome of a job, trained in a process of its own.

    An outcome that this very job left before is returned at once, its progress reported as if it happened now.
    A process that is killed is started again from its last resume point, N_RETRIES times, which is said by `say` and in the
    job's log. on_metric and say are called in this thread. Without a host, one is started for this job. When an exception
    leaves this call, the training is killed. Raises TrainingFailed, with the end of the log for an error of the training's own.
    """
    finished = finished_outcome(job)
    if finished is not None:
        for metric in finished.curve:
            on_metric(metric)
        return finished
    if host is not None:
        return host.train(job, on_metric, say)
    with TrainerHost() as own:
        return own.train(job, on_metric, say)


class _Death(Exception):
    """A process was killed from outside, by a signal or by the kernel for want of memory, which says nothing about its job."""


class TrainerHost:
    """A process with the training libraries loaded. Jobs of several threads wait for each other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None
        self._lock = threading.Lock()
        self._is_stopped = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process id while one is running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process if none is running. Returns at once: the libraries load in the background."""
        self._obey()
        if self.pid is not None:
            return
        self.close()
        self._log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115  # closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "models.training.host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is for the parent, which decides what to kill
        )
        if self._is_stopped:  # by another thread, which did not see this process
            self.stop()

    def train(self, job: TrainingJob, on_metric: OnMetric, say: Say) -> TrainingOutcome:
        """Return the outcome of a job; see run_training."""
        job.work_dir.mkdir(parents=True, exist_ok=True)
        job.log_path.write_text("")
        job_path = job.work_dir / "job.json"
        job_path.write_text(job.model_dump_json(indent=2))
        with self._lock:
            try:
                failure = self._tried(job, job_path, on_metric, say)
            except BaseException:
                self.close()  # in the middle of a job: it is killed, and the next one gets a fresh host
                raise
        if failure is not None:
            raise failure
        outcome = finished_outcome(job)
        if outcome is None:
            raise TrainingFailed(
                f"the {job.kind} training left no outcome in {job.work_dir}", hint=f"its log is {job.log_path}"
            )
        return outcome

    def _tried(self, job: TrainingJob, job_path: Path, on_metric: OnMetric, say: Say) -> TrainingFailed | None:
        """Return how the job failed by itself, or None. Raises TrainingFailed for one that was killed too often."""
        for n_left in reversed(range(N_RETRIES + 1)):
            try:
                self.start()
                self._send(str(job_path.absolute()))
                return self._follow(job, on_metric)
            except _Death as death:
                self._obey()
                if not n_left:
                    raise TrainingFailed(
                        f"the {job.kind} training {death}, {N_RETRIES + 1} times in a row",
                        hint="if nobody killed it, the machine may be out of memory: lower micro_batch_size or max_length; "
                        f"its log is {job.log_path}",
                    ) from death
                begins = "goes on from its last resume point" if any(job.resume_dir.glob("checkpoint-*")) else "begins anew"
                line = f"the {job.kind} training {death}: it {begins} (attempt {N_RETRIES + 2 - n_left} of {N_RETRIES + 1})"
                with job.log_path.open("a") as log:
                    log.write(f"stargrove: {line}\n")
                say(line)
        raise AssertionError("the last attempt returns or raises")

    def stop(self) -> None:
        """Kill the process and its job: whoever waits for them raises Interrupted, and whoever comes with another job."""
        self._is_stopped = True
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _obey(self) -> None:
        if self._is_stopped:
            raise Interrupted("the training was stopped", hint="run the same command again: it goes on from its last state")

    def close(self) -> None:
        """End the process and a job that it is running."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # its job dies with it, by the parent-death signal
        process.wait(_CLOSE_SECONDS)
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # a line that the dead process never read
            process.stdin.close()
        if self._log is not None:
            self._log.close()

    def _send(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._host_loss() from error

    def _follow(self, job: TrainingJob, on_metric: OnMetric) -> TrainingFailed | None:
        """Return how the job failed by itself, or None, after its last event. Raises _Death for one that was killed."""
        assert self._process is not None and self._process.stdout is not None
        failure: TrainingFailed | None = None
        for line in self._process.stdout:
            event = json.loads(line)
            name = event.pop("event")
            if name == "metric":
                on_metric(TrainingMetric.model_validate(event))
            elif name == "failed":
                failure = TrainingFailed(event["message"], hint=event["hint"])
            elif name == "ended":
                if event["code"] < 0:
                    raise _Death(f"was killed by {signal.Signals(-event['code']).name}")
                return None if event["code"] == 0 else failure or _failure(job, event["code"])
        raise self._host_loss()

    def _host_loss(self) -> _Death | TrainingFailed:
        """Return what it means that the host is gone: it was killed, or it has an error of its own."""
        assert self._process is not None and self._log is not None
        code = self._process.wait(_CLOSE_SECONDS)
        if code < 0:
            return _Death(f"lost its host, which was killed by {signal.Signals(-code).name}")
        self._log.seek(0)
        return TrainingFailed(f"the training host ended with code {code}: {_tail(self._log)}")


def _failure(job: TrainingJob, code: int) -> TrainingFailed:
    with job.log_path.open() as log:
        tail = _tail(log)
    return TrainingFailed(f"the {job.kind} training ended with code {code}: {tail}", hint=f"its log is {job.log_path}")


def _tail(log: IO[str]) -> str:
    lines = deque((line.strip() for line in log if line.strip()), maxlen=N_LOG_LINES)
    return " | ".join(lines) or "its log is empty"
