"""Which kind of problem a row holds: what one may expect of its answer, and of the verdicts on it."""

import re
from typing import Final

from warehouse.records import ProblemKind

_INLINE_OPTIONS: Final = re.compile(
    r"\(A\).*\(B\).*\(C\)|(?:^|\n|\s{2,}|\$\s*)A[.:)].*(?:\n|\s{2,}|\$\s*)B[.:)]|\\textbf\{\(A\)", re.DOTALL
)
_TWO_OPTIONS: Final = re.compile(r"\(A\).*\(B\)|(?:^|\s)A[.:)].*\sB[.:)]", re.DOTALL)
_LETTER: Final = re.compile(r"\(?[A-H]\)?\.?")
_PART: Final = re.compile(r"(?:^|\s)(?:\(([a-e]|[ivx]{1,4}|[1-6])\)|([a-e1-6])\))\s")
_ASKS: Final = re.compile(
    r"[?？]|\b(?:find|compute|calculate|determine|evaluate|what|how|which|solve|prove|show|write|express)\b", re.IGNORECASE
)
_CHOICE_TYPES: Final = frozenset({"mcq", "multiple choice", "multiple_choice", "multiple-choice", "choice"})
_PROOF_TYPES: Final = frozenset({"proof", "tp", "theorem proof", "theorem_proof", "theorem-proof"})


def is_proof_type(question_type: str) -> bool:
    """Return whether a data set's own name for a kind of question says proof."""
    return question_type.strip().lower() in _PROOF_TYPES


def kind_of(
    statement: str, answer: str, question_type: str, *, asks_for_proof: bool, has_options: bool, has_answers: bool
) -> ProblemKind:
    """Return the kind of a problem. has_options: beside the statement; has_answers: several in one reference."""
    if asks_for_proof:
        return "proof"
    if has_options or question_type.strip().lower() in _CHOICE_TYPES or _offers_options(statement, answer):
        return "choice"
    if _n_questions(statement) > 1:
        return "several_questions"
    return "several_answers" if has_answers else "one_answer"


def _offers_options(statement: str, answer: str) -> bool:
    """Return whether a statement lists options. Two, (A) and (B), may also be points: there the answer must be a letter."""
    if _INLINE_OPTIONS.search(statement):
        return True
    return _LETTER.fullmatch(answer) is not None and _TWO_OPTIONS.search(statement) is not None


def _n_questions(statement: str) -> int:
    """Return how many of the lettered or numbered parts of a statement ask something: conditions are numbered too."""
    starts = [match.end() for match in _PART.finditer(statement)]
    ends = [*starts[1:], len(statement)][: len(starts)]
    return sum(_ASKS.search(statement[start:end]) is not None for start, end in zip(starts, ends, strict=True))
