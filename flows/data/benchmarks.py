"""Benchmark files: which problems stand in one, beside the problems that rounds are measured on."""

from pathlib import Path

from flows.data.ingest import run_ingest
from flows.data.screening import loaded_problems
from flows.display.progress import Display
from flows.home.code_version import code_version
from flows.settings import Settings
from tasks.problems.options import RECOGNISE
from warehouse.ids import content_id
from warehouse.measured import BenchmarkProblem
from warehouse.places.hub import pinned
from warehouse.places.objects import fetched
from warehouse.records import Batch
from warehouse.stages import BENCHMARK, BENCHMARK_INGEST
from warehouse.store.lake import Warehouse


def known_benchmark(settings: Settings, home: Path, file: Path, display: Display) -> str:
    """Return the id of the batch that says which problems stand in a benchmark file, after bringing them into the lake.

    A problem may stand in several benchmarks; its row in `problems` names the one that brought it.
    """
    file = pinned(file)  # Read twice below, from the same commit.
    report = run_ingest(settings, home, file, "test", file.stem, stage=BENCHMARK_INGEST)
    display.message(report.line)
    with fetched(file) as local:
        problems = loaded_problems(settings, local, "test", file.stem, RECOGNISE, {}, set()).problems
    fingerprint = content_id(" ".join(problem.problem_id for problem in problems))
    batch = Batch(round=0, stage=BENCHMARK.name, shard=file.stem, fingerprint=fingerprint, code_version=code_version())
    with Warehouse.open(home, settings.warehouse) as lake:
        if not lake.is_committed(batch.batch_id):
            rows = [BenchmarkProblem(file.stem, problem.problem_id) for problem in problems]
            lake.commit(batch, {"benchmark_problems": rows})
    return batch.batch_id
