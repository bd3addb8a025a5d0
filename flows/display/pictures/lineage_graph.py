"""The lineage of one thing as a picture: what it came from at its left, what it led to at its right."""

from collections.abc import Sequence

from flows.display.pictures import svg
from warehouse.rounds.lineage import Direction, Edge, LineageGraph, Thing

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 208.0, 66.0, 92.0, 16.0, 28.0
TOP = 76.0
_COLORS = {
    "checkpoint": "#c2410c",
    "round": "#1d4ed8",
    "trajectory": "#0f766e",
    "tree": "#15803d",
    "batch": "#7c3aed",
    "problem": "#475569",
}
_ID_CHARS, _FACT_CHARS = 24, 32


def lineage_graph_svg(graph: LineageGraph) -> str:
    """Return the picture: one box per thing, one arrow per edge, from what came before to what came after."""
    column = _columns(graph)
    first = min(column.values())
    waiting: dict[int, list[Thing]] = {}
    for thing in graph.things:
        waiting.setdefault(column[thing.key] - first, []).append(thing)
    tallest = max(len(things) for things in waiting.values())
    width = 2 * MARGIN + (max(waiting) + 1) * (WIDTH + GAP_X) - GAP_X
    height = TOP + tallest * (HEIGHT + GAP_Y) + MARGIN
    place = {
        thing.key: (MARGIN + x * (WIDTH + GAP_X), TOP + (row + (tallest - len(things)) / 2) * (HEIGHT + GAP_Y))
        for x, things in waiting.items()
        for row, thing in enumerate(things)
    }
    title = f"lineage of {graph.root}"
    parts = [
        svg.text(MARGIN, 36, title, size=18, weight=650),
        svg.text(MARGIN, 56, "time runs from left to right", color=svg.MUTED),
    ]
    parts += [_arrow(edge, place) for edge in graph.edges]
    parts += [_box(*place[thing.key], thing, is_root=thing.key == graph.root) for thing in graph.things]
    return svg.document(width, height, title, parts)


def _columns(graph: LineageGraph) -> dict[str, int]:
    """Return the column of each thing by its key: the root has 0, what it came from less, what it led to more."""
    columns = {graph.root: 0}
    directions: tuple[Direction, ...] = ("came from", "led to")
    for direction in directions:
        # Edges stand in the order in which they were reached, so that the near end of each has its column already.
        for edge in (edge for edge in graph.edges if edge.direction == direction):
            near, far, step = (edge.child, edge.parent, -1) if direction == "came from" else (edge.parent, edge.child, 1)
            columns.setdefault(far, columns[near] + step)
    return columns


def _arrow(edge: Edge, place: dict[str, tuple[float, float]]) -> str:
    (from_x, from_y), (to_x, to_y) = place[edge.parent], place[edge.child]
    start, end = (from_x + WIDTH, from_y + HEIGHT / 2), (to_x, to_y + HEIGHT / 2)
    label = edge.relation if edge.n_alike == 1 else f"{edge.relation} (one of {edge.n_alike:,})"
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 5
    return svg.arrow(*start, *end, color=svg.MUTED) + svg.text(*middle, label, size=9, color=svg.MUTED, anchor="middle")


def _box(x: float, y: float, thing: Thing, *, is_root: bool) -> str:
    color = _COLORS.get(thing.kind, svg.MUTED)
    facts = _lines([f"{name} {value}" for name, value in thing.facts])
    parts = [
        svg.rectangle(x, y, WIDTH, HEIGHT, fill=svg.PANEL if is_root else svg.PAPER, stroke=color, radius=10),
        svg.text(x + 12, y + 19, f"{thing.kind} {_short(thing.id, _ID_CHARS)}", size=12, color=color, weight=650),
    ]
    parts += [svg.text(x + 12, y + 38 + 15 * i, line, size=10, color=svg.MUTED) for i, line in enumerate(facts[:2])]
    return "".join(parts)


def _lines(facts: Sequence[str]) -> list[str]:
    """Return the facts on lines of at most _FACT_CHARS characters, as many to a line as fit."""
    lines: list[str] = []
    for fact in (_short(fact, _FACT_CHARS) for fact in facts):
        if lines and len(lines[-1]) + len(fact) + 3 <= _FACT_CHARS:
            lines[-1] += f" · {fact}"
        else:
            lines.append(fact)
    return lines


def _short(text: str, n_chars: int) -> str:
    return text if len(text) <= n_chars else f"{text[: n_chars - 1]}…"
