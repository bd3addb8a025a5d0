"""Measure grading on real reference answers: recall on variants, acceptance of near-misses, speed; beside plain math-verify.

    python -m tests.benchmarks.grading [--per-rule 900] [--plain-per-rule 150] [--show 5] [--write]

--write stores the figures in grading_baseline.json, the numbers that test_grading_benchmark.py holds the grader to.
Plain math-verify runs as its documentation shows, verify(parse("$reference$"), parse("$answer$")), on the main thread and on
the first --plain-per-rule cases of each rule. Its time limits are raised to 60 s: a busy machine must not count against it.
"""

import argparse
import json
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.grading.grader import PooledGrader, grade_all, grading_version, open_grader
from tasks.grading.pool import WorkerPool
from tasks.grading.settings import GradingSettings
from tests.benchmarks.grading_variants import NEAR_MISSES, VARIANTS, Rule

BASELINE = Path(__file__).with_name("grading_baseline.json")
SYMBOLIC_METHODS = ("symbolic", "unit")


@dataclass(frozen=True, slots=True)
class Case:
    """A rewritten answer. Accepting it is right for a variant and a false positive for a near-miss."""

    rule: str
    answer: str
    reference: str


@dataclass(slots=True)
class Figures:
    """What one way of grading did on a set of cases. Mutable: filled case by case."""

    n_cases: Counter[str] = field(default_factory=Counter)
    n_accepted: Counter[str] = field(default_factory=Counter)
    cpu_seconds: float = 0.0

    @property
    def share_accepted(self) -> float:
        """The share of all cases that was accepted."""
        return sum(self.n_accepted.values()) / max(1, sum(self.n_cases.values()))


def reference_answers(folder: Path) -> dict[str, list[str]]:
    """Return the reference answers of each benchmark file; an answer given as a list is written with commas."""
    answers = {}
    for path in sorted((folder / "benchmarks").glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        answers[path.stem] = [row["answer"] if isinstance(row["answer"], str) else ", ".join(row["answer"]) for row in rows]
    return answers


def made_cases(references: Sequence[str], rules: dict[str, Rule], per_rule: int, seed: int = 7) -> list[Case]:
    """Return at most `per_rule` rewritten answers of each rule, drawn at random without repetition."""
    chooser = random.Random(seed)
    unique = sorted({reference for reference in references if reference.strip()})
    cases = []
    for rule, rewrite in rules.items():
        made = {Case(rule, answer, reference) for reference in unique for answer in rewrite(reference)}
        changed = [case for case in made if case.answer.strip() != case.reference.strip()]
        ordered = sorted(changed, key=lambda case: (case.reference, case.answer))
        cases.extend(chooser.sample(ordered, min(per_rule, len(ordered))))
    return cases


def first_of_each_rule(cases: Sequence[Case], n_cases: int) -> list[Case]:
    """Return the first n_cases of each rule."""
    counted: Counter[str] = Counter()
    chosen = []
    for case in cases:
        counted[case.rule] += 1
        if counted[case.rule] <= n_cases:
            chosen.append(case)
    return chosen


def graded(cases: Sequence[Case], *, n_shown: int, accepting_is_right: bool) -> tuple[Figures, Counter[str]]:
    """Return what the grader did on the cases, with its workers' CPU time, and how often each method decided."""
    grader = open_grader(GradingSettings(timeout_seconds=5))
    before = _cpu_seconds()
    grades = grade_all([(case.answer, case.reference) for case in cases], grader)
    grader.close()
    figures = Figures(cpu_seconds=_cpu_seconds() - before)
    shown: Counter[str] = Counter()
    for case, grade in zip(cases, grades, strict=True):
        is_accepted = grade.verdict == "correct"
        figures.n_cases[case.rule] += 1
        figures.n_accepted[case.rule] += is_accepted
        if is_accepted != accepting_is_right and shown[case.rule] < n_shown:
            shown[case.rule] += 1
            print(f"    {case.rule}: {grade.verdict} by {grade.method}: {case.reference[:90]!r} given {case.answer[:90]!r}")
    return figures, Counter(grade.method for grade in grades)


def plainly_graded(cases: Sequence[Case]) -> Figures:
    """Return what plain math-verify does on the cases, in this process."""
    from math_verify import parse, verify

    figures = Figures()
    started = time.process_time()
    for case in cases:
        reference, answer = (parse(_delimited(text), parsing_timeout=60) for text in (case.reference, case.answer))
        is_accepted = verify(reference, answer, timeout_seconds=60)
        figures.n_cases[case.rule] += 1
        figures.n_accepted[case.rule] += bool(is_accepted)
    figures.cpu_seconds = time.process_time() - started
    return figures


def _delimited(text: str) -> str:
    """Return LaTeX as math-verify wants it: between dollar signs, unless it has delimiters of its own."""
    return text if any(mark in text for mark in ("$", r"\(", r"\[", r"\boxed")) else f"${text}$"


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def worker_cpu_seconds(grader: PooledGrader[WorkerPool]) -> float:
    """Return the CPU seconds that the grader's living workers have used."""
    total = 0
    for pid in grader.pool.worker_pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def numeric_answers_per_cpu_second(references: Sequence[str]) -> float:
    """Return how many distinct numeric answers are graded per CPU second, without the memory of identical pairs."""
    numbers = sorted({reference for reference in references if reference.strip().lstrip("-").replace(",", "").isdigit()})
    pairs = [(f"{number}.0" if index % 2 else str(index), number) for index, number in enumerate(numbers)]
    pairs += [(rf"\frac{{{index}}}{{7}}", number) for index, number in enumerate(numbers)]
    grader = open_grader(GradingSettings())
    started = time.process_time()
    grade_all(pairs, grader)
    used = time.process_time() - started
    grader.close()
    return len(pairs) / used


def symbolic_answers_per_cpu_second(cases: Sequence[Case]) -> tuple[float, int]:
    """Return how many symbolic comparisons a warm worker and this process make per CPU second together, and of how many."""
    grader = open_grader(GradingSettings(timeout_seconds=5))
    grade_all([(r"\sqrt{12}", r"2\sqrt{3}")], grader)
    before = time.process_time() + worker_cpu_seconds(grader)
    grades = grade_all([(case.answer, case.reference) for case in cases], grader)
    used = time.process_time() + worker_cpu_seconds(grader) - before
    grader.close()
    n_symbolic = sum(grade.method in SYMBOLIC_METHODS for grade in grades)
    return n_symbolic / used, n_symbolic


def _print_table(title: str, ours: Figures, plain: Figures | None) -> None:
    print(f"\n{title:40}      n  accepted   plain math-verify (of n)")
    for rule in [*ours.n_cases, "all"]:
        of_rule = ours.n_cases.keys() if rule == "all" else [rule]
        cells = ""
        for figures in (ours, plain):
            n_cases = sum(figures.n_cases[name] for name in of_rule) if figures else 0
            n_accepted = sum(figures.n_accepted[name] for name in of_rule) if figures else 0
            cells += f" {n_cases:6} {100 * n_accepted / n_cases:8.2f}%" if n_cases else ""
        print(f"  {rule:38} {cells}")


def main() -> None:
    """Print the tables and, with --write, store the baseline."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("STARGROVE_TEST_DATA", "../shared/data")))
    parser.add_argument("--per-rule", type=int, default=900)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--plain-per-rule", type=int, default=150)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    by_file = reference_answers(arguments.data)
    references = [answer for answers in by_file.values() for answer in answers]
    selves = [Case(name, answer, answer) for name, answers in by_file.items() for answer in answers if answer.strip()]
    variants = made_cases(references, VARIANTS, arguments.per_rule)
    misses = made_cases(references, NEAR_MISSES, arguments.per_rule)
    report: dict[str, object] = {"grading_version": grading_version(), "n_references": len(selves)}
    for title, cases, is_right in (("itself", selves, True), ("variants", variants, True), ("near-misses", misses, False)):
        ours, methods = graded(cases, n_shown=arguments.show, accepting_is_right=is_right)
        plain = None if title == "itself" else plainly_graded(first_of_each_rule(cases, arguments.plain_per_rule))
        _print_table(title, ours, plain)
        print(f"  methods: {dict(methods.most_common())}")
        print(
            f"  CPU seconds: {ours.cpu_seconds:.1f}, start of workers included; plain {plain.cpu_seconds if plain else 0:.1f}"
        )
        report[title] = {
            "n": len(cases),
            "accepted": round(ours.share_accepted, 5),
            "plain_math_verify": plain and round(plain.share_accepted, 5),
            "unknown_by_limit": methods["timeout"] + methods["died"] + methods["memory"],
        }
    symbolic_cases = [
        case for case in [*variants, *misses] if "\\sqrt" in case.answer or "^" in case.answer or "\\pi" in case.answer
    ]
    numeric = numeric_answers_per_cpu_second(references)
    symbolic, n_symbolic = symbolic_answers_per_cpu_second(symbolic_cases)
    print(f"\nper CPU second: {numeric:.0f} numeric answers, {symbolic:.0f} symbolic ones (of {n_symbolic})")
    report |= {"numeric_per_cpu_second": round(numeric), "symbolic_per_cpu_second": round(symbolic)}
    if arguments.write:
        BASELINE.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
