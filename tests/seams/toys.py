"""A toy domain, a toy engine and a toy aggregation, plugged in from outside, and the command line with them: `python -m`.

The domain is sums whose reference answers are Roman numerals. The engine writes one summand a step, and every third seed of a
step gets it wrong. It serves any checkpoint, so what is trained beside it may be as small as it likes.
"""

import re
import statistics
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from models.engines.base import Answer, Candidate, Generation, GenerationRequest, Request, Scoring
from models.engines.registry import KINDS, EngineKind
from models.engines.settings import EngineSettings
from tasks.domains.base import ChangedProgram, Generator
from tasks.domains.registry import DOMAINS
from tasks.grading.base import Grade, GradingRequest
from tasks.grading.settings import GradingSettings
from tasks.problems.identity import problem_id
from tasks.problems.reading import problem_of
from tasks.problems.rows import RawRow
from tasks.sandbox.settings import SandboxSettings
from tasks.search.aggregation import AGGREGATIONS
from tasks.search.format import ANSWER, CODE, END_OF_ANSWER, END_OF_CODE, END_OF_STEP, OUTPUT, Wording
from warehouse.records import Problem, Split

SUMMANDS: dict[Split, list[tuple[int, ...]]] = {
    "train": [(2, 3, 4), (3, 6, 9)],
    "validation": [(1, 2)],
    "test": [(3, 8)],
}


def roman(number: int) -> str:
    """Return a number below 40 as people carved it."""
    tens, ones = divmod(number, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]


def read_answer(code: str, words: str) -> str | None:
    """Return what stands after the equals sign."""
    found = re.search(r"= (\d+)", words)
    return found[1] if found else None


class RomanGrader:
    """Knows Roman numerals below 40."""

    def __init__(self) -> None:
        self._grades: deque[Grade] = deque()

    def submit(self, request: GradingRequest) -> None:
        """Compare at once."""
        right = roman(int(request.answer) % 40) == request.reference
        self._grades.append(Grade(request.request_id, "correct" if right else "wrong", "roman", "1"))

    def poll(self, timeout_seconds: float) -> list[Grade]:
        """Return all grades."""
        return [self._grades.popleft() for _ in range(len(self._grades))]

    @property
    def n_pending(self) -> int:
        """Grades not taken yet."""
        return len(self._grades)

    def close(self) -> None:
        """Give back nothing."""


class RomanSums:
    """The ProblemDomain `roman-sums`."""

    generator = Generator("carved", "CC0-1.0", "tests/seams/toys.py")
    examples = "word-problems"
    tags = ("rome",)
    wording = Wording(lambda statement: f"Sum: {statement}\n{CODE}", read_answer)

    def generate(self, split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
        """Return the first so many of the few sums that there are."""
        chosen = SUMMANDS[split][: sum(n_per_level)]
        texts = [(" plus ".join(map(str, summands)), roman(sum(summands))) for summands in chosen]
        return [Problem(problem_id(text), text, answer, "carved", 1, split) for text, answer in texts]

    def read(self, row: RawRow, split: Split, source: str) -> Problem:
        """Return the problem of a row as files of mathematics hold it."""
        return problem_of(row, split, source)

    def open_grader(self, settings: GradingSettings, sandbox: SandboxSettings) -> RomanGrader:
        """Return the grader."""
        return RomanGrader()

    def changed(self, statement: str, program: str) -> ChangedProgram | None:
        """Return the program with 10 more in its first step."""
        numbers = [int(number) for number in re.findall(r"\d+", statement)]
        changed = program.replace(f"x = {numbers[0]}\n", f"x = {numbers[0] + 10}\n", 1)
        return ChangedProgram(changed, str(sum(numbers) + 10))


class ToyEngine:
    """The Engine of the kind `toy`. A prefix's score depends on its length alone."""

    def __init__(self, settings: EngineSettings, policy: Path, ppm: Path | None) -> None:
        self._requests: deque[Request] = deque()

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Serve as before."""

    def submit(self, request: Request) -> None:
        """Queue a request."""
        self._requests.append(request)

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return the answer to the oldest request."""
        return [_answer(self._requests.popleft())] if self._requests else []

    @property
    def n_pending(self) -> int:
        """Requests not answered yet."""
        return len(self._requests)

    def close(self) -> None:
        """Give back nothing."""


def _answer(request: Request) -> Answer:
    if isinstance(request, GenerationRequest):
        return Generation(request.request_id, tuple(_candidate(request, seed) for seed in request.seeds), 9)
    return Scoring(request.request_id, tuple(len(prefix) % 100 / 200 for prefix in request.prefixes))


def _candidate(request: GenerationRequest, seed: int) -> Candidate:
    if request.stop == (END_OF_ANSWER,):
        shown = request.prompt.rpartition(OUTPUT)[2].partition("<")[0]
        return Candidate(f"\n{ANSWER}= {shown}{END_OF_ANSWER}", 5, "stop")
    text = _step(request.prompt, seed)
    while request.stop == (END_OF_CODE,) and not text.endswith(END_OF_CODE):
        text += _step(request.prompt + text, seed)
    return Candidate(text, 5, "stop")


def _step(prefix: str, seed: int) -> str:
    numbers = re.findall(r"\d+", prefix.partition("\n")[0])
    n_done = prefix.count(END_OF_STEP)
    summand = int(numbers[n_done]) + (seed % 3 == 0)
    code = f"x = {'x + ' if n_done else ''}{summand}\n"
    end = END_OF_STEP if n_done < len(numbers) - 1 else f"print(x)\n{END_OF_CODE}"
    return f"\n# {numbers[n_done]}\n{code}{end}"


def register() -> None:
    """Plug all three in."""
    DOMAINS["roman-sums"] = RomanSums()
    KINDS["toy"] = EngineKind("tests.seams.toys:ToyEngine")
    AGGREGATIONS["median"] = statistics.median


if __name__ == "__main__":
    from flows.cli.app import main

    register()
    sys.exit(main())
