"""Import search trees as the solver of microsoft/rStar writes them."""

from collections.abc import Sequence

from flows.data.imports.base import Import
from tasks.grading.base import Grade
from tasks.interchange.rstar_trees import ForeignTree, nodes_of, read_tree
from tasks.problems.rows import RawRow
from warehouse.ids import content_id
from warehouse.records import Label, Node, Problem, Verdict


class TreeImport(Import[ForeignTree]):
    """Search trees of microsoft/rStar's solver."""

    def parse(self, row: RawRow) -> ForeignTree:
        """Return the tree of a row."""
        return read_tree(row)

    def pairs(self, problem: Problem, parsed: ForeignTree) -> list[tuple[str, str]]:
        """Return every final answer of the tree."""
        return [(answer, problem.answer) for answer in parsed.answers.values()]

    def rows(self, problem: Problem, parsed: ForeignTree, grades: Sequence[Grade]) -> tuple[list[Node], list[Label]]:
        """Return the tree; the reward of an answer is its label."""
        identity = "\x1f".join((problem.problem_id, repr(parsed.states)))
        tree_id = content_id(identity)
        by_node = dict(zip(parsed.answers, grades, strict=True))
        verdicts: dict[int, tuple[Verdict, str]] = {
            node_id: (grade.verdict, grade.method) for node_id, grade in by_node.items()
        }
        nodes = nodes_of(parsed, tree_id, problem.problem_id, verdicts)
        labels = [
            Label(f"{tree_id}-{node_id}", problem.problem_id, self.origin.source, label, *verdicts[node_id])
            for node_id in parsed.answers
            if (label := parsed.states[node_id].label) is not None
        ]
        return nodes, labels
