"""Search trees of sampled student work, and the preference pairs that the loop would draw from them: input of benchmarks.

No model and no sandbox: a step's operation is right with a given probability, and its value is known. What the trainer sees has
the form and the statistics of real trees, made in a second.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.domains.mathematics.relations import written
from tasks.domains.mathematics.student_work import variable
from tasks.domains.mathematics.virtual import MAX_LEVEL, Chain, random_chain
from tasks.problems.identity import problem_id
from tasks.search.format import ANSWER, END_OF_ANSWER, END_OF_CODE, END_OF_STEP, observed, prompt


@dataclass
class Step:
    """A node that grows while trajectories are added."""

    node_id: int
    parent: "Step | None"
    text: str
    is_final: bool
    n_visits: int = 0
    n_correct: int = 0
    children: dict[str, "Step"] = field(default_factory=dict)

    @property
    def q_value(self) -> float:
        return 2 * self.n_correct / self.n_visits - 1


@dataclass(frozen=True)
class Trajectories:
    """A tree, its leaves, and its pairs so far."""

    tree_id: str
    problem_id: str
    steps: list[Step]
    final: list[Step]


def write_student_trees(folder: Path, n_problems: int, n_trajectories: int, n_trees: int, p_right: float, seed: int) -> None:
    """Write nodes.parquet, pairs.parquet and sft.parquet. An operation is right with the mean of p_right and its own rate."""
    rng = random.Random(f"student trees {seed}")
    nodes: list[dict[str, object]] = []
    pairs: list[dict[str, object]] = []
    examples: list[dict[str, object]] = []
    for index in range(n_problems):
        chain = random_chain(rng, "train", index % MAX_LEVEL + 1)
        name = problem_id(chain.statement())
        trees = [_grow(rng, chain, f"{name}-{tree}", name, n_trajectories, p_right) for tree in range(n_trees)]
        for tree in trees:
            nodes += [_node_row(tree, step) for step in tree.steps]
            pairs += _step_pairs(tree)
        pairs += _answer_pairs(trees)
        examples += _sft_rows(trees)
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, rows in (("nodes", nodes), ("pairs", pairs), ("sft", examples)):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{file_name}.parquet")


def _grow(rng: random.Random, chain: Chain, tree_id: str, name: str, n_trajectories: int, p_right: float) -> Trajectories:
    root = Step(0, None, prompt(chain.statement()), is_final=False)
    steps, final = [root], []
    for _ in range(n_trajectories):
        texts, is_correct = _trajectory(rng, chain, p_right)
        path = [root]
        for text in texts:
            step = path[-1].children.get(text)
            if step is None:
                step = Step(len(steps), path[-1], text, is_final=text is texts[-1])
                path[-1].children[text] = step
                steps.append(step)
                final += [step] if step.is_final else []
            path.append(step)
        for step in path:
            step.n_visits += 1
            step.n_correct += is_correct
    return Trajectories(tree_id, name, steps, final)


def _trajectory(rng: random.Random, chain: Chain, p_right: float) -> tuple[list[str], bool]:
    value = chain.first_number
    lines = [f"{variable(chain.holders[0])} = {value}"]
    for old, new, link in zip(chain.holders, chain.holders[1:], chain.links, strict=False):
        p_step = (p_right + link.relation.p_right) / 2
        operation = link.relation.right if rng.random() < p_step else rng.choice(link.relation.misconceptions)
        lines.append(f"{variable(new)} = {written(operation, variable(old), link.m, link.n)}")
        value = link.value(operation, value)
    texts = [f"\n# {sentence}\n{line}\n{END_OF_STEP}" for sentence, line in zip(chain.sentences(), lines, strict=True)]
    last = texts[-1].removesuffix(END_OF_STEP)
    answer = f"\n{ANSWER}\\boxed{{{value}}}{END_OF_ANSWER}"
    texts[-1] = f"{last}print({variable(chain.holders[-1])})\n{END_OF_CODE}{observed(str(value))}{answer}"
    return texts, value == chain.answer()


def _step_pairs(tree: Trajectories) -> list[dict[str, object]]:
    rows = []
    for parent in tree.steps:
        children = sorted((step for step in parent.children.values() if not step.is_final), key=lambda step: -step.q_value)
        chosen = [step for step in children if step.n_correct][:2]
        rejected = [step for step in children if not step.n_correct][-2:]
        rows += [
            _pair_row(tree, "step", (tree.tree_id, good), (tree.tree_id, bad), len(chosen) * len(rejected))
            for good in chosen
            for bad in rejected
        ]
    return rows


def _answer_pairs(trees: list[Trajectories]) -> list[dict[str, object]]:
    final = [(tree.tree_id, step) for tree in trees for step in tree.final]
    final.sort(key=lambda entry: -_mean_q(entry[1]))
    chosen = [entry for entry in final if entry[1].n_correct][:2]
    rejected = [entry for entry in final if not entry[1].n_correct][-2:]
    return [_pair_row(trees[0], "answer", good, bad, len(chosen) * len(rejected)) for good in chosen for bad in rejected]


def _mean_q(step: Step) -> float:
    values = []
    node: Step | None = step
    while node is not None and node.parent is not None:
        values.append(node.q_value)
        node = node.parent
    return sum(values) / len(values)


def _pair_row(
    tree: Trajectories, kind: str, chosen: tuple[str, Step], rejected: tuple[str, Step], n_pairs: int
) -> dict[str, object]:
    return {
        "problem_id": tree.problem_id,
        "kind": kind,
        "chosen_tree_id": chosen[0],
        "chosen_node_id": chosen[1].node_id,
        "rejected_tree_id": rejected[0],
        "rejected_node_id": rejected[1].node_id,
        "chosen_q": chosen[1].q_value if kind == "step" else _mean_q(chosen[1]),
        "rejected_q": rejected[1].q_value if kind == "step" else _mean_q(rejected[1]),
        "weight": 1 / n_pairs,
    }


def _node_row(tree: Trajectories, step: Step) -> dict[str, object]:
    return {
        "tree_id": tree.tree_id,
        "problem_id": tree.problem_id,
        "node_id": step.node_id,
        "parent_id": step.parent.node_id if step.parent else None,
        "text": step.text,
        "q_value": step.q_value,
        "verdict": ("correct" if step.n_correct else "wrong") if step.is_final else None,
    }


def _sft_rows(trees: list[Trajectories]) -> list[dict[str, object]]:
    by_q: dict[str, list[Step]] = defaultdict(list)
    for tree in trees:
        by_q[tree.problem_id] += [step for step in tree.final if step.n_correct]
    rows = []
    for name, steps in by_q.items():
        for step in sorted(steps, key=_mean_q, reverse=True)[:2]:
            texts = []
            node: Step | None = step
            while node is not None:
                texts.append(node.text)
                node = node.parent
            texts.reverse()
            rows.append({"problem_id": name, "prompt": texts[0], "completion": "".join(texts[1:])})
    return rows
