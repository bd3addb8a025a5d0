"""Grading keeps what its benchmark measured; a part of `python -m tests.benchmarks.grading`, on the real reference answers."""

import json
from pathlib import Path

import pytest

from tasks.grading.grader import grade_all, open_grader
from tasks.grading.settings import GradingSettings
from tests.benchmarks.grading import (
    BASELINE,
    Case,
    graded,
    made_cases,
    numeric_answers_per_cpu_second,
    reference_answers,
)
from tests.benchmarks.grading_kinds import BASELINE as KINDS_BASELINE
from tests.benchmarks.grading_kinds import graded as graded_by_kind
from tests.benchmarks.grading_mutants import MUTANTS
from tests.benchmarks.grading_rewritings import REWRITINGS
from tests.benchmarks.grading_variants import NEAR_MISSES, VARIANTS


@pytest.fixture(scope="module")
def references(real_data: Path) -> list[str]:
    return [answer for answers in reference_answers(real_data).values() for answer in answers]


def test_every_reference_equals_itself(references: list[str]) -> None:
    cases = [Case("itself", answer, answer) for answer in references if answer.strip()]
    figures, _ = graded(cases, n_shown=5, accepting_is_right=True)
    assert figures.share_accepted == 1.0


def test_variants_are_accepted(references: list[str]) -> None:
    figures, _ = graded(made_cases(references, VARIANTS, 40), n_shown=5, accepting_is_right=True)
    assert sum(figures.n_cases.values()) > 500
    assert figures.share_accepted >= 0.98


def test_near_misses_are_refused(references: list[str]) -> None:
    figures, _ = graded(made_cases(references, NEAR_MISSES, 60), n_shown=5, accepting_is_right=False)
    assert sum(figures.n_cases.values()) > 400
    assert figures.share_accepted <= 0.003


def test_rewritings_are_not_called_wrong(references: list[str]) -> None:
    verdicts = graded_by_kind(made_cases(references, REWRITINGS, 12), n_shown=3, unwanted="wrong")
    assert len(verdicts.by_kind) >= 40
    assert verdicts.share("wrong") <= 0.005
    assert verdicts.share("unknown") <= 0.05


def test_mutants_are_not_accepted(references: list[str]) -> None:
    verdicts = graded_by_kind(made_cases(references, MUTANTS, 25), n_shown=3, unwanted="correct")
    assert verdicts.share("correct") <= 0.001


def test_the_stored_rates_of_each_kind_meet_the_targets() -> None:
    stored = json.loads(KINDS_BASELINE.read_text(encoding="utf-8"))
    assert stored["rewritings"]["n_kinds"] >= 40
    assert stored["rewritings"]["wrong"] <= 0.005
    assert max(stored["rewritings"]["unknown"], stored["mutants"]["unknown"]) <= 0.05
    assert stored["mutants"]["correct"] <= 0.001


def test_grades_agree_with_the_published_labels_of_model_answers(real_data: Path) -> None:
    """gsm8k/example_model_solutions.jsonl: four model solutions per question, each with its label."""
    pairs, labels = [], []
    for line in (real_data / "gsm8k" / "example_model_solutions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        solutions = [value for value in row.values() if isinstance(value, dict)]
        reference = row["ground_truth"].rpartition("A:")[2].strip()
        pairs += [(solution["solution"].rpartition("A:")[2].strip(), reference) for solution in solutions]
        labels += [solution["is_correct"] for solution in solutions]
    grader = open_grader(GradingSettings())
    grades = grade_all(pairs, grader)
    grader.close()
    assert len(pairs) > 5000
    assert [grade.verdict == "correct" for grade in grades] == labels


def test_a_thousand_numeric_answers_take_less_than_a_cpu_second(references: list[str]) -> None:
    assert numeric_answers_per_cpu_second(references) >= 1000


def test_the_stored_figures_meet_the_targets() -> None:
    stored = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert stored["itself"]["accepted"] == 1.0
    assert stored["variants"]["n"] >= 5000
    assert stored["variants"]["accepted"] >= 0.98
    assert stored["near-misses"]["accepted"] <= 0.003
    assert stored["numeric_per_cpu_second"] >= 1000
    assert stored["symbolic_per_cpu_second"] >= 150
