"""Search trees in the JSONL form of microsoft/rStar's solver, read into nodes and written from nodes.

One object a line: {"question", "answer", "rstar": {tag: state}}. The root's tag is "0", the second child of tag t is "t.2". A
state has text, final_answer, value, q_value and visit_count (beam search: no visits), and sometimes observation. What that
solver calls a final answer is one of three sentences where a node ended without one.

There a node is visited once when it is made, if it has a value then: an answer its reward of +1 or -1, which its ancestors get
as well, a failed ending -1, which they do not get, any other node the score of the reward model. `value` is what a node was
given first, `q_value` the mean over its visits. So an answer that none of our rollouts reached is written as visited once, by
its ancestors too, and a PPM score as a visit; read back, the score is no rollout. Failed endings that our rollouts reached
stay in the means of their ancestors.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.problems.rows import Json, RawRow, RowError
from tasks.search.format import ASSISTANT, CODE, USER, code_of
from tasks.search.tree import REWARDS
from warehouse.records import Ending, Node, Outcome, Verdict

_TAG: Final = re.compile(r"0(?:\.\d+)*")
_FAILURE: Final = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception)\b")
_ENDINGS: Final[dict[str, Ending]] = {
    "Too many consecutive steps have code errors.": "too_many_errors",
    "Fail to sove the problem within limited steps.": "max_depth",
    "Fail to generate parsable text for next step.": "truncated",
}
_FINAL_ANSWERS: Final[dict[Ending, str]] = {ending: text for text, ending in _ENDINGS.items()}
_OTHER_ENDING: Final = "Fail to generate parsable text for next step."
"""What is written for an ending that the solver has no sentence for."""
_SLACK: Final = 1e-6
"""Mean rewards were added up in floating point."""

Verdicts = Mapping[int, tuple[Verdict, str]]
"""The verdict on the answer of a node and how it was reached, by node_id."""


@dataclass(frozen=True, slots=True)
class State:
    """One node as the file has it. path: the numbers of its tag behind the root's. q_value is None where it was not visited."""

    path: tuple[int, ...]
    text: str
    final_answer: str
    observation: str
    value: float
    q_value: float | None
    n_visits: int

    @property
    def ppm_score(self) -> float | None:
        """The value that it began with where a reward model gave it: neither nothing nor a reward of +1 or -1."""
        return self.value if not self.final_answer and 0 < abs(self.value) < 1 else None

    @property
    def n_rollouts(self) -> int:
        """Its visits without that of its score."""
        return max(0, self.n_visits - (self.ppm_score is not None))

    @property
    def ending(self) -> Ending | None:
        """Why it is terminal; None where it is not."""
        return _ENDINGS.get(self.final_answer, "answer") if self.final_answer else None

    @property
    def label(self) -> Verdict | None:
        """What the solver thought of its answer: the reward that it had; None without an answer or a reward."""
        if self.ending != "answer" or not self.q_value:
            return None
        return "correct" if self.q_value > 0 else "wrong"


@dataclass(frozen=True, slots=True)
class ForeignTree:
    """A tree as the file has it. states[0] is the root; parents come before children, so that places are node_ids."""

    statement: str
    answer: str
    states: tuple[State, ...]

    @property
    def answers(self) -> dict[int, str]:
        """The answers to grade, by node_id."""
        return {node_id: state.final_answer for node_id, state in enumerate(self.states) if state.ending == "answer"}


def read_tree(row: RawRow) -> ForeignTree:
    """Return the tree of a row. Raises RowError that says what is wrong with it, and at which tag."""
    if row.fault is not None:
        raise RowError(row.fault)
    statement, answer, tree = row.fields.get("question"), row.fields.get("answer"), row.fields.get("rstar")
    if not isinstance(statement, str) or not statement.strip():
        raise RowError("no question")
    if isinstance(answer, bool) or not isinstance(answer, str | int | float) or not str(answer).strip():
        raise RowError("no answer, or not a single one")
    if not isinstance(tree, dict) or "0" not in tree:
        raise RowError('no search tree: rstar must be an object with the root "0"')
    states = [_state(tag, state) for tag, state in tree.items() if _TAG.fullmatch(tag)]
    states.sort(key=lambda state: (len(state.path), state.path))
    known = {state.path for state in states}
    for state in states:
        if state.path and state.path[:-1] not in known:
            raise RowError(f"tag {_tag(state.path)} has no parent")
    return ForeignTree(statement.strip(), str(answer).strip(), tuple(states))


def nodes_of(tree: ForeignTree, tree_id: str, problem_id: str, verdicts: Verdicts) -> list[Node]:
    """Return the tree as rows. Q-values are the file's, visits too but for those of scores; verdicts, and what follows from
    them, are ours.

    Raises RowError where more rollouts ended below a node than visited it.
    """
    ids = {state.path: node_id for node_id, state in enumerate(tree.states)}
    n_correct, n_wrong = _outcomes(tree, ids, verdicts)
    with_code = all(state.text.startswith(CODE) for state in tree.states if len(state.path) == 1) and len(tree.states) > 1
    nodes = []
    for node_id, state in enumerate(tree.states):
        if state.n_rollouts < n_correct[node_id] + n_wrong[node_id]:
            raise RowError(f"tag {_tag(state.path)} has {state.n_visits} visits, fewer than rollouts that ended below it")
        text = state.text.removeprefix(CODE) if with_code and len(state.path) == 1 else state.text
        if not state.path:
            text = f"{USER}{tree.statement}{ASSISTANT}{CODE if with_code else ''}"
        verdict, method = verdicts.get(node_id, (None, None))
        outcome = _outcome(state)
        nodes.append(
            Node(
                tree_id=tree_id,
                problem_id=problem_id,
                node_id=node_id,
                parent_id=ids[state.path[:-1]] if state.path else None,
                depth=len(state.path),
                text=text,
                n_tokens=0,
                n_merged=1,
                outcome=outcome,
                stdout=state.observation if outcome == "ok" else "",
                error=state.observation or None if outcome in ("error", "timeout") else None,
                ending=state.ending,
                answer=state.final_answer if state.ending == "answer" else None,
                verdict=verdict,
                grading_method=method,
                n_visits=state.n_rollouts,
                n_correct=n_correct[node_id],
                n_wrong=n_wrong[node_id],
                ppm_score=state.ppm_score,
                q_value=state.q_value,
            )
        )
    return nodes


def rstar_row(statement: str, answer: str, nodes: Sequence[Node]) -> dict[str, Json]:
    """Return nodes, ordered by node_id, as an object of the solver's form."""
    tags: dict[int, str] = {}
    n_children: dict[int, int] = {}
    states: dict[str, Json] = {}
    figures = _figures(nodes)
    # The solver's own root has no text: the opening of the code belongs to its first step.
    opening = CODE if nodes[0].text.endswith(CODE) else ""
    for node in nodes:
        if node.parent_id is None:
            tags[node.node_id] = "0"
        else:
            n_children[node.parent_id] = n_children.get(node.parent_id, 0) + 1
            tags[node.node_id] = f"{tags[node.parent_id]}.{n_children[node.parent_id]}"
        states[tags[node.node_id]] = _written(node, figures[node.node_id], statement, opening)
    return {"question": statement, "answer": answer, "rstar": states}


@dataclass(slots=True)
class _Figures:
    """What the solver says of a node. Mutable: answers below it add to it. value None: nothing gave it one so far."""

    value: float | None
    value_sum: float
    n_visits: int
    q_value: float

    def visit(self, reward: float) -> None:
        """Count a visit that our search did not make."""
        self.value_sum += reward
        self.n_visits += 1
        self.q_value = self.value_sum / self.n_visits


def _figures(nodes: Sequence[Node]) -> dict[int, _Figures]:
    """Return the figures of nodes, ordered by node_id, by their node_id."""
    figures: dict[int, _Figures] = {}
    parents = {node.node_id: node.parent_id for node in nodes}
    for node in nodes:
        q_value = node.q_value or 0.0
        n_visits = node.n_visits + (node.ppm_score is not None and node.q_value is not None)
        figures[node.node_id] = own = _Figures(node.ppm_score, q_value * n_visits, n_visits, q_value)
        if node.verdict is not None:
            reward = REWARDS[node.verdict]
            for above in _path(node.node_id, parents):
                if figures[above].value is None:
                    figures[above].value = reward
                if not node.n_visits:
                    figures[above].visit(reward)
        elif node.ending in _FINAL_ANSWERS and not node.n_visits:
            own.value = -1.0
            own.visit(-1.0)
        elif node.ending is not None:
            own.value = q_value
    return figures


def _path(node_id: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    """Yield a node and those above it."""
    above: int | None = node_id
    while above is not None:
        yield above
        above = parents[above]


def _written(node: Node, figures: _Figures, statement: str, opening: str) -> Json:
    is_root = node.parent_id is None
    final_answer = ""
    if node.ending is not None:
        final_answer = node.answer or "" if node.ending == "answer" else _FINAL_ANSWERS.get(node.ending, _OTHER_ENDING)
    return {
        "text": "" if is_root else (opening if node.depth == 1 else "") + node.text,
        "extra_info": f"question: {statement}" if is_root else "",
        "action": "python_interpreter" if node.outcome != "not_run" else "",
        "action_input": code_of(node.text) if node.outcome != "not_run" else "",
        "observation": node.stdout if node.outcome == "ok" else node.error or "",
        "final_answer": final_answer,
        "value": figures.value or 0.0,
        "q_value": figures.q_value,
        "visit_count": figures.n_visits,
    }


def _state(tag: str, state: Json) -> State:
    if not isinstance(state, dict):
        raise RowError(f"tag {tag} is not an object")
    n_visits = int(_number(tag, state, "visit_count"))
    q_value = _number(tag, state, "q_value")
    if n_visits < 0 or abs(q_value) > 1 + _SLACK:
        raise RowError(f"tag {tag} has visit_count {n_visits} and q_value {q_value:g}; Q-values are in [-1, 1]")
    return State(
        path=tuple(int(part) for part in tag.split(".")[1:]),
        text=_text(tag, state, "text"),
        final_answer=_text(tag, state, "final_answer"),
        observation=_text(tag, state, "observation"),
        value=_number(tag, state, "value"),
        q_value=max(-1.0, min(1.0, q_value)) if n_visits else None,
        n_visits=n_visits,
    )


def _text(tag: str, state: dict[str, Json], name: str) -> str:
    value = state.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(f"tag {tag}: {name} is not a text")
    return value


def _number(tag: str, state: dict[str, Json], name: str) -> float:
    value = state.get(name)
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RowError(f"tag {tag}: {name} is not a finite number")
    return float(value)


def _outcomes(tree: ForeignTree, ids: Mapping[tuple[int, ...], int], verdicts: Verdicts) -> tuple[list[int], list[int]]:
    """Return how many rollouts through each node ended correct, and how many wrong."""
    n_correct, n_wrong = [0] * len(tree.states), [0] * len(tree.states)
    for node_id, state in enumerate(tree.states):
        verdict = verdicts[node_id][0] if node_id in verdicts else None
        counts = {"correct": n_correct, "wrong": n_wrong}.get(verdict or "")
        if counts is not None:
            for length in range(len(state.path) + 1):
                counts[ids[state.path[:length]]] += state.n_visits
        elif state.ending not in (None, "answer"):
            n_wrong[node_id] += state.n_visits
    return n_correct, n_wrong


def _outcome(state: State) -> Outcome:
    if state.ending == "too_many_errors" or _FAILURE.match(state.observation):
        return "timeout" if state.observation.startswith("TimeoutError") else "error"
    return "ok" if code_of(state.text.removeprefix(CODE)) and not state.final_answer else "not_run"


def _tag(path: tuple[int, ...]) -> str:
    return ".".join(("0", *map(str, path)))
