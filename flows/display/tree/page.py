"""A search tree as one page that needs neither a host nor another file: the tree drawn, and the node that is chosen in full."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from flows.display.tree.layout import laid_out
from flows.display.tree.reading import SearchTree, Side, TreeNode
from warehouse.printable import one_line, printable

_FOLDER: Final = files("flows.display.tree") / "page"
_BOX_WIDTH, _BOX_HEIGHT = 236.0, 44.0
_STEP_X, _STEP_Y, _MARGIN = 290.0, 54.0, 16.0
_TITLE_CHARS: Final = 34


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it is drawn, lengths in pixels. edge: the line from its parent, None at the root."""

    node: TreeNode
    x: float
    y: float
    title: str
    figures: str
    edge: str | None
    edge_width: float


def tree_page(tree: SearchTree) -> str:
    """Return the tree as HTML. Whatever a model wrote is text in it, never markup."""
    boxes = _boxes(tree)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_read("page.html")).render(
        tree=tree,
        facts=list(tree.facts()),
        boxes=boxes,
        width=max(box.x for box in boxes) + _BOX_WIDTH + _MARGIN,
        height=max(box.y for box in boxes) + _BOX_HEIGHT + _MARGIN,
        box_width=_BOX_WIDTH,
        box_height=_BOX_HEIGHT,
        style=_read("page.css"),
        script=_read("page.js"),
        data=_as_script(_details(tree)),
    )


def _boxes(tree: SearchTree) -> list[Box]:
    parents = {node.node_id: node.parent_id for node in tree.nodes if node.parent_id is not None}
    places = {
        node_id: (_MARGIN + column * _STEP_X, _MARGIN + row * _STEP_Y) for node_id, (column, row) in laid_out(parents).items()
    }
    n_rollouts = max(1, tree.root.n_visits)
    return [
        Box(
            node=node,
            x=places[node.node_id][0],
            y=places[node.node_id][1],
            title=_short(one_line(node.title)),
            figures=_figures(node),
            edge=None if node.parent_id is None else _edge(places[node.parent_id], places[node.node_id]),
            edge_width=1 + 5 * node.n_visits / n_rollouts,
        )
        for node in tree.nodes
    ]


def _edge(parent: tuple[float, float], child: tuple[float, float]) -> str:
    """Return the path from the right side of the parent to the left side of the child."""
    x1, y1 = parent[0] + _BOX_WIDTH, parent[1] + _BOX_HEIGHT / 2
    x2, y2 = child[0], child[1] + _BOX_HEIGHT / 2
    middle = (x1 + x2) / 2
    return f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"


def _figures(node: TreeNode) -> str:
    parts = [f"N {node.n_visits}", *(f"{name} {value:+.2f}" for name, value in _scores(node)), node.fate]
    return "  ".join(part for part in parts if part)


def _scores(node: TreeNode) -> list[tuple[str, float]]:
    scores = (("Q", node.q_value), ("PPM", node.ppm_score))
    return [(name, value) for name, value in scores if value is not None]


def _details(tree: SearchTree) -> dict[int, dict[str, Any]]:
    """Return what the page tells of each node, by node_id: facts, texts, and its places in preference pairs."""
    sides = tree.sides()
    return {
        node.node_id: {
            "parent": node.parent_id,
            "facts": _facts(node),
            "code": printable(node.code or tree.statement),
            "output": printable(node.stdout),
            "error": printable(node.error or ""),
            "text": printable(node.text),
            "pairs": [_said(side, tree.tree_id) for side in sides.get(node.node_id, ())],
        }
        for node in tree.nodes
    }


def _facts(node: TreeNode) -> list[tuple[str, str]]:
    facts = [("visits", f"{node.n_visits}: {node.n_correct} right, {node.n_wrong} wrong")]
    facts += [(name, f"{value:+.4f}") for name, value in _scores(node)]
    facts += [("code", node.outcome.replace("_", " "))] if node.parent_id is not None else []
    optional = (
        ("path ends", (node.ending or "").replace("_", " ")),
        ("answer", one_line(node.answer or "")),
        ("verdict", node.verdict or ""),
        ("run again", (node.verification or "").replace("_", " ")),
        ("trains", ", ".join(f"the policy of round {number}" for number in node.sft_rounds)),
        ("alike", f"{node.n_merged} candidates" if node.n_merged > 1 else ""),
        ("tokens", f"{node.n_tokens:,}" if node.n_tokens else ""),
    )
    return facts + [(name, value) for name, value in optional if value]


def _said(side: Side, tree_id: str) -> dict[str, Any]:
    """Return a place in a pair as a sentence, and the node to go to where it is in this tree."""
    is_here = side.other_tree_id == tree_id
    other = f"node {side.other_node_id}" + ("" if is_here else f" of tree {side.other_tree_id}")
    verb = "chosen over" if side.role == "chosen" else "rejected for"
    what = "" if side.kind == "step" else ", as whole trajectories"
    sentence = f"{verb} {other}{what} (Q {side.q_value:+.2f}, the other {side.other_q_value:+.2f})"
    return {"role": side.role, "sentence": sentence, "other": side.other_node_id if is_here else None}


def _as_script(value: object) -> str:
    """Return the value as JSON that cannot end the script element in which it stands."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _short(text: str) -> str:
    return text if len(text) <= _TITLE_CHARS else f"{text[: _TITLE_CHARS - 1]}…"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
