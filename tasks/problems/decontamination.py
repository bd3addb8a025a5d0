"""Keep test problems out of training: no training problem may equal a test problem, or share 13 words in a row with one.

Words are runs of letters and digits in lower case, so that punctuation, LaTeX's signs and spacing hide nothing. Two problems
are equal when their words and operators are: "3 + 4" and "3 - 4" are two. One of fewer than 13 words is compared so alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from warehouse.records import Problem, QuarantinedRow

_WORD: Final = re.compile(r"[^\W_]+")
_WORD_OR_OPERATOR: Final = re.compile(r"[^\W_]+|[-+*/^=<>!%|]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A training problem that must not be trained on, and the test problem that it equals or shares words with.

    shared_words: the first n-gram that both have; None where they are equal up to case, punctuation and spacing.
    """

    problem: Problem
    test_problem: Problem
    shared_words: str | None

    @property
    def reason(self) -> str:
        """One line for people: which test problem, and the words."""
        test = f"test problem {self.test_problem.problem_id} of {self.test_problem.source}"
        if self.shared_words is None:
            return f"contaminated: equals {test}"
        return f"contaminated: shares '{self.shared_words}' with {test}"

    def quarantined(self) -> QuarantinedRow:
        """Return the row for the quarantine table; line 0, since what is refused is the problem and not a line."""
        return QuarantinedRow(self.problem.source, 0, self.reason, self.problem.statement)


class Decontaminator:
    """Knows the test problems, whole and by their n-grams. Mutable only while it is built."""

    def __init__(self, test_problems: Iterable[Problem], n_gram: int = 13) -> None:
        self._n_gram = n_gram
        self._owners: dict[str, Problem] = {}
        self._equals: dict[str, Problem] = {}
        for problem in test_problems:
            self._equals.setdefault(_whole(problem.statement), problem)
            for gram in _grams(problem.statement, n_gram):
                self._owners.setdefault(gram, problem)

    def refusals(self, problems: Iterable[Problem]) -> tuple[Refusal, ...]:
        """Return the problems that share an n-gram with a test problem, each once, with the first words shared."""
        return tuple(refusal for problem in problems if (refusal := self._refusal(problem)) is not None)

    def _refusal(self, problem: Problem) -> Refusal | None:
        equal = self._equals.get(_whole(problem.statement))
        if equal is not None:
            return Refusal(problem, equal, None)
        for gram in _grams(problem.statement, self._n_gram):
            owner = self._owners.get(gram)
            if owner is not None:
                return Refusal(problem, owner, gram)
        return None


def _whole(statement: str) -> str:
    """Return the words and operators of a statement, which decide whether two are equal."""
    return " ".join(_WORD_OR_OPERATOR.findall(_folded(statement)))


def _grams(statement: str, n_gram: int) -> Iterator[str]:
    words = _WORD.findall(_folded(statement))
    for start in range(len(words) - n_gram + 1):
        yield " ".join(words[start : start + n_gram])


def _folded(statement: str) -> str:
    return unicodedata.normalize("NFC", statement).lower()
