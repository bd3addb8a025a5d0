"""What `stargrove evaluate` does: measure the current checkpoints on the test split or on benchmark files. Decides nothing."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from flows.code_version import code_version
from flows.display import Display
from flows.ingest import run_ingest
from flows.prefect_server import open_server
from flows.settings import Settings
from warehouse.errors import BadInput

if TYPE_CHECKING:
    from warehouse.store import Warehouse


def run_evaluate(settings: Settings, home: Path, files: list[Path], display: Display) -> int:
    """Return 0 after measuring and showing a table. What was measured before with the same checkpoints is only shown."""
    if not (home / "lake").exists():
        raise BadInput(f"there is no evolution in {home}", hint="grow one first: stargrove evolve, or name another --home")
    for file in files:
        display.message(run_ingest(settings, home, file, "test", file.stem).line)
    server = open_server(home)
    os.environ.update(server.client_environment)
    from flows.measure import measure
    from flows.plans import plan_of, site_of
    from tasks.resources import opened

    with opened(site_of(settings, home), display) as resources:
        policy = resources.lake.current_checkpoint("policy")
        if policy is None:
            raise BadInput(f"no round of {home} is promoted yet", hint="finish one: stargrove evolve")
        ppm = resources.lake.current_checkpoint("ppm")
        server.wait()
        benchmarks: list[str | None] = [file.stem for file in files] or [None]
        plan = plan_of(settings, home, policy.round, code_version())
        measure(plan, policy.checkpoint_id, ppm.checkpoint_id if ppm else None, benchmarks)
        display.show(benchmark_table(resources.lake, policy.checkpoint_id, benchmarks))
    return 0


def benchmark_table(lake: "Warehouse", policy_id: str, benchmarks: list[str | None]) -> Table:
    """Return what was measured of a policy: one row per benchmark, shares in percent, with a 95 % interval of greedy pass@1."""
    from tasks.evaluation.metrics import bootstrap_interval

    table = Table(
        "benchmark",
        "problems",
        "greedy pass@1",
        "95 % interval",
        "maj@k",
        "best-of-k",
        "pass@k",
        "ungraded",
        "tokens",
        box=None,
    )
    for benchmark in benchmarks:
        metrics = dict(
            lake.query("benchmark_metrics", policy_id=policy_id, benchmark=benchmark).select("metric", "value").iter_rows()
        )
        answers = lake.query("benchmark_answers", policy_id=policy_id, benchmark=benchmark)
        low, high = bootstrap_interval(answers["greedy_correct"].cast(float).to_list(), seed=0)
        shares = [_percent(metrics, name) for name in ("greedy_pass_1", "maj_", "best_of_", "pass_")]
        table.add_row(
            benchmark or "test split",
            str(len(answers)),
            shares[0],
            f"{100 * low:.1f} to {100 * high:.1f}",
            *shares[1:],
            str(answers["n_unknown"].sum()),
            f"{sum(answers['n_tokens']) / max(len(answers), 1):.0f}",
        )
    return table


def _percent(metrics: dict[str, float], prefix: str) -> str:
    found = [value for name, value in metrics.items() if name.startswith(prefix)]
    return f"{100 * found[0]:.1f}" if found else "-"
