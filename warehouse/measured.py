"""Frozen row types of what was measured: answers and metrics of held-out problems, trainings, ablations and gates.

As in warehouse.records: every record is one row of the table named in its docstring.
"""

from dataclasses import dataclass
from typing import Literal

from warehouse.records import CheckpointKind, Split, Verdict

AnswerMethod = Literal["greedy", "sample", "beam", "mcts"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A row of `evaluations`: one metric of one pair of checkpoints on one split.

    level None means all levels; benchmark None means the whole split, else the benchmark that was measured alone.
    low, high: the 95 % interval of the value; tokens_per_problem: what such an answer takes. None where there are none.
    """

    policy_id: str
    ppm_id: str | None
    split: Split
    metric: str
    level: int | None
    value: float
    n_problems: int
    benchmark: str | None = None
    low: float | None = None
    high: float | None = None
    tokens_per_problem: float | None = None


@dataclass(frozen=True, slots=True)
class EvaluationAnswer:
    """A row of `evaluation_answers`: one answer to one problem. k_index counts from 0 among the answers of its method.

    answer_group: equal answers of a method to a problem have the same number. step_scores: the PPM's, per step of `text`.
    grading_method None: there was no answer to grade, which is wrong. repairs: as in Node.
    """

    policy_id: str
    ppm_id: str | None
    split: Split
    problem_id: str
    method: AnswerMethod
    k_index: int
    answer: str | None
    verdict: Verdict
    ppm_score: float | None
    n_tokens: int
    answer_group: int | None = None
    n_steps: int | None = None
    step_scores: tuple[float, ...] = ()
    text: str | None = None
    grading_method: str | None = None
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProblemMetric:
    """A row of `problem_metrics`: what one problem earned under one metric, in [0, 1], and the tokens that takes."""

    policy_id: str
    ppm_id: str | None
    split: Split
    problem_id: str
    method: AnswerMethod
    metric: str
    value: float
    n_tokens: float


@dataclass(frozen=True, slots=True)
class BenchmarkProblem:
    """A row of `benchmark_problems`: a problem that stands in a benchmark file, whichever file brought it into the lake."""

    benchmark: str
    problem_id: str


@dataclass(frozen=True, slots=True)
class Ablation:
    """A row of `ablations`: one metric of one variant. question: what the variants differ in; problems: what was answered.

    n_better, n_worse: problems on which it earned more and less than the variant `against`, None where it is not compared.
    """

    question: str
    variant: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n_problems: int
    tokens_per_problem: float | None
    problems: str
    policy_id: str
    ppm_id: str | None
    against: str | None = None
    n_better: int | None = None
    n_worse: int | None = None


@dataclass(frozen=True, slots=True)
class TrainingMetricRow:
    """A row of `training_metrics`: one value that a trainer reported. metric is the name of the field of its TrainingMetric."""

    kind: CheckpointKind
    optimizer_step: int
    metric: str
    value: float


@dataclass(frozen=True, slots=True)
class GateResult:
    """A row of `gate_results`: one expectation of a gate, what was observed against what was needed.

    n_failing counts the rows that broke the expectation; 0 or 1 where the expectation is about one figure.
    hint is the command that shows the failing rows. override_reason is the words of the person who let the round pass
    although the gate failed, None where nobody did. settings_json: the thresholds that the gate was run with.
    """

    gate: str
    expectation: str
    table_name: str
    column_name: str
    observed: str
    needed: str
    passed: bool
    n_failing: int
    hint: str
    override_reason: str | None = None
    settings_json: str | None = None


@dataclass(frozen=True, slots=True)
class RegradedVerdict:
    """A row of `regraded_verdicts`: a stored answer that later rules grade otherwise. Of a node, or of an evaluation."""

    answered_in: Literal["tree", "evaluation"]
    problem_id: str
    tree_id: str | None
    node_id: int | None
    policy_id: str | None
    ppm_id: str | None
    method: AnswerMethod | None
    k_index: int | None
    answer: str
    reference_answer: str
    old_verdict: Verdict
    old_grading_method: str | None
    verdict: Verdict
    grading_method: str
    answer_batch_id: str


@dataclass(frozen=True, slots=True)
class RegradeFigure:
    """A row of `regrade_figures`: what a figure is by the stored verdicts, and what would go and come by those of today.

    n_gained is an upper bound, None where only annotating anew could tell.
    """

    figure: str
    n_stored: int
    n_lost: int
    n_gained: int | None
