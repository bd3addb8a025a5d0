"""The search trees of the annotation benchmark, about 89 nodes each: nodes for the lake, JSON for the plain ways."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import md5
from pathlib import Path
from typing import Any

from tasks.interchange.rstar_trees import rstar_row
from warehouse.records import Node

N_ROLLOUTS, N_CANDIDATES, MAX_DEPTH = 16, 6, 8
PROBLEMS_PER_SHARD = 5000


def shaped_tree(rng: random.Random) -> list[dict[str, Any]]:
    """A tree of about 120 nodes: 16 rollouts, 6 candidates at each expansion, answers from depth 3 on; texts hold {0}."""
    nodes: list[dict[str, Any]] = [_shape(0, None, 0, "<|user|>:\nA number {0} is given.\n<|assistant|>: Let's think.<code>")]
    children: dict[int, list[dict[str, Any]]] = {}
    for _ in range(N_ROLLOUTS):
        path = [nodes[0]]
        while path[-1]["ending"] is None:
            here = path[-1]
            if here["node_id"] not in children:
                children[here["node_id"]] = [_child(rng, here, len(nodes) + i) for i in range(N_CANDIDATES)]
                nodes += children[here["node_id"]]
            path.append(rng.choice(children[here["node_id"]][:2]))
        for node in path:
            node["n_visits"] += 1
            node["n_correct"] += path[-1]["verdict"] == "correct"
            node["n_wrong"] += path[-1]["verdict"] != "correct"
    for node in nodes:
        node["q_value"] = (node["n_correct"] - node["n_wrong"]) / node["n_visits"] if node["n_visits"] else None
    return nodes


def _child(rng: random.Random, parent: dict[str, Any], node_id: int) -> dict[str, Any]:
    depth = parent["depth"] + 1
    value = rng.randrange(1000)
    node = _shape(
        node_id, parent["node_id"], depth, f"\n# Then take {value} more than {{0}}\nx{depth} = {{0}} + {value}\n<end_of_step>"
    )
    if depth == MAX_DEPTH or (depth >= 3 and rng.random() < 0.4):
        node.update(ending="answer", verdict=rng.choice(["correct", "wrong"]), answer=str(value))
    elif rng.random() < 0.1:
        node.update(ending="too_many_errors", outcome="error", error="NameError: name 'y' is not defined")
    return node


def _shape(node_id: int, parent_id: int | None, depth: int, text: str) -> dict[str, Any]:
    return {
        "node_id": node_id, "parent_id": parent_id, "depth": depth, "text": text, "n_tokens": 25, "n_merged": 1,
        "outcome": "ok" if node_id else "not_run", "stdout": "", "error": None, "ending": None, "answer": None, "verdict": None,
        "grading_method": None, "n_visits": 0, "n_correct": 0, "n_wrong": 0, "ppm_score": None, "q_value": None,
    }  # fmt: skip


def shapes() -> list[list[dict[str, Any]]]:
    rng = random.Random("annotation benchmark")
    return [shaped_tree(rng) for _ in range(100)]


def problem_ids(n_problems: int) -> list[str]:
    """Return the ids in their order, in which problems are cut into shards."""
    return sorted(md5(str(number).encode()).hexdigest()[:16] for number in range(n_problems))


def trees(names: list[str], first: int, last: int) -> Iterator[list[Node]]:
    """Yield the tree of each problem; what its texts say differs from problem to problem."""
    known = shapes()
    for number in range(first, last):
        name = names[number]
        token = str(number * 7919 % 1_000_003)
        yield [
            Node(tree_id=f"{name}-1", problem_id=name, **{**node, "text": node["text"].replace("{0}", token)})
            for node in known[number % len(known)]
        ]


def shard_names(n_problems: int) -> list[tuple[str, int, int]]:
    return [
        (f"{first // PROBLEMS_PER_SHARD:04}", first, min(first + PROBLEMS_PER_SHARD, n_problems))
        for first in range(0, n_problems, PROBLEMS_PER_SHARD)
    ]


def write_json(home: Path, n_problems: int) -> dict[str, float]:
    """The same trees as JSON lines, whole and in the form of the public solver; not a measured stage."""
    whole, published = home / "trees.jsonl", home / "published.jsonl"
    with whole.open("w", encoding="utf-8") as nodes, published.open("w", encoding="utf-8") as tags:
        for tree in trees(problem_ids(n_problems), 0, n_problems):
            nodes.write(json.dumps([asdict(node) for node in tree]) + "\n")
            tags.write(json.dumps(rstar_row(f"What is {tree[0].problem_id}?", "1", tree)) + "\n")
    return {"n_bytes": whole.stat().st_size, "n_bytes_published": published.stat().st_size}
