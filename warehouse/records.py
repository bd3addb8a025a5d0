"""Frozen row types of the warehouse: what the factory knows, as values.

Every record is one row of the table named in its docstring. Lineage columns (`round`, `batch_id`) are added by the
committer, so that a record says only what was observed. No module of the factory but the rule of ids is imported here.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from warehouse.ids import content_id

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)

ProblemKind = Literal["one_answer", "several_answers", "several_questions", "choice", "proof"]
"""What a problem asks for: one answer, several of one question, several of several questions, one of given options, a proof."""

Outcome = Literal["ok", "error", "timeout", "out_of_memory", "killed", "not_run"]
"""What became of a step's code. `not_run`: the root, or a candidate that is not a whole step."""

StoppedEnding = Literal["deadline", "cancelled"]
"""Why a tree was ended before its rollouts were done: its time was over, or somebody gave it up."""

Ending = Literal[
    "answer",
    "no_answer",
    "max_depth",
    "too_many_errors",
    "truncated",
    "prompt_too_long",
    "not_encodable",
    "unscored",
    "deadline",
    "cancelled",
]
"""Why a node is terminal.

answer: the final step ran and its answer was read; no_answer: it ran, but the policy wrote no \\boxed{};
max_depth: the depth limit came before a final step; too_many_errors: consecutive failed steps reached the limit;
truncated: the policy wrote no end of step within its token limit; prompt_too_long: the prefix leaves no room to go on;
not_encodable: the statement is no text that a tokenizer could read; unscored: the PPM gave no number for the prefix;
deadline, cancelled: the tree was ended while this node was being expanded. The last four say nothing about the steps, so
their reward is 0 or was never propagated.
"""

Verdict = Literal["correct", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of `problems`: a statement with its reference answer. The id is a content hash of the statement.

    kind None: the problem was read before kinds were told apart.
    """

    problem_id: str
    statement: str
    answer: str
    source: str
    level: int | None
    split: Split
    kind: ProblemKind | None = "one_answer"


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row of `quarantine`: an input row that could not become a problem, with the reason and where it stands."""

    source: str
    line_number: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Source:
    """A row of `sources`: a file or generator that was read, with its licence as the person who read it in stated it."""

    source: str
    split: Split
    licence: str | None
    uri: str
    sha256: str
    n_rows: int
    n_problems: int


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A row of `near_duplicates`: problem_id nearly repeats near_problem_id. similarity is in [0, 1]."""

    problem_id: str
    near_problem_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Node:
    """A row of `nodes`: a step placed in a search tree.

    node_id counts in order of creation within the tree; the root is 0 and has no parent. `text` is exactly what the node
    adds to its parent's prefix (the root's is the prompt), the observed output and the answer included, so that a prefix is
    the concatenation of texts from the root. n_merged: identical candidates that this node stands for.
    repairs: what was mended in the policy's text.
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
    repairs: tuple[str, ...] = ()


Verification = Literal["verified", "replay_differs", "regraded_differs"]
"""What an independent re-execution said: the same outputs and a correct answer again, another outcome, or another verdict."""

PairKind = Literal["step", "answer"]

CheckpointKind = Literal["base", "bootstrap", "policy", "ppm"]
CHECKPOINT_KINDS: Final[tuple[CheckpointKind, ...]] = get_args(CheckpointKind)

CheckpointStatus = Literal["candidate", "current", "retired", "rejected", "ablation"]

RoundStatus = Literal["running", "held", "promoted", "rejected", "failed", "superseded"]
"""Where a round is. held: its gates passed, and a person decides; superseded: an earlier round was made current again."""

DecisionKind = Literal["promoted", "overridden", "rejected", "made_current"]
"""What a person decided: promoted a held round, promoted a refused one all the same, rejected one, went back to one."""


def batch_id(round_number: int, stage: str, shard: str, fingerprint: str) -> str:
    """Return the id of the one batch that this shard of this stage writes, 16 hexadecimal digits; a retry gets the same id."""
    name = "\x1f".join((str(round_number), stage, shard, fingerprint))
    return content_id(name)


@dataclass(frozen=True, slots=True)
class Batch:
    """A row of `batches`, the ledger: what one task run commits in one transaction, and what it cost.

    `shard` names the share of the stage ("007", "all"). The committer adds n_rows and committed_at.
    """

    round: int
    stage: str
    shard: str
    fingerprint: str
    code_version: str = ""
    flow_run_id: str | None = None
    task_run_id: str | None = None
    sandbox_level: str | None = None
    n_tokens: int = 0
    engine_seconds: float = 0.0
    sandbox_seconds: float = 0.0
    wall_seconds: float = 0.0

    @property
    def batch_id(self) -> str:
        """The deterministic id of round, stage, shard and fingerprint."""
        return batch_id(self.round, self.stage, self.shard, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A row of `trajectories`: a root-to-terminal sequence of steps that ends in an answer.

    trajectory_id is "{tree_id}-{leaf_node_id}". node_ids leads from the root (0) to the terminal node. mean_q is the mean
    Q-value of the steps, without the root. text_hash (md5) is equal for equal solution texts of one problem.
    """

    trajectory_id: str
    tree_id: str
    problem_id: str
    leaf_node_id: int
    node_ids: tuple[int, ...]
    n_steps: int
    answer: str | None
    verdict: Verdict | None
    mean_q: float
    ppm_score: float | None
    text_hash: str


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """A row of `verifications`: what became of a trajectory that was executed again, whole, in a fresh sandbox.

    is_lucky: whether its code fails once the numbers of the problem are changed; None where that was not tried.
    """

    trajectory_id: str
    problem_id: str
    verification: Verification
    detail: str | None
    is_lucky: bool | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A row of `labels`: what an imported trajectory was called where it came from, beside our verdict on its answer."""

    trajectory_id: str
    problem_id: str
    author: str
    label: Verdict
    verdict: Verdict
    grading_method: str


@dataclass(frozen=True, slots=True)
class SftExample:
    """A row of `sft_examples`: a trajectory that trains the policy of this round. rank counts from 1 within its problem."""

    problem_id: str
    trajectory_id: str
    trajectory_round: int
    rank: int
    mean_q: float


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """A row of `preference_pairs`: two nodes of which the first should score higher.

    kind `step`: siblings of one tree, prefix_node_id is their parent. kind `answer`: the terminal nodes of two whole
    trajectories of one problem, perhaps of two trees; prefix_node_id is the root, 0.
    weight = 1 / (n_chosen * n_rejected) of the prefix, so that each prefix counts once.
    """

    problem_id: str
    kind: PairKind
    chosen_tree_id: str
    chosen_node_id: int
    rejected_tree_id: str
    rejected_node_id: int
    prefix_node_id: int
    chosen_q: float
    rejected_q: float
    weight: float


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A row of `checkpoints`. snapshot_id pins the rows it was trained on; a base has neither parent nor snapshot."""

    checkpoint_id: str
    kind: CheckpointKind
    round: int
    parent_id: str | None
    snapshot_id: int | None
    fingerprint: str
    uri: str
    status: CheckpointStatus
    metrics_json: str = "{}"


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A row of `rounds`. policy_id and ppm_id searched; the candidates are what the round trained.

    snapshot_id is the lake as the trainers read it, pinned as long as the row exists. Times are set by the warehouse.
    set_aside: earlier rounds that this one does not build on, because they were superseded when it began.
    """

    round: int
    status: RoundStatus
    fingerprint: str
    settings_json: str
    code_version: str
    policy_id: str
    ppm_id: str | None
    candidate_policy_id: str | None = None
    candidate_ppm_id: str | None = None
    snapshot_id: int | None = None
    flow_run_id: str | None = None
    set_aside: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PromotionDecision:
    """A row of `promotion_decisions`: what a person decided about a round. The time is set by the warehouse.

    round 0 is the base, made current again. broken_rules: expectations of the promotion gate that did not hold.
    superseded: rounds that the decision took off the line; policy_id and ppm_id: what was current from then on.
    """

    round: int
    decision: DecisionKind
    reason: str
    decided_by: str
    code_version: str
    status_before: RoundStatus | None
    broken_rules: tuple[str, ...] = ()
    superseded: tuple[int, ...] = ()
    policy_id: str | None = None
    ppm_id: str | None = None
