"""Compare grading with other suites where they are installed: on rewritings, which are equal, and on mutants, which are not.

    python -m tests.benchmarks.grading_peers [--per-kind 40] [--show 3]

The way each case was made says who is right where two suites disagree.
"""

import argparse
import importlib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tasks.grading.grader import grade_all, open_grader
from tasks.grading.settings import GradingSettings
from tests.benchmarks.grading import Case, made_cases, reference_answers
from tests.benchmarks.grading_mutants import MUTANTS
from tests.benchmarks.grading_rewritings import REWRITINGS

Peer = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case on which a peer and this grader differ, and what the case was made to be."""

    case: Case
    is_equal: bool
    peer_says: bool
    verdict: str


def _math_verify() -> Peer:
    module = importlib.import_module("math_verify")

    def equal(answer: str, reference: str) -> bool:
        one, other = (module.parse(_delimited(text), parsing_timeout=60) for text in (reference, answer))
        return bool(module.verify(one, other, timeout_seconds=60))

    return equal


def _delimited(text: str) -> str:
    return text if any(mark in text for mark in ("$", r"\(", r"\[", r"\boxed")) else f"${text}$"


def _hendrycks() -> Peer:
    module = importlib.import_module("math_equivalence")
    return lambda answer, reference: bool(module.is_equiv(answer, reference))


def _nemo_skills() -> Peer:
    module = importlib.import_module("nemo_skills.evaluation.math_grader")
    return lambda answer, reference: bool(module.math_equal(reference, answer))


def _inspect_evals() -> Peer:
    module = importlib.import_module("inspect_evals.mathematics.utils")
    return lambda answer, reference: bool(module.is_equiv_sympy(answer, reference))


PEERS: Final[dict[str, Callable[[], Peer]]] = {
    "Math-Verify": _math_verify,
    "Hendrycks' MATH": _hendrycks,
    "NeMo-Skills": _nemo_skills,
    "inspect_evals": _inspect_evals,
}
"""How each suite is opened; an ImportError means that it is not installed."""


def disagreements(peer: Peer, cases: Sequence[Case], *, is_equal: bool) -> list[Disagreement]:
    """Return the cases of one making on which a peer and this grader differ. An undecided verdict differs from neither."""
    grader = open_grader(GradingSettings())
    grades = grade_all([(case.answer, case.reference) for case in cases], grader)
    grader.close()
    found = []
    for case, grade in zip(cases, grades, strict=True):
        says = peer(case.answer, case.reference)
        if grade.verdict != "unknown" and says != (grade.verdict == "correct"):
            found.append(Disagreement(case, is_equal, says, grade.verdict))
    return found


def main() -> None:
    """Print for each installed suite how often it differs, and who is right by the making of the case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("STARGROVE_TEST_DATA", "../shared/data")))
    parser.add_argument("--per-kind", type=int, default=40)
    parser.add_argument("--show", type=int, default=3)
    arguments = parser.parse_args()
    references = [answer for answers in reference_answers(arguments.data).values() for answer in answers]
    for name, opened in PEERS.items():
        try:
            peer = opened()
        except ImportError:
            print(f"{name}: not installed")
            continue
        for title, rules, is_equal in (("rewritings", REWRITINGS, True), ("mutants", MUTANTS, False)):
            cases = made_cases(references, rules, arguments.per_kind)
            found = disagreements(peer, cases, is_equal=is_equal)
            wrong_here = [one for one in found if one.peer_says == one.is_equal]
            print(
                f"{name}: {len(found)} of {len(cases)} {title} differ; by their making the peer is right in {len(wrong_here)}"
            )
            shown: Counter[str] = Counter()
            for one in found:
                shown[one.case.rule] += 1
                if shown[one.case.rule] <= arguments.show:
                    side = "peer right" if one.peer_says == one.is_equal else "peer wrong"
                    print(f"    {side}: {one.case.rule}: {one.case.reference[:70]!r} given {one.case.answer[:70]!r}")


if __name__ == "__main__":
    main()
