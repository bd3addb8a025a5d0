"""The sentence that states the answer, after a program has run."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from models.engines.base import Candidate
from tasks.search.ask import Ask, Proposal, Search
from tasks.search.format import ANSWER, END_OF_ANSWER

OPENING: Final = f"\n{ANSWER}"
REPAIR: Final = "opening"
"""What is noted of an answer whose beginning was given."""


def answer_proposal(prefix: str, max_tokens: int) -> Proposal:
    """Return the request for the sentence that states the answer: one, greedy, because it only words what was printed."""
    return Proposal(prefix, seeds=(0,), temperature=0.0, stop=(END_OF_ANSWER,), max_tokens=max_tokens)


def opened(
    prefixes: Sequence[str], found: Sequence[tuple[Candidate, ...]], max_tokens: int
) -> Search[list[tuple[Candidate, ...]]]:
    """Return what answered the proposals of these prefixes, asking once more where a policy went on with something else.

    It is then given the beginning of the answer. A policy that few examples have taught otherwise likes to verify what it has
    printed, and its program is left without an answer.
    """
    answers = list(found)
    again = [index for index, one in enumerate(answers) if one and not one[0].text.lstrip().startswith(ANSWER)]
    if not again:
        return answers
    replies = yield Ask(propose=tuple(answer_proposal(prefixes[index] + OPENING, max_tokens) for index in again))
    for index, candidates in zip(again, replies.candidates, strict=True):
        if candidates:
            first, second = answers[index][0], candidates[0]
            whole = replace(second, text=OPENING + second.text, n_tokens=first.n_tokens + second.n_tokens)
            answers[index] = (replace(whole, repairs=(*second.repairs, REPAIR)),)
    return answers
