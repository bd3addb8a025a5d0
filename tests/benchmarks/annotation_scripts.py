"""The public way to annotate, as a baseline: the four scripts of rStar-Math's release, each with everything in memory.

Two of them load every search tree as JSON, rebuild and prune it and write what they walk over: all solutions with their texts
and values, and pairs of steps. Two load what those wrote and choose from it. Left out, in favour of the scripts: grading (the
reward of an answer says whether it is right), edit distances, and the processes that trees are sent to and fro. Source:
microsoft/rStar, branch rStar-math: extra_sft_file.py, extra_rm_file.py, train/sample_sft_data.py, train/sample_rm_data.py.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import BaseModel

EXPLORATION_WEIGHT = 2.0
SMALLEST_MARGIN = 0.5
N_PER_QUESTION = 2
CHILDREN_ASKED_FOR, CHILDREN_OF_OURS = 1024, 7
"""How many child tags of each node are looked up: in the release 64 times 16; trees of this benchmark have 0 to 6."""

NO_ANSWER = ("Too many consecutive steps have code errors.", "Fail to sove the problem within limited steps.")
"""What final_answer says of a leaf without an answer."""

Figures = dict[str, float]

Row = dict[str, Any]


class TreeNode(BaseModel):
    """A node of a rebuilt tree, validated like the release's."""

    tag: str = "0"
    text: str = ""
    extra_info: str = ""
    final_answer: str = ""
    depth: int = 0
    value: float = 0.0
    q_value: float = 0.0
    visit_count: int = 0
    parent: Any = None
    children: list[Any] = []
    is_pruned: bool = False
    n_correct: int = 0
    n_wrong: int = 0

    @property
    def has_answer(self) -> bool:
        """Whether a solution ends here."""
        return not self.children and bool(self.final_answer) and self.final_answer not in NO_ANSWER

    @property
    def uct(self) -> float:
        """What the search would have chosen by."""
        if not self.visit_count or not self.parent.visit_count:
            return self.q_value
        return self.q_value + EXPLORATION_WEIGHT * math.sqrt(math.log(self.parent.visit_count) / self.visit_count)


def solutions(home: Path, children_asked_for: int = CHILDREN_OF_OURS) -> Figures:
    """The first script: every solution of every tree, those to wrong answers first."""
    return {"n_solutions": _extract(home / "published.jsonl", home / "solutions.jsonl", _solutions, children_asked_for)}


def examples(home: Path) -> Figures:
    """The second: for each question the right solutions of the highest mean Q-value."""
    by_question: dict[str, list[tuple[float, float, str]]] = {}
    for row in _read(home / "solutions.jsonl"):
        if row["final_q"] == 1:
            q_values = row["q_values"]
            found = (sum(q_values) / len(q_values), min(q_values), row["solution"])
            by_question.setdefault(row["question"], []).append(found)
    chosen = [
        {"query": question, "response": solution}
        for question, found in by_question.items()
        for _, _, solution in sorted(found, key=lambda one: one[:2], reverse=True)[:N_PER_QUESTION]
    ]
    (home / "examples.json").write_text(json.dumps(chosen, indent=4), encoding="utf-8")
    return {"n_sft_examples": len(chosen)}


def pairs(home: Path, children_asked_for: int = CHILDREN_OF_OURS) -> Figures:
    """The third: pairs of steps, each with the best and the worst way to go on."""
    return {"n_pairs": _extract(home / "published.jsonl", home / "pairs.jsonl", _pairs, children_asked_for)}


def pair_examples(home: Path) -> Figures:
    """The fourth: the pairs that are far enough apart."""
    names = {
        "prompt": "prefix",
        "pos": "chosen_step",
        "neg": "rejected_step",
        "pos_count": "n_chosen",
        "neg_count": "n_rejected",
    }
    kept = [row for row in _read(home / "pairs.jsonl") if row["step_margin"] >= SMALLEST_MARGIN]
    chosen = [{name: row[old] for name, old in names.items()} for row in kept]
    (home / "pairs.json").write_text(json.dumps(chosen, indent=4), encoding="utf-8")
    return {"n_pairs": len(chosen)}


def solutions_as_released(home: Path) -> Figures:
    """The first script with every look-up that it makes."""
    return solutions(home, CHILDREN_ASKED_FOR)


def pairs_as_released(home: Path) -> Figures:
    """The third script with every look-up that it makes."""
    return pairs(home, CHILDREN_ASKED_FOR)


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _extract(trees: Path, output: Path, found_in: Callable[[TreeNode, Row], Iterator[Row]], children_asked_for: int) -> int:
    n_rows, n_trees_at_once = 0, 5000
    loaded = _read(trees)
    with output.open("w", encoding="utf-8") as stream:
        for first in range(0, len(loaded), n_trees_at_once):
            found: list[Row] = []
            for tree in loaded[first : first + n_trees_at_once]:
                root = _rebuilt(tree["rstar"], children_asked_for)
                if not _prune(root):
                    found += found_in(root, tree)
            for row in found:
                json.dump(row, stream)
                stream.write("\n")
            n_rows += len(found)
    return n_rows


def _rebuilt(states: Row, children_asked_for: int) -> TreeNode:
    root = TreeNode(tag="0", **states["0"])
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        for number in range(children_asked_for):
            tag = f"{node.tag}.{number}"
            if tag in states:
                child = TreeNode(parent=node, tag=tag, depth=node.depth + 1, **states[tag])
                node.children.append(child)
                waiting.append(child)
    return root


def _prune(node: TreeNode) -> bool:
    pruned = [_prune(child) for child in node.children]
    node.is_pruned = all(pruned) if pruned else not node.has_answer
    return node.is_pruned


def _solutions(root: TreeNode, tree: Row) -> Iterator[Row]:
    ended = [path for path in _paths(root, []) if path[-1].final_answer]
    for is_right in (False, True):
        for path in ended:
            if (path[-1].has_answer and path[-1].q_value == 1) == is_right:
                yield _solution(path, tree, is_right=is_right)


def _paths(node: TreeNode, above: list[TreeNode]) -> Iterator[list[TreeNode]]:
    path = [*above, node]
    if not node.children:
        yield path
    for child in node.children:
        yield from _paths(child, path)


def _prompt(tree: Row) -> str:
    return f"<|user|>:\n{tree['question']}\n<|assistant|>: Let's think step by step and solve the problem with code."


def _solution(path: list[TreeNode], tree: Row, *, is_right: bool) -> Row:
    steps = path[1:]
    text = "".join(step.text for step in steps)
    return {
        "full": _prompt(tree) + text,
        "question": tree["question"],
        "final_q": 1 if is_right else -1,
        "q_values": [step.q_value for step in steps],
        "values": [step.value for step in steps],
        "visit_counts": [step.visit_count for step in steps],
        "ucts": [step.uct for step in steps],
        "reference": tree["answer"],
        "answer": path[-1].final_answer,
        "solution": text,
        "steps": json.dumps([{"content": [{"step": step.text, "Q": step.q_value} for step in steps]}]),
    }


def _pairs(root: TreeNode, tree: Row) -> Iterator[Row]:
    _count_ends(root)
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        best = sorted((child for child in node.children if child.n_correct), key=lambda child: -child.q_value)
        worst = sorted((child for child in node.children if child.n_wrong), key=lambda child: child.q_value)
        if not best or not worst:
            continue
        chosen, rejected = best[: 4 if len(worst) == 1 else 2], worst[: 4 if len(best) == 1 else 2]
        for good, bad in product(chosen, rejected):
            if (pair := _pair(node, good, bad, tree)) is not None:
                yield {**pair, "n_chosen": len(chosen), "n_rejected": len(rejected)}
        waiting += (child for child in node.children if child.n_correct and child.n_wrong)


def _count_ends(node: TreeNode) -> None:
    for child in node.children:
        _count_ends(child)
    node.n_correct = sum(child.n_correct for child in node.children) + (node.has_answer and node.q_value == 1)
    node.n_wrong = sum(child.n_wrong for child in node.children) + (node.has_answer and node.q_value == -1)


def _pair(node: TreeNode, chosen: TreeNode, rejected: TreeNode, tree: Row) -> Row | None:
    chosen_steps, chosen_q = _way_on(chosen, best=True)
    rejected_steps, rejected_q = _way_on(rejected, best=False)
    if chosen.q_value <= rejected.q_value or chosen_q <= rejected_q:
        return None
    prefix, above = "", node
    while above.parent is not None:
        prefix, above = above.text + prefix, above.parent
    return {
        "prefix": _prompt(tree) + prefix, "question": _prompt(tree), "chosen_step": chosen.text, "rejected_step": rejected.text,
        "chosen_steps": chosen_steps, "rejected_steps": rejected_steps, "step_margin": chosen.q_value - rejected.q_value,
        "steps_margin": chosen_q - rejected_q,
    }  # fmt: skip


def _way_on(node: TreeNode, *, best: bool) -> tuple[str, float]:
    steps = [node]
    while following := [child for child in steps[-1].children if (child.n_correct if best else child.n_wrong)]:
        steps.append(sorted(following, key=lambda child: child.q_value, reverse=best)[0])
    return "".join(step.text for step in steps), sum(step.q_value for step in steps) / len(steps)
