"""What `stargrove evaluate` does: measure the current checkpoints on the test split or on benchmarks. It stores nothing."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from flows.code_version import code_version
from flows.display import Display
from flows.display.rounds import share
from flows.plans import plan_of, site_of
from flows.settings import Settings
from tasks.evaluate import attempt_all
from tasks.evaluation.scoreboard import Metric, ProblemAnswers, scoreboard
from tasks.plan import RoundPlan
from tasks.problems.decontamination import Decontaminator
from tasks.problems.loaders import load_problems
from tasks.resources import Resources, opened
from warehouse.errors import BadInput
from warehouse.records import Problem


def run_evaluate(settings: Settings, home: Path, files: Sequence[Path], display: Display) -> int:
    """Return 0 after showing a table per benchmark. Raises BadInput before the first promotion, or with nothing to measure."""
    if not (home / "lake").exists():
        raise BadInput(f"there is no evolution in {home}", hint="grow one first: stargrove evolve, or name another --home")
    loaded = {path.stem: list(load_problems(path, "test", path.stem).problems) for path in files}
    with opened(site_of(settings, home), display) as resources:
        plan = plan_of(settings, home, settings.run.n_rounds, code_version())
        benchmarks = loaded or {"test split": resources.lake.problems("test")}
        if not any(benchmarks.values()):
            raise BadInput(f"{home} holds no test problems", hint="bring some: stargrove ingest FILE --split test")
        policy_id, ppm_id = _current(resources)
        display.message(f"policy {policy_id}, PPM {ppm_id}")
        train = resources.lake.problems("train")
        for name, problems in benchmarks.items():
            _warn_of_overlap(name, problems, train, settings.gates.n_gram, display)
            display.stage(0, f"evaluate {name}", 2 * len(problems))
            display.show(metric_table(name, measure(plan, problems, resources, policy_id, ppm_id)))
    return 0


def measure(plan: RoundPlan, problems: Sequence[Problem], resources: Resources, policy_id: str, ppm_id: str) -> list[Metric]:
    """Return the metrics of these checkpoints on the problems, over all levels and by level."""
    attempts, _ = attempt_all(plan, problems, resources, policy_id, ppm_id)
    answered = [
        ProblemAnswers(one.level, attempts[one.problem_id, "greedy"][0], tuple(attempts[one.problem_id, "sample"]))
        for one in problems
    ]
    return scoreboard(answered, resources.grader, scored=True)


def metric_table(name: str, metrics: Sequence[Metric]) -> Table:
    """Return a table with one row per metric and one column per level."""
    levels = sorted({metric.level for metric in metrics if metric.level is not None})
    value_of = {(metric.name, metric.level): metric.value for metric in metrics}
    n_problems = {metric.level: metric.n_problems for metric in metrics}
    table = Table(title=name, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    columns: list[int | None] = [None, *levels]
    for level in columns:
        table.add_column("all" if level is None else f"level {level}", justify="right")
    table.add_row("problems", *(f"{n_problems[level]:,}" for level in columns))
    for metric in dict.fromkeys(metric.name for metric in metrics):
        table.add_row(metric.replace("_", " "), *(share(value_of[metric, level]) for level in columns))
    return table


def _current(resources: Resources) -> tuple[str, str]:
    policy = resources.lake.current_checkpoint("policy")
    ppm = resources.lake.current_checkpoint("ppm")
    if policy is None or ppm is None:
        raise BadInput(f"no round of {resources.site.home} is promoted yet", hint="finish one: stargrove evolve")
    return policy.checkpoint_id, ppm.checkpoint_id


def _warn_of_overlap(name: str, problems: Sequence[Problem], train: Sequence[Problem], n_gram: int, display: Display) -> None:
    """Say how many training problems share words with the benchmark: its numbers would flatter the policy."""
    overlap = Decontaminator(problems, n_gram).refusals(train)
    if overlap:
        display.message(
            f"{name}: {len(overlap)} training problems share {n_gram} words in a row with it, so its numbers flatter"
        )
