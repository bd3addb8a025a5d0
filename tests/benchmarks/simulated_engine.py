"""An engine as on an accelerator: tokens take time but no CPU, and throughput saturates with concurrency.

Throughput by concurrency is a published vLLM measurement: Nemotron Super 49B (dense, FP8) on one B200, 2048 tokens in and 512
out (docs.vultr.com, inference cookbook, "Concurrency tuning", March 2026). It saturates at 64 sequences; the cookbook's dips at
256 and 1,024 are left out, so more than 64 are served at the rate of 64. A sequence runs at its share of that throughput.

What it writes is a toy policy's work: each step computes a little, some with sympy, and some of them wait for a long time.
"""

import bisect
import hashlib
import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from models.engines.base import Answer, Candidate, Generation, GenerationRequest, Request, Scoring, ScoringRequest
from tasks.search.format import END_OF_ANSWER, END_OF_CODE, END_OF_STEP

CURVE = ((1, 73.0), (8, 570.0), (16, 1054.0), (32, 2120.0), (64, 3816.0))
"""(sequences, output tokens per second)."""
SATURATION = CURVE[-1][0]
MAX_NUM_SEQS = 1024
SPREAD = 0.25
"""Sigma of the log-normal latency of a sequence; p99 is then 1.8 times the median. The cookbook's p99 of single tokens is
1.1 to 5 times their mean."""
MEAN_STEP_TOKENS = 30.0
STEP_SIGMA = 0.5
ANSWER_TOKENS = 12
N_STEPS = 3
SYMBOLIC_STEPS = (
    "from sympy import *\nx, y = symbols('x y')\nf = expand((x - {n})*(x - 2)*(x - 3))\nprint(factor(f))",
    "roots_f = solve(f, x)\nprint(roots_f)",
    "g = integrate(f * exp(-x), x)\nprint(g)",
    "h = simplify(diff(g, x) - f * exp(-x))\nprint(h)",
    "line = solve([x + y - {n}, 2*x - y - 2], [x, y])\nprint(line)",
    "area = integrate(x**2 * sin({n}*x), (x, 0, pi))\nprint(area)",
)
"""Each with numbers of its own, because sympy remembers what it was asked."""
Policy = Callable[[str, int], tuple[Candidate, float]]
"""What is written for a prefix and a seed, and how many tokens' time it takes."""

LIGHT = "v{d} = {seed} % 97 + {d}\nrows{d} = [v{d} * k % 11 for k in range(50)]"
SYMBOLIC = "from sympy import symbols, expand\nx = symbols('x')\nv{d} = expand((x + {seed} % 7)**4).coeff(x, 1)"
WAITING = "import time\ntime.sleep({seconds:.3f})\nv{d} = {seed} % 97"
HANGING = "import time\ntime.sleep(3600)\nv{d} = 0"
SHARE_HANGING = 1 / 500
"""Steps that never end. They wait instead of computing, because the machine of an accelerator has cores to spare."""
SHARE_SYMBOLIC, SHARE_WAITING = 0.05, 0.03
LONGEST_SECONDS = 5.0


def throughput(n_sequences: int) -> float:
    """Return tokens per second of all running sequences together: the curve, straight between its points, flat after them."""
    if n_sequences >= SATURATION:
        return CURVE[-1][1]
    right = bisect.bisect_left([point[0] for point in CURVE], n_sequences)
    if CURVE[right][0] == n_sequences:
        return CURVE[right][1]
    (low, slow), (high, fast) = CURVE[right - 1], CURVE[right]
    return slow + (fast - slow) * (n_sequences - low) / (high - low)


def toy_candidate(prompt: str, seed: int) -> tuple[Candidate, float]:
    """Return what the policy writes for a seed, and how many tokens' time it takes."""
    rng = random.Random(int.from_bytes(hashlib.blake2b(f"{seed}".encode(), digest_size=8).digest(), "big"))
    depth = prompt.count(END_OF_STEP)
    n_tokens = max(4, round(rng.lognormvariate(math.log(MEAN_STEP_TOKENS) - STEP_SIGMA**2 / 2, STEP_SIGMA)))
    kind = rng.random()
    if kind < SHARE_WAITING:
        # Pareto with exponent 1.2: most wait for a tenth of a second, one in a hundred for 5 s.
        code = WAITING.format(d=depth, seed=seed, seconds=min(LONGEST_SECONDS, 0.1 * rng.paretovariate(1.2)))
    else:
        code = (SYMBOLIC if kind < SHARE_WAITING + SHARE_SYMBOLIC else LIGHT).format(d=depth, seed=seed)
    last = depth + 1 >= N_STEPS + rng.randint(-1, 1)
    end = f"\nprint(v{depth} % 2)\n{END_OF_CODE}" if last else f"\n{END_OF_STEP}"
    candidate = Candidate(f"\n# step {depth + 1}\n{code}{end}", n_tokens, "stop")
    return candidate, n_tokens * rng.lognormvariate(-(SPREAD**2) / 2, SPREAD)


def hanging_candidate(prompt: str, seed: int) -> tuple[Candidate, float]:
    """Return the toy policy's step, or now and then one that never ends."""
    toy, work = toy_candidate(prompt, seed)
    if random.Random(f"hanging {seed}").random() >= SHARE_HANGING:
        return toy, work
    code = HANGING.format(d=prompt.count(END_OF_STEP))
    return Candidate(f"\n# step\n{code}\n{END_OF_STEP}", toy.n_tokens, "stop"), work


def symbolic_candidate(prompt: str, seed: int) -> tuple[Candidate, float]:
    """Return a step of which each uses sympy, as most of the published samples do."""
    toy, work = toy_candidate(prompt, seed)
    depth = prompt.count(END_OF_STEP)
    last = depth + 1 == len(SYMBOLIC_STEPS)
    end = f"\nprint(k{depth} % 2)\n{END_OF_CODE}" if last else f"\n{END_OF_STEP}"
    code = SYMBOLIC_STEPS[depth].format(n=2 + seed % 9973)
    text = f"\n# step {depth + 1}\n{code}\nk{depth} = {seed % 1000}{end}"
    return Candidate(text, toy.n_tokens, "stop"), work


@dataclass(slots=True, eq=False)
class _Open:
    request: GenerationRequest
    n_left: int
    candidates: list[Candidate]


@dataclass(slots=True)
class Busy:
    """How full the engine was. Mutable: it adds up seconds by sequences running. slices: share of the peak throughput used in
    each second since the engine was made."""

    seconds: float = 0.0
    at_saturation: float = 0.0
    tokens: float = 0.0
    slices: list[float] = field(default_factory=list)

    def add(self, start: float, end: float, n_running: int) -> None:
        used = throughput(n_running) / CURVE[-1][1] if n_running else 0.0
        self.seconds += end - start
        self.at_saturation += (end - start) * (n_running >= SATURATION)
        self.tokens += used * CURVE[-1][1] * (end - start)
        while end > start:
            index = int(start)
            stop = min(end, index + 1.0)
            while len(self.slices) <= index:
                self.slices.append(0.0)
            self.slices[index] += used * (stop - start)
            start = stop if stop > start else end


class SimulatedEngine:
    """An Engine. Time is the clock's; answers are ready when their last token would have been written."""

    def __init__(self, clock: Callable[[], float], wait: Callable[[float], None], policy: Policy = toy_candidate) -> None:
        self.busy = Busy()
        self._policy = policy
        self._clock = clock
        self._wait = wait
        self._origin = self._now = clock()
        self._done = 0.0
        """Tokens that a sequence running all the time would have written."""
        self._running: list[tuple[float, int, _Open, int, Candidate]] = []
        self._queue: deque[tuple[float, _Open, int, Candidate]] = deque()
        self._ready: list[Answer] = []
        self._n_open = 0
        self._serial = 0

    def load(self, policy: Path, ppm: Path | None) -> None: ...

    def close(self) -> None: ...

    def submit(self, request: Request) -> None:
        self._advance()
        self._n_open += 1
        if isinstance(request, ScoringRequest):
            self._ready.append(Scoring(request.request_id, tuple(0.0 for _ in request.prefixes)))
            return
        opened = _Open(request, len(request.seeds), [Candidate("", 0, "stop")] * len(request.seeds))
        for index, seed in enumerate(request.seeds):
            if request.stop == (END_OF_ANSWER,):
                printed = request.prompt.rsplit("<output>", 1)[1].split("<end_of_output>", 1)[0]
                candidate = Candidate(f"\n<answer>\\boxed{{{printed}}}{END_OF_ANSWER}", ANSWER_TOKENS, "stop")
                work = float(ANSWER_TOKENS)
            else:
                candidate, work = self._policy(request.prompt, seed)
            self._queue.append((work, opened, index, candidate))
        self._admit()

    def poll(self, timeout_seconds: float) -> list[Answer]:
        self._advance()
        if not self._ready and timeout_seconds:
            self._wait(min(timeout_seconds, self._seconds_to_next()))
            self._advance()
        ready, self._ready = self._ready, []
        self._n_open -= len(ready)
        return ready

    @property
    def n_pending(self) -> int:
        return self._n_open

    def _admit(self) -> None:
        while self._queue and len(self._running) < MAX_NUM_SEQS:
            work, opened, index, candidate = self._queue.popleft()
            self._serial += 1
            heapq.heappush(self._running, (self._done + work, self._serial, opened, index, candidate))

    def _rate(self) -> float:
        return throughput(len(self._running)) / len(self._running)

    def _seconds_to_next(self) -> float:
        return max(0.0, (self._running[0][0] - self._done) / self._rate()) if self._running else math.inf

    def _advance(self) -> None:
        """Let time pass up to now."""
        now = self._clock()
        while self._running and self._now + self._seconds_to_next() <= now:
            self._pass_until(self._now + self._seconds_to_next())
            work, _, opened, index, candidate = heapq.heappop(self._running)
            self._done = max(self._done, work)
            opened.candidates[index] = candidate
            opened.n_left -= 1
            if not opened.n_left:
                self._ready.append(Generation(opened.request.request_id, tuple(opened.candidates), 100))
            self._admit()
        self._pass_until(now)

    def _pass_until(self, then: float) -> None:
        if self._running:
            self._done += (then - self._now) * self._rate()
        self.busy.add(self._now - self._origin, then - self._origin, len(self._running))
        self._now = then
