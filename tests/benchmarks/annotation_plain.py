"""A plain way to annotate, as lean as it gets: load every tree, link its nodes, walk to each leaf, choose, write, in one pass.

It writes what the warehouse writes, row for row. The scripts of the public release (annotation_scripts.py) read all four times.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO


@dataclass(slots=True)
class LinkedNode:
    """A node that knows its children. Mutable: they are linked after they are read."""

    row: dict[str, Any]
    children: list["LinkedNode"] = field(default_factory=list)
    leads_to_right: bool = False
    leads_to_wrong: bool = False

    @property
    def value(self) -> float:
        if self.row["q_value"] is not None:
            return float(self.row["q_value"])
        return {"correct": 1.0, "wrong": -1.0}.get(self.row["verdict"], 0.0)


NodePath = list[LinkedNode]


def lean(folder: Path) -> dict[str, float]:
    """Return how many rows of which kind were written to trajectories.jsonl, sft.jsonl and pairs.jsonl in the folder."""
    loaded = [json.loads(line) for line in (folder / "trees.jsonl").read_text(encoding="utf-8").splitlines()]
    roots = [_linked(rows) for rows in loaded]
    n_trajectories = n_examples = n_pairs = 0
    with (
        (folder / "trajectories.jsonl").open("w", encoding="utf-8") as trajectories,
        (folder / "sft.jsonl").open("w", encoding="utf-8") as examples,
        (folder / "pairs.jsonl").open("w", encoding="utf-8") as pairs,
    ):
        for root in roots:
            paths = [path for path in _paths(root, [root]) if path[-1].row["ending"] == "answer"]
            for path in paths:
                for node in path:
                    node.leads_to_right |= path[-1].row["verdict"] == "correct"
                    node.leads_to_wrong |= path[-1].row["verdict"] == "wrong"
            finished = sorted(((_mean_q(path), _completion(path), path) for path in paths), key=lambda one: -one[0])
            n_trajectories += _write(trajectories, (_trajectory(*one) for one in finished))
            n_examples += _write(examples, _examples(root, finished))
            n_pairs += _write(pairs, _pairs(root, finished))
    return {"n_trajectories": n_trajectories, "n_sft_examples": n_examples, "n_pairs": n_pairs}


def _linked(rows: list[dict[str, Any]]) -> LinkedNode:
    nodes = {row["node_id"]: LinkedNode(row) for row in rows}
    for node in nodes.values():
        if node.row["parent_id"] is not None:
            nodes[node.row["parent_id"]].children.append(node)
    return nodes[0]


def _paths(node: LinkedNode, path: NodePath) -> Iterator[NodePath]:
    """Yield the path to every leaf below a node."""
    if not node.children:
        yield path
    for child in node.children:
        yield from _paths(child, [*path, child])


def _mean_q(path: NodePath) -> float:
    return sum(node.value for node in path[1:]) / len(path[1:])


def _completion(path: NodePath) -> str:
    return "".join(node.row["text"] for node in path[1:])


def _trajectory(mean_q: float, completion: str, path: NodePath) -> dict[str, Any]:
    leaf = path[-1].row
    return {
        "trajectory_id": f"{leaf['tree_id']}-{leaf['node_id']}",
        "problem_id": leaf["problem_id"],
        "answer": leaf["answer"],
        "verdict": leaf["verdict"],
        "node_ids": [node.row["node_id"] for node in path],
        "mean_q": mean_q,
        "text": completion,
        "steps": [{"text": node.row["text"], "q_value": node.value, "n_visits": node.row["n_visits"]} for node in path[1:]],
    }


def _examples(root: LinkedNode, finished: list[tuple[float, str, NodePath]]) -> Iterator[dict[str, Any]]:
    correct = dict.fromkeys(text for _, text, path in finished if path[-1].row["verdict"] == "correct")
    for text in list(correct)[:2]:
        yield {"prompt": root.row["text"], "completion": text}


def _pairs(root: LinkedNode, finished: list[tuple[float, str, NodePath]]) -> Iterator[dict[str, Any]]:
    correct = list(dict.fromkeys(text for _, text, path in finished if path[-1].row["verdict"] == "correct"))
    wrong = list(dict.fromkeys(text for _, text, path in finished if path[-1].row["verdict"] == "wrong"))
    yield from ({"prompt": root.row["text"], "chosen": good, "rejected": bad} for good in correct[:2] for bad in wrong[-2:])
    waiting = [(root, root.row["text"])]
    while waiting:
        node, prefix = waiting.pop()
        waiting += [(child, prefix + child.row["text"]) for child in node.children if child.children]
        ranked = sorted(node.children, key=lambda child: -child.value)
        good_steps = [child for child in ranked if child.leads_to_right][:2]
        bad_steps = [child for child in ranked if _may_be_rejected(child)][-2:]
        both = ((good, bad) for good in good_steps for bad in bad_steps if good.value > bad.value)
        yield from ({"prompt": prefix, "chosen": good.row["text"], "rejected": bad.row["text"]} for good, bad in both)


def _may_be_rejected(node: LinkedNode) -> bool:
    leads_to_wrong = node.leads_to_wrong or node.row["n_wrong"]
    return bool(leads_to_wrong and not node.leads_to_right and node.row["outcome"] == "ok")


def _write(stream: TextIO, rows: Iterator[dict[str, Any]]) -> int:
    n_rows = 0
    for row in rows:
        stream.write(json.dumps(row) + "\n")
        n_rows += 1
    return n_rows
