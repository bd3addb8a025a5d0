"""Paths of search trees as transcripts, in the columns that Inspect Scout of the UK AI Security Institute reads.

A transcript database is a folder of Parquet files with a row per transcript; `messages` holds Inspect's chat messages as JSON,
and columns that Scout does not know become the transcript's metadata. Source: inspect_scout 0.6.2, documentation "Database
Schema"; inspect_ai 0.3.285, ChatMessage and ToolCall. A step is an assistant message that calls the tool `python`, what came of
its code the message of that tool, and an answer in words an assistant message of its own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from tasks.interchange.chat import Part, PartKind, parts, statement_of
from tasks.problems.rows import Json
from warehouse.records import Ending, Node, Outcome, Split, Verdict

SOURCE_TYPE: Final = "stargrove"
_TOOL: Final = "python"
_ERRORS: Final[Mapping[Outcome, str]] = {
    "error": "unknown",
    "timeout": "timeout",
    "out_of_memory": "limit",
    "killed": "cancelled",
}
"""Inspect's kinds of tool errors."""
_LIMITS: Final[frozenset[Ending]] = frozenset({"max_depth", "truncated", "prompt_too_long", "deadline"})
_SUCCESS: Final[Mapping[Verdict, bool]] = {"correct": True, "wrong": False}


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What the lake knows of a tree beside its nodes; each field is a column.

    policy_id and ppm_id searched; both None for a tree from elsewhere. date: when it was committed, ISO 8601 in UTC.
    snapshot_id: the lake as it was read.
    """

    date: str
    round: int
    tree_id: str
    problem_id: str
    source: str
    level: int | None
    split: Split
    reference_answer: str
    policy_id: str | None
    ppm_id: str | None
    batch_id: str
    fingerprint: str
    code_version: str
    flow_run_id: str | None
    snapshot_id: int


@dataclass(frozen=True, slots=True)
class LeafFacts:
    """What the lake knows of a path beside its nodes. author: who wrote a solution that was imported with a label."""

    verification: str | None = None
    is_lucky: bool | None = None
    mean_q: float | None = None
    author: str | None = None


def transcripts_of(nodes: Mapping[int, Node], leaves: Mapping[int, LeafFacts], facts: TreeFacts) -> Iterator[dict[str, Json]]:
    """Yield a transcript for each terminal node of a tree, by node_id, also for those without an answer.

    Its id is that of the trajectory: tree_id, a hyphen, and the node_id of the terminal node.
    """
    for node_id in sorted(nodes):
        if nodes[node_id].ending is not None:
            yield _transcript(_path(nodes, node_id), leaves[node_id], facts)


def messages_of(path: Sequence[Node], model: str | None) -> list[dict[str, Json]]:
    """Return the conversation of a path: the statement, then each step and what came of it. Ids are those of the nodes."""
    root, *steps = path
    messages: list[dict[str, Json]] = [
        {"id": _message_id(root), "role": "user", "source": "input", "content": statement_of(root.text)}
    ]
    for node in steps:
        messages += _step(node, model)
    return messages


def _step(node: Node, model: str | None) -> Iterator[dict[str, Json]]:
    message_id = _message_id(node)
    found = parts(node.text)
    code, output, answer = (_text(found, kind) for kind in ("code", "output", "answer"))
    said: dict[str, Json] = {"role": "assistant", "source": "generate", "model": model}
    figures: dict[str, Json] = {
        "node_id": node.node_id,
        "outcome": node.outcome,
        "q_value": node.q_value,
        "ppm_score": node.ppm_score,
        "n_visits": node.n_visits,
    }
    if node.outcome == "not_run":  # Words, or a candidate that was no whole step: nothing was called.
        yield {"id": message_id, **said, "content": code or answer, "metadata": figures}
        return
    call: Json = {"id": message_id, "function": _TOOL, "arguments": {"code": code}, "type": "function"}
    yield {"id": message_id, **said, "content": "", "tool_calls": [call], "metadata": figures}
    # Of most steps only Stargrove sees the output: the policy is shown what failed, and what the whole program printed.
    shown = any(part.kind == "output" for part in found)
    observation = output if shown else node.stdout or node.error or ""
    result: dict[str, Json] = {"id": f"{message_id}-output", "role": "tool", "function": _TOOL, "tool_call_id": message_id}
    result |= {"content": observation, "metadata": {"shown_to_policy": shown}}
    if node.outcome in _ERRORS:
        result["error"] = {"type": _ERRORS[node.outcome], "message": node.error or node.outcome}
    yield result
    if answer:
        yield {"id": f"{message_id}-answer", **said, "content": answer}


def _text(found: Sequence[Part], kind: PartKind) -> str:
    return "\n\n".join(part.text.strip("\n") for part in found if part.kind == kind)


def _transcript(path: Sequence[Node], leaf_facts: LeafFacts, facts: TreeFacts) -> dict[str, Json]:
    leaf = path[-1]
    model = facts.policy_id or leaf_facts.author
    messages = messages_of(path, model)
    return {
        "transcript_id": _message_id(leaf),
        "source_type": SOURCE_TYPE,
        "source_id": facts.fingerprint,
        "task_set": facts.source,
        "task_id": facts.problem_id,
        "model": model,
        "score": leaf.verdict,
        "score_explanation": _explanation(leaf, facts.reference_answer),
        "success": _success(leaf),
        "message_count": len(messages),
        "total_tokens": sum(node.n_tokens for node in path),
        "error": leaf.error if leaf.ending == "too_many_errors" else None,
        "limit": leaf.ending if leaf.ending in _LIMITS else None,
        "messages": json.dumps(messages, ensure_ascii=False),
        **asdict(facts),
        "node_id": leaf.node_id,
        "n_steps": len(path) - 1,
        "ending": leaf.ending,
        "answer": leaf.answer,
        "grading_method": leaf.grading_method,
        "q_value": leaf.q_value,
        "ppm_score": leaf.ppm_score,
        "mean_q": leaf_facts.mean_q,
        "verification": leaf_facts.verification,
        "is_lucky": leaf_facts.is_lucky,
    }


def _explanation(leaf: Node, reference_answer: str) -> str | None:
    if leaf.verdict is None:
        return None
    return f"answer {leaf.answer}, reference answer {reference_answer}: {leaf.verdict}, by {leaf.grading_method}"


def _success(leaf: Node) -> bool | None:
    """Return whether the path came to a right answer; None where its answer could not be graded, or something else ended it."""
    if leaf.verdict is not None:
        return _SUCCESS.get(leaf.verdict)
    return None if leaf.ending in ("unscored", "deadline", "cancelled") else False


def _path(nodes: Mapping[int, Node], node_id: int) -> list[Node]:
    path = [nodes[node_id]]
    while path[-1].parent_id is not None:
        path.append(nodes[path[-1].parent_id])
    return path[::-1]


def _message_id(node: Node) -> str:
    return f"{node.tree_id}-{node.node_id}"
