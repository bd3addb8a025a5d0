"""Trees of our search say in the solver's form what its own fields mean: `value`, `q_value` and `visit_count`.

There, visits and values come from updates. An answer updates itself and every node above it with +1 or -1 when it is made, a
failed ending itself alone with -1, and a reward model's score the node that it scores. `value` is a node's first update,
`q_value` the mean. What our search does beyond that: a rollout that comes to a failed ending updates the nodes above it too.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.interchange.rstar_trees import nodes_of, read_tree, rstar_row
from tasks.search.settings import SearchSettings
from tasks.search.tree import REWARDS, SearchTree, rows
from tests.interchange.test_rstar_trees import row
from tests.search.test_mcts import grow
from warehouse.records import Node, Verdict

trees = st.builds(
    lambda n_rollouts, n_candidates, scored, skip: grow(
        SearchSettings(n_rollouts=n_rollouts, n_candidates=n_candidates, skip_exhausted=skip), scored=scored
    ),
    n_rollouts=st.integers(1, 12),
    n_candidates=st.integers(1, 5),
    scored=st.booleans(),
    skip=st.booleans(),
)


def written(tree: SearchTree) -> tuple[list[Node], dict[str, dict[str, Any]]]:
    """The nodes in order of creation, and the states of the file by tag."""
    nodes = list(rows(tree))
    states = rstar_row(tree.problem_id, "1", nodes)["rstar"]
    assert isinstance(states, dict)
    return nodes, states  # type: ignore[return-value]


def updates(nodes: list[Node], above: Node) -> list[float]:
    """The updates of a node, in their order, as the solver would have made them."""
    parents = {node.node_id: node.parent_id for node in nodes}
    made = [above.ppm_score] if above.ppm_score is not None else []
    for node in nodes:
        path: list[int | None] = [node.node_id]
        while path[-1] is not None:
            path.append(parents[path[-1]])
        if above.node_id not in path or node.ending is None:
            continue
        is_answer = node.verdict is not None
        reward = REWARDS[node.verdict] if node.verdict is not None else -1.0
        made += [reward] * (max(1, node.n_visits) if is_answer or node is above else node.n_visits)
    return made


@settings(max_examples=20, deadline=None)
@given(trees)
def test_visits_and_means_are_those_of_the_solvers_updates(grown: list[SearchTree]) -> None:
    for tree in grown:
        nodes, states = written(tree)
        for node, state in zip(nodes, states.values(), strict=True):
            made = updates(nodes, node)
            assert state["visit_count"] == len(made)
            assert state["q_value"] == pytest.approx(sum(made) / len(made) if made else 0.0)


@settings(max_examples=20, deadline=None)
@given(trees)
def test_a_value_is_what_a_node_was_given_first(grown: list[SearchTree]) -> None:
    for tree in grown:
        nodes, states = written(tree)
        for node, state in zip(nodes, states.values(), strict=True):
            if node.verdict is not None:
                assert (state["value"], state["q_value"]) == (REWARDS[node.verdict],) * 2
            elif node.ending is not None:
                assert (state["value"], state["q_value"]) == (-1.0, -1.0)
            elif node.ppm_score is not None:
                assert state["value"] == node.ppm_score
            else:
                assert state["value"] in (-1.0, 0.0, 1.0)


@settings(max_examples=20, deadline=None)
@given(trees)
def test_what_is_read_back_has_every_answer_once_and_no_score_as_a_rollout(grown: list[SearchTree]) -> None:
    for tree in grown:
        nodes, states = written(tree)
        read = read_tree(row({}, question="s", answer="1", rstar=states))  # type: ignore[arg-type]
        at = dict(enumerate(sorted(states, key=lambda tag: (tag.count("."), [int(part) for part in tag.split(".")]))))
        tag_of = dict(zip(states, nodes, strict=True))
        verdicts: dict[int, tuple[Verdict, str]] = {
            place: (node.verdict, "exact") for place, tag in at.items() if (node := tag_of[tag]).verdict is not None
        }
        for place, back in enumerate(nodes_of(read, "t", "p", verdicts)):
            node = tag_of[at[place]]
            assert back.ppm_score == node.ppm_score
            assert back.n_visits == len(updates(nodes, node)) - (node.ppm_score is not None)
            if back.verdict is not None:
                assert (back.n_correct + back.n_wrong, back.q_value) == (max(1, node.n_visits), REWARDS[back.verdict])
