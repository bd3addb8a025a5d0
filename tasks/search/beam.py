"""Step beam search for one problem, guided by the PPM, as a generator that knows no engine. For test time alone.

At each depth every step in the beam gets n_candidates continuations; of all of them and of the answers found so far the
n_beams with the highest score stay. It ends where only answers stay. Source of the baseline: arXiv 2408.03314, section 3.2.
"""

from collections.abc import Sequence

from tasks.search.ask import Ask, Replies, Search, Stopped
from tasks.search.expansion import Guidance, end_unfinished, expand
from tasks.search.mcts import plant
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree


def grow_beam(
    tree_id: str, problem_id: str, statement: str, settings: SearchSettings, guidance: Guidance, n_beams: int
) -> Search[SearchTree]:
    """Return the tree of all steps that were proposed. n_rollouts counts the answers that stayed in the beam to the end."""
    tree = plant(tree_id, problem_id, statement, guidance.wording)
    try:
        beam = yield from _grown(tree, settings, guidance, n_beams)
        tree.n_rollouts = sum(node.ending == "answer" for node in beam)
    except Stopped as stop:
        end_unfinished(tree, stop.ending, guidance)
    return tree


def _grown(tree: SearchTree, settings: SearchSettings, guidance: Guidance, n_beams: int) -> Search[list[SearchNode]]:
    """Return what stays in the beam at the end."""
    beam = [tree.root]
    while any(node.ending is None for node in beam):
        to_expand = [node for node in beam if node.ending is None]
        yield from _together([expand(tree, node, settings, guidance) for node in to_expand])
        answered = [node for node in beam if node.ending == "answer"]
        children = [child for node in to_expand for child in node.children]
        alive = [child for child in children if child.ending in (None, "answer")]
        # Ties go to the oldest, so that a run is reproducible.
        ranked = sorted([*answered, *alive], key=lambda node: (-guidance.score_of(node), node.node_id))
        beam = ranked[:n_beams]
    return beam


def _together(searches: Sequence[Search[None]]) -> Search[None]:
    """Run searches in lockstep: what they ask at the same time is one Ask, so that the engine batches it.

    They are resumed in their order, so that nodes get the same ids whichever answers come first.
    """
    asks: list[tuple[Search[None], Ask]] = []
    for search in searches:
        ask = next(search, None)
        if ask is not None:
            asks.append((search, ask))
    while asks:
        replies = yield Ask(
            propose=tuple(request for _, ask in asks for request in ask.propose),
            execute=tuple(request for _, ask in asks for request in ask.execute),
            score=tuple(request for _, ask in asks for request in ask.score),
            grade=tuple(request for _, ask in asks for request in ask.grade),
        )
        asks = _resumed(asks, replies)


def _resumed(asks: Sequence[tuple[Search[None], Ask]], replies: Replies) -> list[tuple[Search[None], Ask]]:
    """Give each search its share of the replies, and return those that ask for more."""
    going_on: list[tuple[Search[None], Ask]] = []
    candidates, executions = iter(replies.candidates), iter(replies.executions)
    scores, grades = iter(replies.scores), iter(replies.grades)
    for search, ask in asks:
        share = Replies(
            tuple(next(candidates) for _ in ask.propose),
            tuple(next(executions) for _ in ask.execute),
            tuple(next(scores) for _ in ask.score),
            tuple(next(grades) for _ in ask.grade),
        )
        try:
            going_on.append((search, search.send(share)))
        except StopIteration:
            continue
    return going_on
