"""How a home stands: its rounds, what runs on it now, what that waits for, and what to do where nothing runs.

What runs is seen from four things: the home's lock, which names a process of this machine; the ledger, which says what the
round committed last, on whatever machine; in Postgres, who committed last; and the log of a training. Nothing here starts or
changes anything.
"""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flows.home.lock import Holder, holder
from flows.home.prefect_server import reviewed_at
from flows.settings import unknown_settings
from flows.settings.recall import options_of
from warehouse import stages
from warehouse.places.location import existing
from warehouse.settings import WarehouseSettings
from warehouse.stages import Stage
from warehouse.store.lake import Warehouse

if TYPE_CHECKING:
    from warehouse.places.postgres import Writer

ORDER: Final[tuple[Stage, ...]] = (
    stages.ROLLOUT,
    stages.TRAJECTORIES,
    stages.VERIFY,
    stages.ANNOTATE_SFT,
    stages.ANNOTATE_PAIRS,
    stages.GATE_TRAINING_DATA,
    stages.TRAIN_POLICY,
    stages.TRAIN_PPM,
    stages.EVALUATE,
    stages.GATE_PROMOTION,
    stages.PROMOTE,
)
"""The stages of a round in the order in which they are committed."""

_N_SPLITS: Final = 2
"""Held-out splits, each of which is a commit of the stage evaluate."""
_TAIL_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class RoundState:
    """One row of the query `round_states`."""

    round: int
    status: str
    started_at: datetime
    finished_at: datetime | None
    last_stage: str | None
    last_committed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Now:
    """What a round is at: the label of a stage, how far it is where that is recorded, and the labels of those to come."""

    label: str
    detail: str
    following: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HomeStatus:
    """How a home stands. now: of the round that runs, None where none does; advice: what to do where nothing runs here.

    is_shared: the lake is on a server, so that other machines may work on it, unseen from here. writer: its last committer.
    """

    home: Path
    place: str
    is_shared: bool
    writer: "Writer | None"
    rounds: tuple[RoundState, ...]
    n_rounds: int | None
    holder: Holder | None
    now: Now | None
    review: str
    advice: tuple[str, ...]


def status_of(home: Path) -> HomeStatus:
    """Return how a home stands. Raises WarehouseError where its lake cannot be read."""
    worker, review = holder(home), reviewed_at(home)
    location = existing(home, WarehouseSettings())
    if location is None:
        advice: tuple[str, ...] = () if worker else (f"begin with: stargrove evolve --home {home}",)
        return HomeStatus(home, "none yet", False, None, (), None, worker, None, review, advice)
    with Warehouse.at(location, WarehouseSettings(), read_only=True) as lake:
        rounds = tuple(RoundState(**row) for row in lake.query("round_states").iter_rows(named=True))
        last = rounds[-1] if rounds else None
        row = lake.round_row(last.round) if last else None
        settings_json = row.settings_json if row else "{}"
        refused = lake.query(
            "select gate, count(*) from gate_results where round = $round and not passed group by gate order by gate",
            round=last.round if last else 0,
        ).rows()
        now = _now(lake, home, last.round, settings_json) if last and last.status == "running" else None
    n_rounds = _n_rounds(settings_json) or None
    is_shared = bool(location.catalog)
    advice = () if worker else advised(home, rounds, settings_json, refused, is_shared=is_shared)
    writer = _last_writer(location.catalog) if is_shared else None
    return HomeStatus(home, location.described, is_shared, writer, rounds, n_rounds, worker, now, review, advice)


def at_work(n_committed: Mapping[str, int], n_shards: int) -> Now:
    """Return what a running round is at. n_committed: commits by the name of their stage; n_shards: those of the search."""
    n_searched = n_committed.get(stages.ROLLOUT.name, 0)
    done = max((place for place, stage in enumerate(ORDER) if stage.name in n_committed), default=-1)
    if done <= 0 and n_searched < n_shards:
        place, detail = 0, f"{n_searched} of {n_shards} shards committed"
    elif ORDER[max(done, 0)] is stages.EVALUATE and n_committed[stages.EVALUATE.name] < _N_SPLITS:
        place, detail = done, ""
    else:
        place, detail = min(done + 1, len(ORDER) - 1), ""
    labels = tuple(dict.fromkeys(stage.label for stage in ORDER[place:]))
    return Now(labels[0], detail, labels[1:])


def advised(
    home: Path,
    rounds: Sequence[RoundState],
    settings_json: str,
    refused: Sequence[tuple[str, int]],
    *,
    is_shared: bool,
) -> tuple[str, ...]:
    """Return what to do next, as lines for people. refused: gates of the last round, with how many expectations failed."""
    command = command_to_go_on(home, settings_json)
    last = rounds[-1] if rounds else None
    if last is None:
        return (f"no round was begun; go on with: {command}",)
    if last.status in ("rejected", "failed") and refused:
        gates = " and ".join(f"the {gate} gate refused round {last.round} ({n} expectations)" for gate, n in refused)
        return (
            f"{gates}; see why: stargrove gates --round {last.round} --failed --home {home}",
            f"let it through all the same: {command} --override REASON",
        )
    if last.status == "promoted" and last.round >= _n_rounds(settings_json):
        return ("every round is promoted: nothing is left to do",)
    stopped = f"round {last.round} was stopped" if last.status == "running" else f"round {last.round} is {last.status}"
    condition = ", unless another machine is at work on it" if is_shared and last.status == "running" else ""
    return (f"{stopped}{condition}; go on with: {command}",)


def command_to_go_on(home: Path, settings_json: str) -> str:
    """Return the call of `stargrove evolve` that goes on with a home, with the settings that it was begun with."""
    if settings_json != "{}" and not unknown_settings(settings_json):
        options = options_of(settings_json)
        if options is None:
            options = ["--file", f"{home}.toml"]
            written = f"stargrove config show --home {home} > {home}.toml && "
        else:
            written = ""
        return f"{written}{' '.join(['stargrove evolve --home', str(home), *options])}"
    return f"stargrove evolve --home {home}"


def training_progress(work_dir: Path) -> str:
    """Return how far a training is by its log, as in "epoch 1.57 of 4 · loss 0.0102"; "" where none runs."""
    log, job = work_dir / "training.log", work_dir / "job.json"
    if not log.exists() or (work_dir / "outcome.json").exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    reports = [line for line in lines if line.startswith("{'loss'") and line.endswith("}")]
    if not reports:
        return "started"
    report = ast.literal_eval(reports[-1])
    n_epochs = json.loads(job.read_text(encoding="utf-8"))["settings"]["n_epochs"]
    return f"epoch {float(report['epoch']):.2f} of {n_epochs} · loss {float(report['loss']):.4f}"


def _last_writer(catalog: str) -> "Writer | None":
    from warehouse.places.postgres import last_writer

    return last_writer(catalog)


def _n_rounds(settings_json: str) -> int:
    """Return how many rounds were to be run when the last one was begun; 0 where none was."""
    return int(json.loads(settings_json).get("run", {}).get("n_rounds", 0))


def _now(lake: Warehouse, home: Path, round_number: int, settings_json: str) -> Now:
    costs = lake.query("select stage, n_batches from v_stage_costs where round = $round", round=round_number)
    n_problems = int(lake.query("select count(*) from problems where split = 'train'").item())
    shard_size = int(json.loads(settings_json)["run"]["shard_size"])
    now = at_work(dict(costs.rows()), -(-n_problems // shard_size))
    if now.label in ("train-policy", "train-ppm"):
        kind = now.label.removeprefix("train-")
        return Now(now.label, training_progress(home / "jobs" / f"round-{round_number}-{kind}"), now.following)
    return now
