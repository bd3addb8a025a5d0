"""Entropy and time as steps find them: both follow from the path alone, so that running it again gives the same.

Covered: os.urandom and what draws from it (secrets, uuid4, SystemRandom, numpy's generators without a seed), `random` seeded
without a value, and the clocks of `time` with what takes the time from there (timeit, date.today).

Not covered, for C asks the kernel itself: datetime.now, uuid1, process ids, usage of resources; and addresses in memory, which
id() shows and by which objects hash. Where these change an output, verification names them: tasks/annotation/causes.py.
"""

import _random
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final

START_NS: Final = 1_735_689_600 * 10**9
"""2025-01-01, the month of arXiv 2501.04519; any moment that never changes would do."""

TICK_NS: Final = 1_000
"""What a look at a clock takes. In truth it takes less, so a loop that waits for a moment ends no later than it would."""

_SEED_BYTES: Final = 32

_seed, _draw_bits, _to_bytes = _random.Random.seed, _random.Random.getrandbits, int.to_bytes
_sleep, _strftime, _asctime = time.sleep, time.strftime, time.asctime
_localtime, _gmtime, _ctime = time.localtime, time.gmtime, time.ctime


class Sources:
    """What is drawn and how late it is. Mutable, and part of the state that a snapshot keeps."""

    def __init__(self) -> None:
        self.generator = _random.Random()
        self.elapsed_ns = 0

    def begin_step(self, seed: int) -> None:
        """Draw from this seed on. Beside it, or the entropy would repeat what `random` draws."""
        _seed(self.generator, seed + 1)

    def begin_path(self) -> None:
        """Set the clocks to the start."""
        self.elapsed_ns = 0

    def urandom(self, size: int, /) -> bytes:
        """Return so many bytes, as os.urandom does."""
        if size < 0:
            raise ValueError("negative argument not allowed")
        return _to_bytes(_draw_bits(self.generator, 8 * size), size, "little")

    def elapsed(self) -> int:
        """Return the nanoseconds since the start; each look takes one tick."""
        self.elapsed_ns += TICK_NS
        return self.elapsed_ns

    def sleep(self, seconds: float, /) -> None:
        """Sleep in truth, for whoever sleeps too long must be seen to."""
        _sleep(seconds)
        self.elapsed_ns += int(seconds * 1e9)

    def install(self) -> None:
        """Put entropy and clocks in the place of the true ones. Before `random` is imported, which keeps os.urandom."""
        os.urandom = self.urandom
        elapsed = self.elapsed

        def now() -> float:
            return (START_NS + elapsed()) / 1e9

        clocks: dict[str, Callable[..., object]] = {
            "time": now,
            "time_ns": lambda: START_NS + elapsed(),
            "sleep": self.sleep,
            "localtime": lambda seconds=None, /: _localtime(now() if seconds is None else seconds),
            "gmtime": lambda seconds=None, /: _gmtime(now() if seconds is None else seconds),
            "ctime": lambda seconds=None, /: _ctime(now() if seconds is None else seconds),
            "strftime": lambda form, t=None, /: _strftime(form, _localtime(now()) if t is None else t),
            "asctime": lambda t=None, /: _asctime(_localtime(now()) if t is None else t),
        }
        for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
            clocks[name] = lambda: elapsed() / 1e9
            clocks[f"{name}_ns"] = elapsed
        vars(time).update(clocks)

    def install_in_random(self) -> None:
        """Let generators that are seeded without a value draw their seed here; C would ask the kernel."""
        random = sys.modules["random"]
        seed, urandom = random.Random.seed, self.urandom

        def seed_or_draw(generator: Any, a: Any = None, version: int = 2) -> None:
            seed(generator, urandom(_SEED_BYTES) if a is None else a, version)

        random.Random.seed = seed_or_draw
        vars(random)["seed"] = random._inst.seed
