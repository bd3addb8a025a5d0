"""Measure grading kind by kind: rewritings that keep the value and must not be called wrong, mutants that must not be accepted.

    python -m tests.benchmarks.grading_kinds [--per-kind 300] [--show 3] [--write]

--write stores the figures in grading_kinds_baseline.json, the numbers that test_grading_benchmark.py holds the grader to.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.grading.grader import grade_all, grading_version, open_grader
from tasks.grading.settings import GradingSettings
from tests.benchmarks.grading import Case, made_cases, reference_answers
from tests.benchmarks.grading_mutants import MUTANTS
from tests.benchmarks.grading_rewritings import REWRITINGS

BASELINE = Path(__file__).with_name("grading_kinds_baseline.json")


@dataclass(slots=True)
class Verdicts:
    """How often each verdict fell, by kind. Mutable: filled case by case."""

    by_kind: dict[str, Counter[str]] = field(default_factory=dict)

    def share(self, verdict: str) -> float:
        """Return the share of all cases with this verdict."""
        total = sum((counts for counts in self.by_kind.values()), Counter[str]())
        return total[verdict] / max(1, total.total())


def graded(cases: Sequence[Case], *, n_shown: int, unwanted: str) -> Verdicts:
    """Return the verdicts of the cases; show the first ones of each kind with the verdict that none of them should have."""
    grader = open_grader(GradingSettings(n_workers=2))
    grades = grade_all([(case.answer, case.reference) for case in cases], grader)
    grader.close()
    verdicts = Verdicts()
    shown: Counter[str] = Counter()
    for case, grade in zip(cases, grades, strict=True):
        verdicts.by_kind.setdefault(case.rule, Counter())[grade.verdict] += 1
        if grade.verdict == unwanted and shown[case.rule] < n_shown:
            shown[case.rule] += 1
            print(f"    {case.rule}: {grade.verdict} by {grade.method}: {case.reference[:90]!r} given {case.answer[:90]!r}")
    return verdicts


def _print_table(title: str, verdicts: Verdicts) -> None:
    print(f"\n{title:34}      n  correct   wrong  unknown")
    for kind, counts in verdicts.by_kind.items():
        shares = "".join(f" {100 * counts[verdict] / counts.total():7.2f}%" for verdict in ("correct", "wrong", "unknown"))
        print(f"  {kind:32} {counts.total():6}{shares}")
    shares = "".join(f" {100 * verdicts.share(verdict):7.3f}%" for verdict in ("correct", "wrong", "unknown"))
    print(f"  {'all':32} {sum(counts.total() for counts in verdicts.by_kind.values()):6}{shares}")


def main() -> None:
    """Print both tables and, with --write, store the baseline."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("STARGROVE_TEST_DATA", "../shared/data")))
    parser.add_argument("--per-kind", type=int, default=300)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    references = [answer for answers in reference_answers(arguments.data).values() for answer in answers]
    report: dict[str, object] = {"grading_version": grading_version()}
    for title, rules, unwanted in (("rewritings", REWRITINGS, "wrong"), ("mutants", MUTANTS, "correct")):
        started = time.process_time()
        cases = made_cases(references, rules, arguments.per_kind)
        verdicts = graded(cases, n_shown=arguments.show, unwanted=unwanted)
        _print_table(title, verdicts)
        print(f"  CPU seconds of this process: {time.process_time() - started:.1f}")
        report[title] = {
            "n": len(cases),
            "n_kinds": len(verdicts.by_kind),
            **{verdict: round(verdicts.share(verdict), 5) for verdict in ("correct", "wrong", "unknown")},
        }
    if arguments.write:
        BASELINE.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
