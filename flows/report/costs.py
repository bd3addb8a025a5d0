"""What the paper's rounds took and what the home's did, from its ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flows.display.progress.stage import duration
from flows.report.document import Grid, Section
from flows.report.home import Home, StageCost
from flows.report.paper import Hardware
from flows.settings.tables import Table
from models.engines.registry import KINDS
from warehouse.stages import EVALUATE, MEASURE, ROLLOUT, TRAIN_POLICY, TRAIN_PPM

_SHOWN_SECONDS: Final = 0.5
"""Stages that never took so long are not listed."""

_TRAININGS: Final = ((TRAIN_POLICY, "sft"), (TRAIN_PPM, "ppm"))
"""Stages that train, and the section of the settings that says how."""

_TEXT: Final = (
    "Hours of cores or GPUs are wall time x what the settings of the newest round give a stage. What a machine really spent, "
    "and which machine it was, no lake holds. The paper's GPU-hours are nodes x GPUs x time; it says nothing of its trainings."
)


@dataclass(frozen=True, slots=True)
class Devices:
    """What computes: cores or GPUs, and how many of them each stage has; none where servers compute."""

    unit: str
    by_stage: dict[str, int]
    otherwise: int

    def hours(self, costs: Iterable[StageCost]) -> float:
        """Return the hours that stages had their cores or GPUs for."""
        return sum(cost.wall_seconds * self.by_stage.get(cost.stage, self.otherwise) for cost in costs) / 3600


def devices(settings: Table) -> Devices | None:
    """Return what the settings give each stage, or None where servers compute, of which the lake knows nothing."""
    engine: dict[str, Any] = settings.get("engine", {})
    about = KINDS.get(engine.get("kind", ""))
    if about is None or about.asks_servers:
        return None
    gpus = {gpu for entry in (*engine.get("policy_gpus", ()), *engine.get("ppm_gpus", ())) for gpu in entry.split(",")}
    if gpus or about.gpus == "several":
        return Devices("GPU-hours", {}, max(1, len(gpus)))
    serving = max(1, engine.get("n_processes", 1)) * engine.get("n_threads", 1)
    n_threads = {stage.name: settings.get(part, {}).get("n_threads", 1) for stage, part in _TRAININGS}
    return Devices("core-hours", {**dict.fromkeys((ROLLOUT.name, EVALUATE.name, MEASURE.name), serving), **n_threads}, 1)


def costs_section(home: Home, hardware: Sequence[Hardware]) -> Section:
    """Return what the paper's rounds ran on, and seconds, tokens and hours of the home's, round by round."""
    published = Grid(
        ("paper, data generation", "on", "for", "GPU-hours"),
        tuple(
            (
                f"round {one.round}",
                f"{one.n_nodes} nodes x {one.gpus_per_node} {one.gpu}",
                f"{one.days:g} days",
                f"{one.gpu_hours:,.0f}",
            )
            for one in hardware
        ),
    )
    return Section("Hardware and cost", _TEXT, (published, _machine(home.settings), _spent(home)))


def _machine(settings: Table) -> Grid:
    """Return what the settings say of the machine."""
    engine = settings.get("engine", {})
    shown = ("kind", "dtype", "quantization", "n_processes", "n_threads", "policy_gpus", "ppm_gpus")
    rows = [(f"engine.{name}", _plain(engine[name])) for name in shown if name in engine]
    rows += [(f"{part}.n_threads", _plain(settings[part].get("n_threads", 1))) for _, part in _TRAININGS if part in settings]
    return Grid(("this home", "by its settings"), tuple(rows))


def _spent(home: Home) -> Grid:
    rounds = sorted({cost.round for cost in home.costs})
    by_round = {number: [cost for cost in home.costs if cost.round == number] for number in rounds}
    long = [cost.stage for cost in home.costs if cost.wall_seconds >= _SHOWN_SECONDS]
    rows = [
        (stage, *(_seconds(cost.wall_seconds for cost in by_round[number] if cost.stage == stage) for number in rounds))
        for stage in dict.fromkeys(long)
    ]
    rows.append(("all stages", *(_seconds(cost.wall_seconds for cost in by_round[number]) for number in rounds)))
    rows.append(("  with the engine", *(_seconds(cost.engine_seconds for cost in by_round[number]) for number in rounds)))
    rows.append(("  code of steps", *(_seconds(cost.sandbox_seconds for cost in by_round[number]) for number in rounds)))
    rows.append(("tokens generated", *(f"{sum(cost.n_tokens for cost in by_round[number]):,}" for number in rounds)))
    computing = devices(home.settings)
    if computing is not None:
        rows.append((computing.unit, *(f"{computing.hours(by_round[number]):,.2f}" for number in rounds)))
    return Grid(("this home", *(f"round {number}" if number else "before round 1" for number in rounds)), tuple(rows))


def _seconds(seconds: Iterable[float]) -> str:
    whole = sum(seconds)
    return duration(whole) if whole > 0 else ""


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) or "none named" if isinstance(value, list) else str(value)
