"""What `stargrove evaluate` does: measure the current checkpoints on held-out problems or benchmark files. Decides nothing."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.data.ingest import run_ingest
from flows.display.progress import Display
from flows.display.tables.evaluation import evaluation_table, refused_lines, ungraded_lines
from flows.home.code_version import code_version
from flows.home.prefect_server import open_server
from flows.settings import Settings
from tasks.domains.registry import DOMAINS
from tasks.problems.loaders import load_problems
from warehouse.errors import BadInput
from warehouse.places.location import has_lake, located
from warehouse.places.objects import fetched
from warehouse.records import AnswerMethod, Batch, BenchmarkProblem, Split
from warehouse.stages import BENCHMARK, BENCHMARK_INGEST
from warehouse.store.lake import Warehouse

if TYPE_CHECKING:
    from tasks.runtime.measure_plan import MeasurePlan, Selection
    from tasks.runtime.resources import Resources

METHODS: tuple[AnswerMethod, ...] = ("greedy", "sample", "beam", "mcts")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call of the command asks for. files: benchmarks; none: the split. levels: none for all."""

    files: tuple[Path, ...]
    methods: tuple[AnswerMethod, ...]
    split: Split
    levels: tuple[int, ...]


def run_evaluate(settings: Settings, home: Path, wanted: Wanted, display: Display) -> int:
    """Return 0 after measuring and showing a table. What was measured before with the same settings is only shown."""
    if not has_lake(home) and not located(home, settings.warehouse).catalog:
        raise BadInput(f"there is no evolution in {home}", hint="grow one first: stargrove evolve, or name another --home")
    batches = [(file.stem, known_benchmark(settings, home, file, display)) for file in wanted.files]
    server = open_server(home)
    os.environ.update(server.client_environment)
    # Prefect reads its environment when it is imported, so nothing that imports it may be imported before this line.
    from flows.evaluation import evaluate_checkpoints
    from flows.home.plans import site_of
    from tasks.runtime.measure_plan import Selection
    from tasks.runtime.resources import opened

    suffix = f" level {','.join(map(str, wanted.levels))}" if wanted.levels else ""
    selections = [
        Selection(name=f"{name}{suffix}", split="test", benchmark_batch_id=batch_id, levels=wanted.levels)
        for name, batch_id in batches
    ] or [Selection(name=f"{wanted.split}{suffix}", split=wanted.split, levels=wanted.levels)]
    with opened(site_of(settings, home), display) as resources:
        plan = measure_plan(settings, home, wanted, tuple(selections), resources)
        server.wait()
        for selected in evaluate_checkpoints(plan):
            display.show(evaluation_table(resources.lake, selected))
            for line in (*refused_lines(resources.lake, selected), *ungraded_lines(resources.lake, selected)):
                display.message(line)
    return 0


def measure_plan(
    settings: Settings, home: Path, wanted: Wanted, selections: "tuple[Selection, ...]", resources: "Resources"
) -> "MeasurePlan":
    """Return the plan for the current checkpoints. Raises BadInput where there is nothing to measure with or on."""
    from flows.home.plans import plan_of
    from tasks.runtime.measure_plan import MeasurePlan

    lake = resources.lake
    policy = lake.current_checkpoint("policy")
    if policy is None:
        raise BadInput(f"no round of {home} is promoted yet", hint="finish one: stargrove evolve")
    ppm = lake.current_checkpoint("ppm")
    guided = [method for method in wanted.methods if method in ("beam", "mcts")]
    if ppm is None and guided:
        raise BadInput(f"{guided[0]} needs a PPM, and none is promoted in {home}", hint="choose --methods greedy,sample")
    for selection in selections:
        if not selection.problems(lake):
            raise BadInput(f"{selection.name}: there are no such problems in {home}", hint="name a file, or other --levels")
    return MeasurePlan(
        round_plan=plan_of(settings, home, policy.round, code_version()),
        policy_id=policy.checkpoint_id,
        ppm_id=ppm.checkpoint_id if ppm else None,
        methods=wanted.methods,
        selections=selections,
        share_size=settings.run.shard_size,
    )


def known_benchmark(settings: Settings, home: Path, file: Path, display: Display) -> str:
    """Return the id of the batch that says which problems stand in a benchmark file, after bringing them into the lake.

    A problem may stand in several benchmarks; its row in `problems` names the one that brought it.
    """
    report = run_ingest(settings, home, file, "test", file.stem, stage=BENCHMARK_INGEST)
    display.message(report.line)
    with fetched(file) as local:
        problems = load_problems(local, "test", file.stem, read=DOMAINS[settings.problems.domain].read).problems
    fingerprint = hashlib.sha256(" ".join(problem.problem_id for problem in problems).encode()).hexdigest()[:16]
    batch = Batch(round=0, stage=BENCHMARK.name, shard=file.stem, fingerprint=fingerprint, code_version=code_version())
    with Warehouse.open(home, settings.warehouse) as lake:
        if not lake.is_committed(batch.batch_id):
            rows = [BenchmarkProblem(file.stem, problem.problem_id) for problem in problems]
            lake.commit(batch, {"benchmark_problems": rows})
    return batch.batch_id
