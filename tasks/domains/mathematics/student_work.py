"""Flawed student work on virtual problems: the text that the tiny base model has read.

Form and copying are always right. Each relation's operation is right only with the relation's own probability; its
misconceptions share the rest equally. Nothing here is ever shown to the loop.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.domains.mathematics.relations import written
from tasks.domains.mathematics.virtual import MAX_LEVEL, Chain, random_chain
from tasks.search.format import ANSWER, END_OF_ANSWER, END_OF_CODE, END_OF_STEP, observed, prompt

LEVEL_WEIGHTS: Final = (18, 20, 20, 22, 20)
"""How often levels 1 to 5 occur in the corpus; deeper chains are the harder ones to copy."""


@dataclass(frozen=True, slots=True)
class StudentWork:
    """A problem's prompt and a solution text that continues it, as the policy would write it."""

    prompt: str
    solution: str
    level: int
    is_right: bool


def flawed_solutions(seed: int, n: int, level_weights: Sequence[int] = LEVEL_WEIGHTS) -> Iterator[StudentWork]:
    """Yield n pieces of student work on problems of the base's own. Same arguments, same work."""
    rng = random.Random(f"student work {seed}")
    levels = range(1, MAX_LEVEL + 1)
    for _ in range(n):
        chain = random_chain(rng, "base", rng.choices(levels, level_weights)[0])
        yield _solve(rng, chain)


def _solve(rng: random.Random, chain: Chain) -> StudentWork:
    value = chain.first_number
    lines = [f"{variable(chain.holders[0])} = {value}"]
    for old, new, link in zip(chain.holders, chain.holders[1:], chain.links, strict=False):
        operation = _operation(rng, link.relation.p_right, link.relation.right, link.relation.misconceptions)
        lines.append(f"{variable(new)} = {written(operation, variable(old), link.m, link.n)}")
        value = link.value(operation, value)
    last = variable(chain.holders[-1])
    steps = [f"\n# {sentence}\n{line}\n" for sentence, line in zip(chain.sentences(), lines, strict=True)]
    code = END_OF_STEP.join(steps) + f"print({last})\n{END_OF_CODE}"
    answer = f"\n{ANSWER}\\boxed{{{value}}}{END_OF_ANSWER}"
    return StudentWork(
        prompt(chain.statement()), code + observed(str(value)) + answer, len(chain.links), is_right=value == chain.answer()
    )


def _operation(rng: random.Random, p_right: float, right: str, misconceptions: tuple[str, ...]) -> str:
    if rng.random() < p_right:
        return right
    return rng.choice(misconceptions)


def variable(holder: str) -> str:
    """Return the Python name under which a solution keeps a holder's number."""
    return holder.lower()
