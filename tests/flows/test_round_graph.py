"""The graph of one round is the recorded one, and its task runs are those of the stage table."""

import importlib
import inspect
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect import State, Task

import tasks
from flows import evolution
from flows.evolution import EvolutionPlan, evolution_round
from flows.home.plans import plan_of, site_of
from flows.settings import load
from warehouse.places.location import Location
from warehouse.rounds.line import Turn
from warehouse.stages import STAGES, Stage

GOLDEN = Path(__file__).parents[1] / "golden" / "round.txt"
N_PROBLEMS = 20
SHARD_SIZE = 10


class SubmittedRun:
    """Stands for the future of a task run that is done."""

    def __init__(self, name: str) -> None:
        self.name = name

    def result(self) -> Any:
        return SimpleNamespace(checkpoint_id=self.name)


class RecordedTask:
    """Stands for a task: notes what is submitted and what that waits for, and runs nothing."""

    def __init__(self, task: "Task[..., Any]", edges: list[tuple[str, str]], nodes: list[str]) -> None:
        self.task, self.edges, self.nodes = task, edges, nodes

    def submit(
        self, *arguments: object, return_state: bool = False, wait_for: Sequence[SubmittedRun] = (), **named: object
    ) -> SubmittedRun:
        given = inspect.signature(self.task.fn).bind(*arguments, **named).arguments
        name = str(self.task.task_run_name).format(**given)
        before = [*wait_for, *(one for one in given.values() if isinstance(one, SubmittedRun))]
        self.nodes.append(name)
        self.edges += dict.fromkeys((one.name, name) for one in before)
        return SubmittedRun(name)


@dataclass(frozen=True)
class Drawn:
    """Nodes and edges of a round, as the flow submits them, and the state that it returns."""

    nodes: list[str]
    edges: list[tuple[str, str]]
    ended: State[None] | None


def drawn(home: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> Drawn:
    """Return the graph of round 1 under these settings."""
    nodes: list[str] = []
    edges: list[tuple[str, str]] = []
    for name, task in vars(evolution).copy().items():
        if isinstance(task, Task):
            monkeypatch.setattr(evolution, name, RecordedTask(task, edges, nodes))
    lake = SimpleNamespace(
        problems=lambda split: [None] * N_PROBLEMS,
        current_checkpoint=lambda kind: None,
        start_round=lambda row: None,
        set_candidates=lambda *found: None,
    )
    resources = SimpleNamespace(
        lake=lake, search_begins=lambda *found: None, progress=SimpleNamespace(message=lambda text: None)
    )
    monkeypatch.setattr(evolution, "resources_of", lambda site: resources)
    monkeypatch.setattr(evolution, "foretold", lambda lake, plan, rounds: "soon")
    settings = load("tiny-cpu", overrides=overrides)
    site = site_of(settings, Location(home))
    base, first = (plan_of(settings, site, Turn(number), "test") for number in (0, 1))
    plan = EvolutionPlan(
        name="test",
        base_id="base",
        bootstrap_id="base",
        shard_size=SHARD_SIZE,
        settings_json="{}",
        override_reason=None,
        base=base,
        rounds=(first,),
    )
    return Drawn(nodes, edges, evolution_round.fn(plan, first))


@pytest.fixture
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[tuple[str, str]]]:
    """Nodes and edges of a round of the default."""
    found = drawn(tmp_path, monkeypatch)
    assert found.ended is None
    return found.nodes, found.edges


def described(stage: Stage) -> str:
    return f"{stage.name} ({stage.label}): {', '.join(stage.reads)} -> {', '.join(stage.writes)}"


def test_the_graph_of_a_round_and_what_each_stage_reads_and_writes_are_as_recorded(
    graph: tuple[list[str], list[tuple[str, str]]], tmp_path: Path
) -> None:
    nodes, edges = graph
    lines = ["# Task runs of a round with two shards", *nodes]
    lines += ["", "# What waits for what", *(f"{before} -> {after}" for before, after in edges)]
    lines += ["", "# Stages of a round (and how their task runs begin): tables read -> written"]
    lines += [described(stage) for stage in STAGES.values() if stage.in_round]
    lines += ["", "# Other stages", *(described(stage) for stage in STAGES.values() if not stage.in_round)]
    found = "\n".join(line.rstrip() for line in lines) + "\n"
    written = tmp_path / GOLDEN.name
    written.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8"), f"the round changed; where that is meant: cp {written} {GOLDEN}"


def test_a_round_that_people_promote_ends_held_where_others_are_promoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = drawn(tmp_path, monkeypatch, "gates.promotion=manual")
    assert found.nodes[-2:] == ["gate promotion", "hold"]
    assert found.edges[-1] == ("gate promotion", "hold")
    assert "promote" not in found.nodes
    assert found.ended is not None
    assert (found.ended.is_completed(), found.ended.name) == (True, "Held")
    assert f"stargrove promote --round 1 --reason WHY --home {tmp_path}" in str(found.ended.message)


def test_every_stage_of_a_round_has_a_task_run_and_every_task_run_a_stage(
    graph: tuple[list[str], list[tuple[str, str]]],
) -> None:
    nodes, _ = graph
    labels = {stage.label for stage in STAGES.values() if stage.in_round}
    by_label = {label: [name for name in nodes if is_called(name, label)] for label in labels}
    assert [label for label, names in by_label.items() if not names] == []
    assert {name for names in by_label.values() for name in names} == set(nodes)


def test_a_module_of_tasks_holds_one_task_that_is_called_by_the_label_of_its_stage() -> None:
    labels = {stage.label for stage in STAGES.values()} | {"gate"}
    for found in pkgutil.iter_modules(tasks.__path__):
        if not found.ispkg:
            module = importlib.import_module(f"tasks.{found.name}")
            (task,) = (one for one in vars(module).values() if isinstance(one, Task) and one.fn.__module__ == module.__name__)
            assert task.fn.__name__ == found.name
            assert any(is_called(str(task.task_run_name), label) for label in labels), found.name


def is_called(name: str, label: str) -> bool:
    return name == label or name.startswith(f"{label} ")
