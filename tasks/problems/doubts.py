"""Rows that look like problems and are none: each kind has a name, which quarantine shows and `ingest --allow` takes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from tasks.problems.rows import RowError
from warehouse.errors import BadInput
from warehouse.records import Problem

DoubtName = Literal["placeholder", "choice_index", "prose", "list_in_text", "proof", "invalid", "level", "damaged"]
"""placeholder: an answer that stands for none (N/A, see solution); choice_index: a number that counts options, from 0 or from
1; prose: sentences without a final answer; list_in_text: a list that was printed into a text (taken: its elements); proof: the
question asks for a proof; invalid: the data set itself says so (problem_is_valid); level: no whole number from 0 to 100 (taken:
without a level); damaged: control characters where LaTeX or a line break was meant (taken: as they stand)."""
DOUBT_NAMES: Final[tuple[DoubtName, ...]] = get_args(DoubtName)


def doubts_named(names: Sequence[str]) -> frozenset[DoubtName]:
    """Return the kinds of doubt that these names mean. Raises BadInput for another name."""
    found = {name: doubt for doubt in DOUBT_NAMES for name in (doubt, doubt.replace("_", "-"))}
    unknown = next((name for name in names if name not in found), None)
    if unknown is not None:
        raise BadInput(f"no rows are refused as {unknown!r}", hint=f"choose of {', '.join(DOUBT_NAMES)}")
    return frozenset(found[name] for name in names)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a row should not become a problem. reason: for people."""

    name: DoubtName
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class DoubtfulRow(RowError):
    """A row that becomes `problem` where all its doubts are allowed."""

    def __init__(self, problem: Problem, doubts: Sequence[Doubt]) -> None:
        super().__init__("; ".join(map(str, doubts)))
        self.problem = problem
        self.doubts = tuple(doubts)


_PLACEHOLDER_TEXTS: Final = """
    n/a na n.a #n/a none null nil nan ? ?? ??? - -- --- – — ... … . _ unknown tbd todo omitted proof notfound not_found
    see_solution see_the_solution see_solutions see_above see_below see_text see_proof see_explanation see_figure solution
    proof_omitted proof_problem proof_question no_answer no_final_answer answer_not_found not_available not_provided not_given
    not_applicable missing answer placeholder
"""
_PLACEHOLDERS: Final = frozenset(_PLACEHOLDER_TEXTS.split())
_WRAPPING: Final = re.compile(r"\\(?:text|textbf|mathrm|mathbf|boxed)\s*\{([^{}]*)\}")
_MATHEMATICS: Final = re.compile(r"\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]|\\[a-zA-Z]+(?:\s*\{[^{}]*\})?", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_MIN_PROSE_WORDS: Final = 9
"""Fewer make an answer in words: all of the 15,195 references of nine benchmarks have less outside of formulas, but for those
that are solutions."""
_IMPERATIVE: Final = r"(?:^|[.!?:;,]\s+|\b(?:please|to|then|and|or|hence|also)\s+)"
_ASKS_FOR_PROOF: Final = re.compile(_IMPERATIVE + r"(?:prove|show|verify|demonstrate)\b", re.IGNORECASE)
_ASKS_FOR_VALUE: Final = re.compile(
    r"[?？]|" + _IMPERATIVE + r"(?:find|compute|calculate|determine|evaluate|solve|simplify|express|give|disprove|state)\b",
    re.IGNORECASE,
)


def is_placeholder(answer: str) -> bool:
    """Return whether an answer stands for one that is not there."""
    bare = _WRAPPING.sub(r"\1", answer).strip(" \t\r\n$()[]{}<>\"'*!")
    folded = "_".join(bare.lower().split())
    return not folded or folded in _PLACEHOLDERS or folded.rstrip(".") in _PLACEHOLDERS


def is_prose(answer: str) -> bool:
    """Return whether an answer is sentences: words in a row outside of formulas, of which none is marked as the answer."""
    return len(_WORD.findall(_MATHEMATICS.sub(" ", answer))) >= _MIN_PROSE_WORDS


def asks_for_proof(statement: str) -> bool:
    """Return whether a statement asks for a proof and for no value."""
    return _ASKS_FOR_PROOF.search(statement) is not None and _ASKS_FOR_VALUE.search(statement) is None
