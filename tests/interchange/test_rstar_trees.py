"""Properties of the solver's form: what is written is read back, and what is wrong is named."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.interchange.rstar_trees import nodes_of, read_tree, rstar_row
from tasks.problems.rows import RawRow, RowError
from tasks.search.format import prompt
from warehouse.records import Node, Verdict


def state(text: str, q: float = 0.0, visits: int = 0, final: str = "", value: float = 0.0, **more: object) -> dict[str, object]:
    return {"text": text, "final_answer": final, "value": value, "q_value": q, "visit_count": visits, **more}


def row(tree: dict[str, dict[str, object]], **fields: object) -> RawRow:
    """A row as it comes from a file: through JSON."""
    content: dict[str, Any] = json.loads(json.dumps({"question": "What is 1 + 1?", "answer": "2", "rstar": tree} | fields))
    return RawRow(1, "", content)


TREE = {
    "0": state("", 0.0, 2, extra_info="question: What is 1 + 1?"),
    "0.1": state("<code>\nx = 1 + 1\n<end_of_step>", 0.625, 2, value=0.25, action="python_interpreter", observation=""),
    "0.2": state(
        "<code>\nx = y\n<end_of_step>", -1.0, 1, "Too many consecutive steps have code errors.", observation="NameError: y"
    ),
    "0.10": state("<code>\nx = 3\n<end_of_step>", -1.0, 1),
    "0.1.1": state("\nprint(x)\n<end_of_code>\n<output>2<end_of_output>", 1.0, 1, observation="2"),
    "0.1.1.1": state("\n<answer>\\boxed{2}<end_of_answer>", 1.0, 1, "2", value=1.0),
    "0.10.1": state("\n<answer>\\boxed{3}<end_of_answer>", -1.0, 1, "3", value=-1.0),
}
GRADES: dict[int, tuple[Verdict, str]] = {6: ("correct", "exact"), 5: ("wrong", "exact")}


def test_a_tree_becomes_nodes_whose_prefixes_are_the_solvers_own() -> None:
    tree = read_tree(row(TREE))
    assert tree.answers == {5: "3", 6: "2"}
    nodes = nodes_of(tree, "t", "p", GRADES)
    assert [(n.node_id, n.parent_id, n.depth) for n in nodes] == [
        (0, None, 0), (1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 1, 2), (5, 3, 2), (6, 4, 3),
    ]  # fmt: skip
    assert nodes[0].text == prompt("What is 1 + 1?")
    assert "".join(nodes[i].text for i in (0, 1)) == prompt("What is 1 + 1?") + "\nx = 1 + 1\n<end_of_step>"
    assert [n.ending for n in nodes] == [None, None, "too_many_errors", None, None, "answer", "answer"]
    assert [n.outcome for n in nodes] == ["not_run", "ok", "error", "ok", "ok", "not_run", "not_run"]
    assert (nodes[2].error, nodes[4].stdout, nodes[1].ppm_score, nodes[6].ppm_score) == ("NameError: y", "2", 0.25, None)


def test_rollouts_are_counted_from_our_verdicts_up_to_the_root_and_errors_count_alone() -> None:
    nodes = nodes_of(read_tree(row(TREE)), "t", "p", GRADES)
    assert [(n.n_visits, n.n_correct, n.n_wrong) for n in nodes] == [
        (2, 1, 1), (1, 1, 0), (1, 0, 1), (1, 0, 1), (1, 1, 0), (1, 0, 1), (1, 1, 0),
    ]  # fmt: skip
    changed = nodes_of(read_tree(row(TREE)), "t", "p", GRADES | {6: ("wrong", "symbolic")})
    assert (changed[0].n_correct, changed[0].n_wrong) == (0, 2)


def test_labels_are_the_rewards_that_answers_had() -> None:
    assert [one.label for one in read_tree(row(TREE)).states] == [None, None, None, None, None, "wrong", "correct"]


def test_steps_without_the_opening_of_the_code_keep_their_prefix() -> None:
    bare = TREE | {"0.2": state("\nno opening", -1.0, 1)}
    nodes = nodes_of(read_tree(row(bare)), "t", "p", GRADES)
    assert nodes[0].text + nodes[1].text == prompt("What is 1 + 1?") + "\nx = 1 + 1\n<end_of_step>"
    assert nodes[2].text == "\nno opening"


def test_what_is_written_is_read_back() -> None:
    nodes = nodes_of(read_tree(row(TREE)), "t", "p", GRADES)
    written = rstar_row("What is 1 + 1?", "2", nodes)
    assert nodes_of(read_tree(row({}, **written)), "t", "p", GRADES) == nodes  # type: ignore[arg-type]
    tree = written["rstar"]
    assert isinstance(tree, dict) and list(tree) == ["0", "0.1", "0.2", "0.3", "0.1.1", "0.3.1", "0.1.1.1"]


@st.composite
def grown(draw: st.DrawFn) -> list[Node]:
    """Nodes as our search stores them, in the order in which a breadth-first reader numbers them."""
    parents = [0]
    for _ in range(draw(st.integers(1, 8))):
        parents.append(draw(st.integers(parents[-1], len(parents) - 1)))
    depths: list[int] = []
    for node_id, parent in enumerate(parents):
        depths.append(depths[parent] + 1 if node_id else 0)
    inner = set(parents[1:])
    nodes = []
    for node_id, parent in enumerate(parents):
        answer = None if node_id in inner else draw(st.none() | st.sampled_from(["1", "x"]))
        visits = draw(st.integers(1, 3))
        text = prompt("s") if node_id == 0 else f"\n{draw(st.text(max_size=5))}\n<end_of_step>"
        nodes.append(
            Node(
                "t",
                "p",
                node_id,
                parent if node_id else None,
                depths[node_id],
                text,
                0,
                1,
                "not_run" if answer or not node_id else "ok",
                "",
                None,
                "answer" if answer else None,
                answer,
                "unknown" if answer else None,
                "exact" if answer else None,
                visits,
                0,
                0,
                None,
                draw(st.sampled_from([-1.0, 0.5, 1.0])),
            )
        )
    return nodes


@given(grown())
def test_structure_texts_visits_and_q_values_of_any_tree_survive(nodes: list[Node]) -> None:
    verdicts: dict[int, tuple[Verdict, str]] = {n.node_id: ("unknown", "exact") for n in nodes if n.answer}
    read = nodes_of(read_tree(row({}, **rstar_row("s", "1", nodes))), "t", "p", verdicts)  # type: ignore[arg-type]
    kept = ("node_id", "parent_id", "depth", "text", "answer", "verdict", "n_visits", "q_value", "ending")
    assert [[getattr(n, name) for name in kept] for n in read] == [[getattr(n, name) for name in kept] for n in nodes]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (row(TREE, question=" "), "no question"),
        (row(TREE, answer=["1", "2"]), "no answer, or not a single one"),
        (row({}), 'must be an object with the root "0"'),
        (row(TREE | {"0.7.1": state("x")}), r"tag 0\.7\.1 has no parent"),
        (row(TREE | {"0.1": state("x", 1.5, 1)}), r"tag 0\.1 has visit_count 1 and q_value 1\.5"),
        (row(TREE | {"0.1": {"text": 3}}), r"tag 0\.1: text is not a text"),
        (row(TREE | {"0.1": {"q_value": "high"}}), r"tag 0\.1: q_value is not a finite number"),
        (RawRow(1, "", {}, "invalid JSON"), "invalid JSON"),
    ],
)
def test_a_broken_row_is_named(broken: RawRow, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        read_tree(broken)


def test_more_rollouts_than_visits_is_a_broken_row() -> None:
    tree = read_tree(row(TREE | {"0": state("", 0.0, 1)}))
    with pytest.raises(RowError, match="tag 0 has 1 visits, fewer than"):
        nodes_of(tree, "t", "p", GRADES)
