"""Import labelled solutions in words."""

from collections.abc import Sequence

from flows.data.imports.base import Import
from tasks.grading.base import Grade
from tasks.interchange.solutions import SolvedProblem, path_of, read_solutions
from tasks.problems.rows import RawRow
from warehouse.records import Label, Node, Problem


class SolutionImport(Import[SolvedProblem]):
    """Labelled solutions in words."""

    def parse(self, row: RawRow) -> SolvedProblem:
        """Return the solutions of a row."""
        return read_solutions(row)

    def left_out(self, parsed: SolvedProblem) -> list[str]:
        """Return which solutions give no answer: nothing could be graded."""
        return [f"the solution of {one.author} gives no answer" for one in parsed.solutions if one.answer is None]

    def pairs(self, problem: Problem, parsed: SolvedProblem) -> list[tuple[str, str]]:
        """Return the answer of each solution that gives one."""
        return [(solution.answer, problem.answer) for solution in parsed.solutions if solution.answer is not None]

    def rows(self, problem: Problem, parsed: SolvedProblem, grades: Sequence[Grade]) -> tuple[list[Node], list[Label]]:
        """Return each solution as a tree without branches, with its label."""
        answered = [solution for solution in parsed.solutions if solution.answer is not None]
        trees: dict[str, list[Node]] = {}
        labels: dict[str, Label] = {}
        for solution, grade in zip(answered, grades, strict=True):
            path = path_of(parsed, solution, problem.problem_id, grade.verdict, grade.method)
            trajectory_id = f"{path[-1].tree_id}-{path[-1].node_id}"
            trees[path[-1].tree_id] = path
            labels[trajectory_id] = Label(
                trajectory_id, problem.problem_id, solution.author, solution.label, grade.verdict, grade.method
            )
        return [node for path in trees.values() for node in path], list(labels.values())
