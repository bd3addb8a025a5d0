"""Frozen row types of the warehouse: what the factory knows, as values.

Every record is one row of the table named in its docstring. Lineage columns (`round`, `batch_id`) are added by the
committer, so that a record says only what was observed. No module of the factory is imported here.
"""

from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "validation", "test"]

Outcome = Literal["ok", "error", "timeout", "out_of_memory", "killed", "not_run"]
"""What became of a step's code. `not_run`: the root, or a candidate that is not a whole step."""

Ending = Literal["answer", "no_answer", "max_depth", "too_many_errors", "truncated", "prompt_too_long"]
"""Why a node is terminal.

answer: the final step ran and its answer was read; no_answer: it ran, but the policy wrote no \\boxed{};
max_depth: the depth limit came before a final step; too_many_errors: consecutive failed steps reached the limit;
truncated: the policy wrote no end of step within its token limit; prompt_too_long: the prefix leaves no room to go on.
"""

Verdict = Literal["correct", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of `problems`: a statement with its reference answer. The id is a content hash of the statement."""

    problem_id: str
    statement: str
    answer: str
    source: str
    level: int | None
    split: Split


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row of `quarantine`: an input row that could not become a problem, with the reason and where it stands."""

    source: str
    line_number: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Node:
    """A row of `nodes`: a step placed in a search tree.

    node_id counts in order of creation within the tree; the root is 0 and has no parent. `text` is exactly what the node
    adds to its parent's prefix (the root's is the prompt), the observed output and the answer included, so that a prefix is
    the concatenation of texts from the root. n_merged: identical candidates that this node stands for.
    n_visits = n_correct + n_wrong + visits whose answer could not be graded; their reward is 0.
    q_value is in [-1, 1], None while neither visits nor a PPM score say anything. ppm_score is in (-1, 1).
    """

    tree_id: str
    problem_id: str
    node_id: int
    parent_id: int | None
    depth: int
    text: str
    n_tokens: int
    n_merged: int
    outcome: Outcome
    stdout: str
    error: str | None
    ending: Ending | None
    answer: str | None
    verdict: Verdict | None
    grading_method: str | None
    n_visits: int
    n_correct: int
    n_wrong: int
    ppm_score: float | None
    q_value: float | None
