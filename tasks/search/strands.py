"""Several rollouts of one tree in flight, kept apart by virtual loss. Off where settings.n_rollouts_in_flight is 1.

A rollout here is a strand: a generator that yields Asks, or BLOCKED where another strand is making the children it needs.
The order in which answers come decides which path the next rollout takes, so such a tree depends on more than its seeds.
"""

import itertools
from collections import deque
from collections.abc import Generator
from dataclasses import replace
from typing import Final

from tasks.search.ask import Ask, Replies, Search
from tasks.search.budget import wants_rollout
from tasks.search.expansion import Guidance, expand
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, best_child, propagate_reward

BLOCKED: Final = Ask(strand=-1)
"""A strand that needs nothing but another strand's work."""


def roll_out_together(tree: SearchTree, settings: SearchSettings, guidance: Guidance) -> Search[None]:
    """Grow `tree` by all its rollouts, up to settings.n_rollouts_in_flight at a time."""
    numbers = itertools.count()
    strands: dict[int, Generator[Ask, Replies, None]] = {}
    blocked: list[int] = []
    ready: deque[tuple[int, Replies | None]] = deque()
    while True:
        while len(strands) < settings.n_rollouts_in_flight and wants_rollout(tree, settings, guidance, n_begun=len(strands)):
            number = next(numbers)
            strands[number] = _strand(tree, settings, guidance)
            ready.append((number, None))
        if not strands:
            return
        if not ready:
            replies = yield Ask()
            ready.extend((number, None) for number in blocked)
            blocked.clear()
            ready.appendleft((replies.strand, replies))
        number, answer = ready.popleft()
        ask = _advanced(strands[number], answer)
        if ask is None:
            del strands[number]
        elif ask is BLOCKED:
            blocked.append(number)
        else:
            yield replace(ask, strand=number, wait=False)


def _advanced(strand: Generator[Ask, Replies, None], answer: Replies | None) -> Ask | None:
    """Return what a strand asks for next, None where its rollout is over."""
    try:
        ask = next(strand) if answer is None else strand.send(answer)
        while ask is not BLOCKED and not ask.n_requests:
            ask = strand.send(Replies())
    except StopIteration:
        return None
    return ask


def _strand(tree: SearchTree, settings: SearchSettings, guidance: Guidance) -> Search[None]:
    """Descend to a terminal node as a rollout does, marking the path as being walked, and propagate its reward."""
    node: SearchNode = tree.root
    node.n_in_flight += 1
    while node.ending is None:
        while node in tree.expanding:
            yield BLOCKED
        if not node.children and node.ending is None:
            yield from expand(tree, node, settings, guidance)
        if node.ending is not None:
            break
        node = best_child(node, settings.exploration_weight)
        node.n_in_flight += 1
    for walked in node.path():
        walked.n_in_flight -= 1
    propagate_reward(node)
    tree.n_rollouts += 1
