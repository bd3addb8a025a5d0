"""Lineage: what a checkpoint, trajectory, tree, problem, batch or round came from, and what came of it."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal

from warehouse.errors import BadInput
from warehouse.store.lake import Warehouse

Direction = Literal["came from", "led to"]

_SAMPLES_NEAR: Final = 3
_SAMPLES_FAR: Final = 1
_MAX_THINGS: Final = 200
_ATTRIBUTES: Final = ("snapshot", "fingerprint", "code version", "flow run", "task run")
"""Kinds that are said of something and not followed further: every batch of a run shares them."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What lineage is about: a row by its kind and id, with what is said of it."""

    kind: str
    id: str
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What edges call it."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Edge:
    """child <relation> parent. n_alike: how many parents (or children) of this kind the sampled ones stand for."""

    child: str
    relation: str
    parent: str
    direction: Direction
    n_alike: int


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """Everything reached from `root`, upwards and downwards; edges name things by their `key`, nearest first."""

    root: str
    things: tuple[Thing, ...]
    edges: tuple[Edge, ...]

    def text(self) -> str:
        """Return both directions as indented trees."""
        by_key = {thing.key: thing for thing in self.things}
        lines = [_described(by_key[self.root])]
        directions: tuple[Direction, ...] = ("came from", "led to")
        for direction in directions:
            lines.append(f"{direction}:")
            lines += self._branches(self.root, direction, by_key, "  ", {self.root}) or ["  nothing recorded"]
        return "\n".join(lines)

    def json(self) -> str:
        """Return root, things and edges as a JSON object."""
        return json.dumps(asdict(self), indent=2)

    def _branches(self, key: str, direction: Direction, by_key: dict[str, Thing], indent: str, seen: set[str]) -> list[str]:
        lines = []
        for edge in self.edges:
            near, far = (edge.child, edge.parent) if direction == "came from" else (edge.parent, edge.child)
            if near != key or edge.direction != direction:
                continue
            alike = f" (one of {edge.n_alike})" if edge.n_alike > 1 else ""
            again = " (above)" if far in seen else ""
            what = _described(by_key[far])
            line = f"{edge.relation} {what}" if direction == "came from" else f"{what}, {edge.relation} it"
            lines.append(f"{indent}{line}{alike}{again}")
            if not again:
                seen.add(far)
                lines += self._branches(far, direction, by_key, indent + "  ", seen)
        return lines


def lineage(lake: Warehouse, identifier: str) -> LineageGraph:
    """Return the lineage of a checkpoint, trajectory, search tree, batch or round ("round 2").

    Where many things are related in one way, a few stand for all and the edge says how many there are.
    Raises BadInput when nothing in the lake has this id.
    """
    root = _found(lake, identifier)
    things: dict[str, Thing] = {root.key: root}
    edges: list[Edge] = []
    directions: tuple[Direction, ...] = ("came from", "led to")
    for direction in directions:
        frontier, samples = [root], _SAMPLES_NEAR
        reached = {root.key}
        while frontier and len(things) < _MAX_THINGS:
            following: list[Thing] = []
            for thing in frontier:
                for edge, other in _step(lake, thing, direction, samples):
                    edges.append(edge)
                    if other.key not in reached:
                        reached.add(other.key)
                        things.setdefault(other.key, other)
                        following.append(other)
            frontier, samples = following, _SAMPLES_FAR
    return LineageGraph(root.key, tuple(things.values()), tuple(edges))


def _step(lake: Warehouse, thing: Thing, direction: Direction, samples: int) -> list[tuple[Edge, Thing]]:
    name = "lineage_parents" if direction == "came from" else "lineage_children"
    found = []
    for row in lake.query(name, kind=thing.kind, id=thing.id, limit=samples).iter_rows(named=True):
        if row["kind"] in _ATTRIBUTES:
            continue
        other = Thing(row["kind"], row["id"], _facts(lake, row["kind"], row["id"]))
        child, parent = (thing, other) if direction == "came from" else (other, thing)
        found.append((Edge(child.key, row["relation"], parent.key, direction, row["n_alike"]), other))
    return found


def _found(lake: Warehouse, identifier: str) -> Thing:
    rows = lake.query("lineage_kind", id=identifier.removeprefix("round ")).rows()
    if not rows:
        raise BadInput(
            f"nothing in the lake is called {identifier!r}",
            hint="give the id of a checkpoint, trajectory, tree, problem or batch: stargrove sql 'from checkpoints'",
        )
    kind, found = rows[0]
    return Thing(kind, found, _facts(lake, kind, found))


def _facts(lake: Warehouse, kind: str, identifier: str) -> tuple[tuple[str, str], ...]:
    rows = lake.query("lineage_facts", kind=kind, id=identifier).rows()
    return tuple((name, value) for name, value in rows if value is not None)


def _described(thing: Thing) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in thing.facts)
    return f"{thing.key}" + (f" [{facts}]" if facts else "")
