"""Virtual problems: chains of one to five relations, made from a seed, for the offline default.

"Ana has 14 coins. Ben has 3 dozen more coins than Ana. ... How many coins does Ben have?" The level is the number of relations.
The base model learns from flawed student work on such problems (`flawed_solutions`); the loop sees statements and reference
answers only. Problems of different splits, and of the base's corpus, never share first holder and first number.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from tasks.domains.mathematics.relations import RELATIONS, Difficulty, Link, Relation
from tasks.problems.identity import problem_id
from warehouse.records import Problem, Split

SOURCE: Final = "virtual"
MAX_LEVEL: Final = 5
LARGEST_NUMBER: Final = 9999

HOLDERS: Final = (
    "Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Iris", "Jon", "Kim", "Leo", "Mia", "Noah", "Olga", "Pia",
)  # fmt: skip
THINGS: Final = ("coins", "apples", "books", "cards", "marbles", "pens", "shells", "stamps")
FIRST_NUMBERS: Final = range(4, 100)

SHARES: Final[tuple[dict[Difficulty, float], ...]] = (
    {"easy": 0.42, "medium": 0.33, "hard": 0.18, "very hard": 0.07},
    {"easy": 0.38, "medium": 0.33, "hard": 0.18, "very hard": 0.11},
    {"easy": 0.36, "medium": 0.32, "hard": 0.18, "very hard": 0.14},
    {"easy": 0.34, "medium": 0.31, "hard": 0.18, "very hard": 0.17},
    {"easy": 0.32, "medium": 0.30, "hard": 0.18, "very hard": 0.20},
)
"""Shares of the difficulties among the relations of a problem, at levels 1 to 5."""

Use = Literal["base", "train", "validation", "test"]
"""What a problem is for: the corpus of the base model, or a split of the loop."""

_USES: Final[tuple[tuple[Use, int], ...]] = (("base", 45), ("train", 30), ("validation", 10), ("test", 15))
"""Percent of the (first holder, first number) pairs that each use owns."""

_TRIES_PER_SHAPE: Final = 200
_TRIES_PER_LINK: Final = 8


@dataclass(frozen=True, slots=True)
class Chain:
    """A virtual problem before it is put into words. holders: one more than links; things: what is counted."""

    holders: tuple[str, ...]
    things: str
    first_number: int
    links: tuple[Link, ...]

    def sentences(self) -> list[str]:
        """Return the statement's sentences, one per holder."""
        told = [f"{self.holders[0]} has {self.first_number} {self.things}."]
        for old, new, link in zip(self.holders, self.holders[1:], self.links, strict=False):
            told.append(link.relation.sentence.format(new=new, old=old, things=self.things, m=link.m, n=link.n))
        return told

    def statement(self) -> str:
        """Return the problem as it is given."""
        return f"{' '.join(self.sentences())} How many {self.things} does {self.holders[-1]} have?"

    def answer(self) -> int:
        """Return the last holder's number."""
        value = self.first_number
        for link in self.links:
            value = link.value(link.relation.right, value)
        return value


def generate_problems(split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
    """Return distinct problems of a split, n_per_level[i] of level i + 1, in order of level. Same arguments, same problems."""
    problems: dict[str, Problem] = {}
    for level, n_wanted in enumerate(n_per_level, start=1):
        rng = random.Random(f"{SOURCE} {split} {seed} {level}")
        n_made = 0
        while n_made < n_wanted:
            chain = random_chain(rng, split, level)
            statement = chain.statement()
            name = problem_id(statement)
            if name in problems or is_lucky(chain):
                continue
            problems[name] = Problem(name, statement, str(chain.answer()), SOURCE, level, split)
            n_made += 1
    return list(problems.values())


def random_chain(rng: random.Random, use: Use, level: int) -> Chain:
    """Return a chain of `level` relations whose numbers are whole and within 1 and 9999 all the way."""
    while True:
        relations = [_random_relation(rng, level) for _ in range(level)]
        for _ in range(_TRIES_PER_SHAPE):
            first_holder, first_number = rng.choice(_starts(use))
            links = draw_links(rng, relations, first_number)
            if links is not None:
                others = rng.sample([name for name in HOLDERS if name != first_holder], level)
                return Chain((first_holder, *others), rng.choice(THINGS), first_number, links)


def draw_links(rng: random.Random, relations: Sequence[Relation], first_number: int) -> tuple[Link, ...] | None:
    """Return the relations with random numbers that keep the chain exact, or None where a few tries found none."""
    links: list[Link] = []
    value = first_number
    for relation in relations:
        for _ in range(_TRIES_PER_LINK):
            link = Link(relation, rng.choice(relation.m_choices), rng.choice(relation.n_choices))
            # Two equal numbers in a sentence would hide which is which in the code.
            if (link.m == link.n and link.m) or not link.is_exact(value):
                continue
            new = link.value(relation.right, value)
            if 1 <= new <= LARGEST_NUMBER and new != value:
                break
        else:
            return None
        links.append(link)
        value = new
    return tuple(links)


def is_lucky(chain: Chain) -> bool:
    """Return whether some choice of misconceptions, one or several, reaches the right answer all the same."""
    right = chain.first_number
    wrong: set[int] = set()
    for link in chain.links:
        operations = (link.relation.right, *link.relation.misconceptions)
        wrong = {link.value(operation, value) for operation in operations for value in wrong}
        wrong |= {link.value(operation, right) for operation in link.relation.misconceptions}
        right = link.value(link.relation.right, right)
    return right in wrong


@cache
def _starts(use: Use) -> tuple[tuple[str, int], ...]:
    return tuple((holder, number) for holder in HOLDERS for number in FIRST_NUMBERS if _use_of(holder, number) == use)


def _use_of(holder: str, number: int) -> Use:
    percentile = int(hashlib.sha256(f"{holder} {number}".encode()).hexdigest(), 16) % 100
    for use, percent in _USES:
        if percentile < percent:
            return use
        percentile -= percent
    raise AssertionError("the uses share out 100 percent")


@cache
def _relations_of(difficulty: Difficulty) -> tuple[list[Relation], list[float]]:
    relations = [relation for relation in RELATIONS if relation.difficulty == difficulty]
    return relations, [relation.weight for relation in relations]


def _random_relation(rng: random.Random, level: int) -> Relation:
    shares = SHARES[level - 1]
    difficulty = rng.choices(list(shares), list(shares.values()))[0]
    relations, weights = _relations_of(difficulty)
    return rng.choices(relations, weights)[0]
