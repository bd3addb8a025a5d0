"""One training in this process: `python -m models.training.run JOB.json`, or the body of a host's forked child.

Metrics are JSON lines on stdout, the outcome the last of them. All that libraries print goes to stderr.
"""

import os

# The libraries look for these when they are imported. A training reaches no network and shares no data.
os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")
# Threads that wait for each other sleep: spinning, as is the default, they took five times the CPU time on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import transformers

from models.training.job import TrainingJob, TrainingMetric, TrainingOutcome
from models.training.ppm import train_ppm
from models.training.settings import PpmSettings
from models.training.sft import train_policy
from warehouse.errors import StargroveError


def run_job(job: TrainingJob, emit: Callable[[TrainingMetric], None]) -> TrainingOutcome:
    """Return the outcome of a job after training it in this process; outcome.json is written last, by one rename."""
    wall_started, cpu_started = time.monotonic(), time.process_time()
    torch.set_num_threads(job.settings.n_threads)
    transformers.set_seed(job.seed % 2**32)
    settings = job.settings
    curve: list[TrainingMetric] = []

    def keep(metric: TrainingMetric) -> None:
        curve.append(metric)
        emit(metric)

    metrics = train_ppm(job, settings, keep) if isinstance(settings, PpmSettings) else train_policy(job, settings, keep)
    times = {"wall_seconds": time.monotonic() - wall_started, "cpu_seconds": time.process_time() - cpu_started}
    outcome = TrainingOutcome(
        model_dir=job.model_dir, metrics={**metrics, **times}, curve=tuple(curve), fingerprint=job.fingerprint()
    )
    partial = job.work_dir / "outcome.json.partial"
    partial.write_text(outcome.model_dump_json(indent=2))
    partial.replace(job.work_dir / "outcome.json")
    return outcome


def main(arguments: list[str]) -> int:
    """Return the exit code after running the job file named on the command line."""
    job = TrainingJob.model_validate_json(Path(arguments[0]).read_text())
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print to stdout belongs beside the log
    try:
        outcome = run_job(job, lambda metric: print(metric.model_dump_json(), file=lines, flush=True))
    except StargroveError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(outcome.model_dump_json(), file=lines, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
