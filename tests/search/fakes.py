"""A toy policy, PPM, sandbox and grader that answer in a shuffled order, as real ones do.

Problems read "1+2+3": the policy adds one number a step, and with some seeds a wrong one.
"""

import contextlib
import io
import random
import re

from models.engines.base import Answer, Candidate, Generation, GenerationRequest, Rejection, Request, Scoring, ScoringRequest
from tasks.grading.base import Grade, GradingRequest
from tasks.sandbox.base import CodeError, Execution, ExecutionRequest
from tasks.search.format import END_OF_ANSWER, END_OF_CODE, END_OF_STEP

STATEMENT = re.compile(r"<\|user\|>:\n(.*?)\n<\|assistant\|>", re.DOTALL)


def toy_step(prefix: str, seed: int) -> str:
    """Return the next step of a toy solution; every third seed gets it wrong, every eleventh fails."""
    numbers = STATEMENT.search(prefix)[1].split("+")
    n_done = prefix.count(END_OF_STEP)
    addend = int(numbers[n_done]) + (seed % 3 == 0)
    code = f"x = {addend}" if n_done == 0 else f"x = x + {addend}"
    if seed % 11 == 0:
        code = "x = undefined"
    if n_done == len(numbers) - 1:
        return f"\n# add {addend}\n{code}\nprint(x)\n{END_OF_CODE}"
    return f"\n# add {addend}\n{code}\n{END_OF_STEP}"


class FakeEngine:
    """Serves toy_step; the score of a prefix is a hash-like number in (-1, 1). Answers in the order of a given rng."""

    def __init__(self, rng: random.Random, *, step=toy_step, max_prompt_chars: int = 10_000, score=None) -> None:
        self.pending: list[Request] = []
        self.step = step
        self.rng = rng
        self.max_prompt_chars = max_prompt_chars
        self.score = score or (lambda prefix: (len(prefix) * 37 % 200 - 100) / 101)
        self.n_requests = 0
        self.max_pending = 0

    def submit(self, request: Request) -> None:
        self.pending.append(request)
        self.n_requests += 1
        self.max_pending = max(self.max_pending, len(self.pending))

    def poll(self, timeout_seconds: float) -> list[Answer]:
        self.rng.shuffle(self.pending)
        n = self.rng.randint(1, max(1, len(self.pending)))
        ready, self.pending = self.pending[:n], self.pending[n:]
        return [self._answer(request) for request in ready]

    def _answer(self, request: Request) -> Answer:
        if isinstance(request, ScoringRequest):
            return Scoring(request.request_id, tuple(self.score(prefix) for prefix in request.prefixes))
        if len(request.prompt) > self.max_prompt_chars:
            return Rejection(request.request_id, "too long")
        return Generation(request.request_id, tuple(self._candidate(request, seed) for seed in request.seeds), 10)

    def _candidate(self, request: GenerationRequest, seed: int) -> Candidate:
        if request.stop == (END_OF_ANSWER,):
            shown = re.findall(r"<output>(.*?)<end_of_output>", request.prompt)[-1]
            return Candidate(f"\n<answer>\\boxed{{{shown}}}{END_OF_ANSWER}", 4, "stop")
        if request.stop == (END_OF_CODE,):
            text = ""
            while not text.endswith(END_OF_CODE):
                text += self.step(request.prompt + text, seed)
            return Candidate(text, 20, "stop")
        text = self.step(request.prompt, seed)
        return Candidate(text, 7, "stop" if text.endswith(">") else "length")

    @property
    def n_pending(self) -> int:
        return len(self.pending)

    def load(self, policy, ppm) -> None: ...

    def close(self) -> None: ...


class FakeSandbox:
    """Runs trusted toy code in this process."""

    def __init__(self, rng: random.Random) -> None:
        self.pending: list[ExecutionRequest] = []
        self.rng = rng
        self.released: list[str] = []

    def submit(self, request: ExecutionRequest) -> None:
        self.pending.append(request)

    def poll(self, timeout_seconds: float) -> list[Execution]:
        self.rng.shuffle(self.pending)
        n = self.rng.randint(0, len(self.pending)) if timeout_seconds == 0 else len(self.pending)
        ready, self.pending = self.pending[:n], self.pending[n:]
        return [self._run(request) for request in ready]

    def _run(self, request: ExecutionRequest) -> Execution:
        scope: dict[str, object] = {}
        printed = io.StringIO()
        try:
            for code in request.path[:-1]:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(code, scope)
            with contextlib.redirect_stdout(printed):
                exec(request.path[-1], scope)
        except Exception as error:  # noqa: BLE001 - any failure of toy code is an outcome
            failure = CodeError(type(error).__name__, str(error), 1)
            return Execution(request.request_id, "error", printed.getvalue(), None, failure, None, 0.001, 1.0)
        return Execution(request.request_id, "ok", printed.getvalue(), None, None, None, 0.001, 1.0)

    def release(self, tree_id: str) -> None:
        self.released.append(tree_id)

    @property
    def n_pending(self) -> int:
        return len(self.pending)

    def close(self) -> None: ...


class FakeGrader:
    """Compares strings; the answer `?` cannot be graded."""

    def __init__(self) -> None:
        self.pending: list[GradingRequest] = []

    def submit(self, request: GradingRequest) -> None:
        self.pending.append(request)

    def poll(self, timeout_seconds: float) -> list[Grade]:
        ready, self.pending = self.pending, []
        return [Grade(r.request_id, self._verdict(r), "exact", "toy") for r in ready]

    @staticmethod
    def _verdict(request: GradingRequest) -> str:
        if request.answer == "?":
            return "unknown"
        return "correct" if request.answer == request.reference else "wrong"

    @property
    def n_pending(self) -> int:
        return len(self.pending)

    def close(self) -> None: ...


def toy_problem(numbers: list[int]) -> tuple[str, str]:
    """Return (statement, answer)."""
    return "+".join(map(str, numbers)), str(sum(numbers))


def never() -> bool:
    """Nobody cancels."""
    return False
