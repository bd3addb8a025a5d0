"""What `stargrove tree` prints: a line for each node, figures at the left, its place in the tree and its code at the right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.display.tree.reading import SearchTree, TreeNode
from warehouse.printable import one_line, printable

STYLES: Final = {
    "verified": "bold green",
    "correct": "green",
    "wrong": "red",
    "unknown": "yellow",
    "replay differs": "yellow",
    "regraded differs": "yellow",
}
_LEGEND: Final = "used: + chosen and - rejected in preference pairs, SFT trains the policy"


@dataclass(frozen=True, slots=True)
class Placed:
    """A node and the guides before it: on its own line, and on the lines below that."""

    node: TreeNode
    branch: str
    below: str


def tree_view(tree: SearchTree, *, full: bool) -> RenderableType:
    """Return the tree for people. full: with the whole code of each node, its output and its error."""
    facts = dict(tree.facts())
    parts: list[RenderableType] = [
        Text(f"tree {facts.pop('tree')}", style="bold"),
        Text(_joined(facts)),
        "",
        Text(printable(tree.statement)),
        Text(f"reference answer: {one_line(tree.reference_answer)}"),
        "",
        _table(tree, full=full),
    ]
    if any(node.uses for node in tree.nodes):
        parts += ["", Text(_LEGEND, style="dim")]
    return Group(*parts)


def in_order(tree: SearchTree) -> Iterator[Placed]:
    """Yield every node below its parent, children in order of creation."""
    children = tree.children()
    waiting = [Placed(tree.root, "", "")]
    while waiting:
        placed = waiting.pop()
        yield placed
        below = children.get(placed.node.node_id, [])
        for node in reversed(below):
            is_last = node is below[-1]
            branch, line = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            waiting.append(Placed(node, placed.below + branch, placed.below + line))


def _table(tree: SearchTree, *, full: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    with_ppm = any(node.ppm_score is not None for node in tree.nodes)
    with_uses = any(node.uses for node in tree.nodes)
    parents = {node.parent_id for node in tree.nodes}
    for heading in ("visits", "Q", *(["PPM"] if with_ppm else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("fate", *(["used"] if with_uses else [])):
        table.add_column(heading, no_wrap=True)
    # The one column that may give way where the terminal is narrow: figures are never cut.
    table.add_column("node")
    for placed in in_order(tree):
        node = placed.node
        cells: list[RenderableType] = [str(node.n_visits), _signed(node.q_value)]
        cells += [_signed(node.ppm_score)] if with_ppm else []
        cells += [Text(node.fate, style=STYLES.get(node.fate, "dim"))]
        cells += [Text(node.uses, style="cyan")] if with_uses else []
        table.add_row(*cells, _step(placed, has_children=node.node_id in parents, full=full))
    return table


def _step(placed: Placed, *, has_children: bool, full: bool) -> Text:
    node = placed.node
    line = Text.assemble((placed.branch, "dim"), (str(node.node_id), "bold"), no_wrap=not full, overflow="fold")
    if not (full and node.code):  # else the whole code stands below
        line.append(f" {one_line(node.title)}")
    if node.answer is not None:
        line.append(f" = {one_line(node.answer)}", style=STYLES.get(node.fate, ""))
    if not full:
        line.overflow = "ellipsis"
        return line
    guide = placed.below + ("│  " if has_children else "   ")
    for kind, text, style in (("", node.code, ""), ("> ", node.stdout, "green"), ("! ", node.error or "", "red")):
        for content in printable(text).rstrip().splitlines():
            line.append("\n")
            line.append(guide, style="dim")
            line.append(f"{kind}{content}", style=style)
    return line


def _joined(facts: dict[str, str]) -> str:
    return " · ".join(f"{name} {value}" for name, value in facts.items())


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}"
