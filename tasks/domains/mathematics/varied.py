"""Vary the numbers of coded GSM8K solutions, so that a small base learns to copy numbers instead of knowing them by heart.

A number that question and code share gets another value everywhere; the program computes the new answer. Numbers that may stand
for words (two, a dozen, a hundred percent) stay as they are.
"""

import random
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from tasks.domains.mathematics.gsm8k import CodedSolution, CodedStep

_QUESTION_NUMBER: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d.])|\d+(?![\d.])(?!,\d)|\d+(?=\.(?!\d))")
_CODE_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?![\w.]*\d)")
_FIXED: Final = frozenset({0, 1, 2, 7, 12, 24, 30, 52, 60, 100, 365, 1000})
_TRIES: Final = 12


def varied_solutions(solutions: Sequence[CodedSolution], seed: int, n_passes: int) -> Iterator[CodedSolution]:
    """Yield each solution n_passes times: first as it is, then with other numbers wherever some keep its answer plain."""
    yield from solutions
    for turn in range(1, n_passes):
        rng = random.Random(f"varied {seed} {turn}")
        for solution in solutions:
            yield varied(solution, rng)


def varied(solution: CodedSolution, rng: random.Random) -> CodedSolution:
    """Return the solution with other numbers; itself where no number can vary or a few tries give no plain positive answer."""
    shared = _shared_numbers(solution)
    for _ in range(_TRIES if shared else 0):
        other = _with_numbers(solution, {number: _another(number, rng) for number in sorted(shared)})
        if _is_plain(other, solution):
            return other
    return solution


def _shared_numbers(solution: CodedSolution) -> set[int]:
    code = " ".join(line for step in solution.steps for line in step.lines)
    in_code = {int(number) for number in _CODE_NUMBER.findall(code)}
    in_question = {int(number.replace(",", "")) for number in _QUESTION_NUMBER.findall(solution.question)}
    return (in_code & in_question) - _FIXED


def _another(number: int, rng: random.Random) -> int:
    """Return a number of about the same size, as round as the number."""
    unit = 1
    while number % (unit * 10) == 0:
        unit *= 10
    if unit == 1 and number % 5 == 0 and number > 20:
        unit = 5
    return unit * rng.randint(max(1, round(number / unit / 2), 3 if unit == 1 else 1), max(2, 2 * number // unit))


def _with_numbers(solution: CodedSolution, numbers: dict[int, int]) -> CodedSolution:
    def in_question(match: re.Match[str]) -> str:
        written = match.group()
        new = numbers.get(int(written.replace(",", "")))
        if new is None:
            return written
        return f"{new:,}" if "," in written else str(new)

    def in_code(match: re.Match[str]) -> str:
        return str(numbers.get(int(match.group()), int(match.group())))

    steps = tuple(
        CodedStep(_CODE_NUMBER.sub(in_code, step.comment), tuple(_CODE_NUMBER.sub(in_code, line) for line in step.lines))
        for step in solution.steps
    )
    return CodedSolution(_QUESTION_NUMBER.sub(in_question, solution.question), steps)


def _is_plain(other: CodedSolution, original: CodedSolution) -> bool:
    """Return whether the answer is positive and has no more decimals than two, or none where the original has none."""
    try:
        answer, before = Fraction(other.printed()), Fraction(original.printed())
    except ArithmeticError:
        return False
    return answer > 0 and (answer if before.denominator == 1 else answer * 100).denominator == 1
