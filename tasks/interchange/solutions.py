"""Solutions that models wrote in plain words, with labels: the form of GSM8K's example_model_solutions.jsonl.

One object a line: {"question", "ground_truth", author: {"is_correct": true, "solution": "...\\nA: 18"}, ...}; each field that
holds a solution and a label is one author. A line of a solution is a step; the answer follows the last "A:" or "####".
"""

import re
from dataclasses import dataclass
from typing import Final

from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.problems.rows import Json, RawRow, RowError
from tasks.search.format import prompt
from warehouse.ids import content_id
from warehouse.records import Node, Verdict

_ANSWER: Final = re.compile(r"(?:^A:|####)\s*(.*)$", re.MULTILINE)
_GROUPED_NUMBER: Final = re.compile(r"[-+]?\$?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class LabelledSolution:
    """A solution by one author. answer is None where it gives none."""

    author: str
    steps: tuple[str, ...]
    answer: str | None
    label: Verdict


@dataclass(frozen=True, slots=True)
class SolvedProblem:
    """A row of the file: the problem with its reference answer and everybody's solutions."""

    statement: str
    answer: str
    solutions: tuple[LabelledSolution, ...]


def read_solutions(row: RawRow) -> SolvedProblem:
    """Return what a row holds. Raises RowError without a question, an answer or a single labelled solution."""
    if row.fault is not None:
        raise RowError(row.fault)
    statement, ground_truth = row.fields.get("question"), row.fields.get("ground_truth")
    if not isinstance(statement, str) or not statement.strip():
        raise RowError("no question")
    answer = final_answer(ground_truth) if isinstance(ground_truth, str) else None
    if answer is None:
        raise RowError("no answer in ground_truth")
    found = [_solution(author, value) for author, value in row.fields.items() if isinstance(value, dict)]
    solutions = tuple(solution for solution in found if solution is not None)
    if not solutions:
        raise RowError("no solution with a label: a field of the form {is_correct, solution}")
    return SolvedProblem(statement.strip(), answer, solutions)


def final_answer(solution: str) -> str | None:
    """Return what follows the last "A:" or "####", or is in the last \\boxed{}; thousands are not grouped any more."""
    found = _ANSWER.findall(solution)
    answer = found[-1].strip() if found else boxed_answer(solution)
    if answer and _GROUPED_NUMBER.fullmatch(answer):
        answer = answer.replace(",", "")
    return answer or None


def path_of(solved: SolvedProblem, solution: LabelledSolution, problem_id: str, verdict: Verdict, method: str) -> list[Node]:
    """Return the solution as a tree without branches: the prompt, then a node a line, the last of which has the answer."""
    tree_id = content_id("\x1f".join((solution.author, problem_id, *solution.steps)))
    texts = (prompt(solved.statement), *(f"\n{step}" for step in solution.steps))
    rewards = {"correct": 1.0, "wrong": -1.0}
    nodes = []
    for node_id, text in enumerate(texts):
        is_last = node_id == len(texts) - 1
        nodes.append(
            Node(
                tree_id=tree_id,
                problem_id=problem_id,
                node_id=node_id,
                parent_id=node_id - 1 if node_id else None,
                depth=node_id,
                text=text,
                n_tokens=0,
                n_merged=1,
                outcome="not_run",
                stdout="",
                error=None,
                ending="answer" if is_last else None,
                answer=solution.answer if is_last else None,
                verdict=verdict if is_last else None,
                grading_method=method if is_last else None,
                n_visits=1,
                n_correct=int(verdict == "correct"),
                n_wrong=int(verdict == "wrong"),
                ppm_score=None,
                q_value=rewards.get(verdict, 0.0),
            )
        )
    return nodes


def _solution(author: str, value: dict[str, Json]) -> LabelledSolution | None:
    text, is_correct = value.get("solution"), value.get("is_correct")
    if not isinstance(text, str) or not isinstance(is_correct, bool):
        return None
    steps = tuple(line for line in text.splitlines() if line.strip())
    return LabelledSolution(author, steps, final_answer(text), "correct" if is_correct else "wrong")
