"""Keep test problems out of training: no training problem may share 13 words in a row with a test problem.

Words are runs of letters and digits in lower case, so that punctuation, LaTeX's signs and spacing hide nothing. A problem of
fewer than 13 words is compared whole, its operators included: "3 + 4" and "3 - 4" are two problems.
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
    """A training problem that must not be trained on, the test problem that it shares words with, and those words."""

    problem: Problem
    test_problem: Problem
    shared_words: str

    @property
    def reason(self) -> str:
        """One line for people: which test problem, and the words."""
        test = self.test_problem
        return f"contaminated: shares '{self.shared_words}' with test problem {test.problem_id} of {test.source}"

    def quarantined(self) -> QuarantinedRow:
        """Return the row for the quarantine table; line 0, since what is refused is the problem and not a line."""
        return QuarantinedRow(self.problem.source, 0, self.reason, self.problem.statement)


class Decontaminator:
    """Knows every n-gram of the test problems. Mutable only while it is built."""

    def __init__(self, test_problems: Iterable[Problem], n_gram: int = 13) -> None:
        self._n_gram = n_gram
        self._owners: dict[str, Problem] = {}
        for problem in test_problems:
            for gram in _grams(problem.statement, n_gram):
                self._owners.setdefault(gram, problem)

    def refusals(self, problems: Iterable[Problem]) -> tuple[Refusal, ...]:
        """Return the problems that share an n-gram with a test problem, each once, with the first words shared."""
        return tuple(refusal for problem in problems if (refusal := self._refusal(problem)) is not None)

    def _refusal(self, problem: Problem) -> Refusal | None:
        for gram in _grams(problem.statement, self._n_gram):
            owner = self._owners.get(gram)
            if owner is not None:
                return Refusal(problem, owner, gram)
        return None


def _grams(statement: str, n_gram: int) -> Iterator[str]:
    text = unicodedata.normalize("NFC", statement).lower()
    words = _WORD.findall(text)
    if len(words) < n_gram:
        yield " ".join(_WORD_OR_OPERATOR.findall(text))
        return
    for start in range(len(words) - n_gram + 1):
        yield " ".join(words[start : start + n_gram])
