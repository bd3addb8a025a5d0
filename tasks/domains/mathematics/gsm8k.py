"""Turn GSM8K's human solutions into steps of comment and code, for the base of the profile gsm8k-small.

    Natalia sold 48/2 = <<48/2=24>>24 clips in May.                   # Natalia sold x1 clips in May.
    Natalia sold 48+24 = <<48+24=72>>72 clips altogether.      ->     x1 = 48 / 2
                                                                      # Natalia sold x2 clips altogether.
                                                                      x2 = 48 + x1
                                                                      print(x2)

The comment names what is to be computed, never its value, so that a model that cannot calculate can still write it. A number
that an earlier step computed, and that the problem does not name, becomes that step's variable. A solution is kept only if its
program prints the reference answer.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from tasks.problems.identity import problem_id
from tasks.search.format import ANSWER, END_OF_ANSWER, END_OF_CODE, END_OF_STEP, observed, prompt

Use = Literal["base", "train", "validation"]
"""Which part of GSM8K's training file: solutions for the base, questions for self-evolution, questions that choose settings."""

DropReason = Literal["no annotation", "annotation is no arithmetic", "does not run", "prints another answer"]

_ANNOTATION: Final = re.compile(r"<<([^<>=]*)=([^<>]*)>>(-?[\d,]*\.?\d+)?")
_SPOKEN_SUM: Final = re.compile(r"(?:[\d.,$%()]|\s+(?=[-+*/x×÷=$\d(])|[-+*/×÷=]\s*|(?<=[\d)%\s])x(?=[\s\d($]))+$")
_NUMBER: Final = re.compile(r"(?<![\w.])\d*\.?\d+")
_ARITHMETIC: Final = re.compile(r"(?:\d*\.?\d+|[-+*/()\s])+")
_OPERATOR: Final = re.compile(r"\s*([-+*/])\s*")


@dataclass(frozen=True, slots=True)
class CodedStep:
    """A sentence without its numbers' arithmetic, and the assignments that compute them."""

    comment: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodedSolution:
    """A problem and its human solution as steps. The program prints the last variable."""

    question: str
    steps: tuple[CodedStep, ...]

    @property
    def prompt(self) -> str:
        """The text that the solution continues."""
        return prompt(self.question)

    def solution(self) -> str:
        """Return the solution as the policy would write it, the observed output included."""
        steps = [f"\n# {step.comment}\n" + "".join(f"{line}\n" for line in step.lines) for step in self.steps]
        last, printed = self.steps[-1].lines[-1].split(" = ")[0], self.printed()
        code = END_OF_STEP.join(steps) + f"print({last})\n{END_OF_CODE}"
        return f"{code}{observed(printed)}\n{ANSWER}\\boxed{{{printed}}}{END_OF_ANSWER}"

    def printed(self) -> str:
        """Return what the program prints. Raises ArithmeticError or SyntaxError where it does not run."""
        names: dict[str, float] = {}
        for step in self.steps:
            for line in step.lines:
                name, expression = line.split(" = ")
                names[name] = eval(expression, {"__builtins__": {}}, names)
        return str(names[name])


def use_of(question: str) -> Use:
    """Return what a question of the training file is for, by its content: 50 % base, 42 % train, 8 % validation."""
    percentile = int(hashlib.sha256(problem_id(question).encode()).hexdigest(), 16) % 100
    return "base" if percentile < 50 else "train" if percentile < 92 else "validation"


def coded_solutions(rows: Iterable[tuple[str, str]]) -> tuple[list[CodedSolution], Counter[DropReason]]:
    """Return the (question, solution) rows that belong to the base as code, and how many were dropped for which reason."""
    kept: list[CodedSolution] = []
    dropped: Counter[DropReason] = Counter()
    for question, solution in rows:
        if use_of(question) != "base":
            continue
        coded = coded_solution(question, solution)
        if isinstance(coded, CodedSolution):
            kept.append(coded)
        else:
            dropped[coded] += 1
    return kept, dropped


def coded_solution(question: str, solution: str) -> CodedSolution | DropReason:
    """Return a solution as steps of comment and code, or why it cannot be used."""
    told, _, answer = solution.rpartition("####")
    reader = _Reader(question)
    for line in told.splitlines():
        if not reader.read(line):
            return "annotation is no arithmetic"
    if not reader.steps:
        return "no annotation"
    coded = CodedSolution(question, tuple(reader.steps))
    try:
        printed = Fraction(coded.printed())
    except (ArithmeticError, SyntaxError, TypeError):
        return "does not run"
    return coded if printed == Fraction(answer.strip().replace(",", "")) else "prints another answer"


class _Reader:
    """Reads a solution sentence by sentence. Mutable: `values` maps each number computed so far to its variable."""

    def __init__(self, question: str) -> None:
        self.steps: list[CodedStep] = []
        self.given = {Fraction(number) for number in _NUMBER.findall(question.replace(",", ""))}
        self.values: dict[Fraction, str] = {}
        self.n_variables = 0

    def read(self, sentence: str) -> bool:
        """Add the step that a sentence tells, if it computes something. Returns False where an annotation is unusable."""
        comment = ""
        lines: list[str] = []
        position = 0
        for match in _ANNOTATION.finditer(sentence):
            expression = match[1].strip().lstrip("+")
            if _ARITHMETIC.fullmatch(expression) is None or "**" in expression or "//" in expression:
                return False
            self.n_variables += 1
            variable = f"x{self.n_variables}"
            spaced = _OPERATOR.sub(r" \1 ", expression).strip()
            lines.append(f"{variable} = {self._named(spaced)}")
            comment += f"{_SPOKEN_SUM.sub('', sentence[position : match.start()]).rstrip()} {variable}"
            position = match.end()
            result = _NUMBER.fullmatch(match[2].strip().replace(",", "").lstrip("$"))
            if result is not None:
                self.values[Fraction(result.group())] = variable
        if lines:
            # Read once the sentence's own results are known: "she makes 72 because 12*6=72" names no value either.
            comment = self._named(comment + sentence[position:])
            self.steps.append(CodedStep(" ".join(comment.split()), tuple(lines)))
        return True

    def _named(self, text: str) -> str:
        """Return a text with the numbers that earlier steps computed as variables."""
        return _NUMBER.sub(self._variable_or_number, text)

    def _variable_or_number(self, match: re.Match[str]) -> str:
        number = match.group()
        if Fraction(number) in self.given or Fraction(number) not in self.values:
            # Python knows no integer such as 007.
            return str(int(number)) if number.isdigit() else number
        return self.values[Fraction(number)]
