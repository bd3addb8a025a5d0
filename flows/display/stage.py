"""The progress of one stage as a value, and how it reads as a line."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Counts:
    """What trees came to."""

    done: int = 0
    total: int = 0
    solved: int = 0
    tokens: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.done + other.done, self.total + other.total, self.solved + other.solved, self.tokens + other.tokens)


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a stage is. Seconds are those of a monotonic clock; `total` is None where the amount of work is not known.

    earlier: trees of the shards that are over; shard: trees of the one that runs.
    """

    name: str
    started_seconds: float
    done: int = 0
    total: int | None = None
    detail: str = ""
    earlier: Counts = field(default_factory=Counts)
    shard: Counts = field(default_factory=Counts)

    @property
    def counts(self) -> Counts:
        """All trees of the stage."""
        return self.earlier + self.shard

    def with_trees(self, n_done: int, n_total: int, n_solved: int, n_tokens: int) -> "Stage":
        """Return the stage after such a report of the running shard."""
        earlier = self.counts if n_done < self.shard.done else self.earlier
        shard = Counts(n_done, n_total, n_solved, n_tokens)
        both = earlier + shard
        return replace(self, earlier=earlier, shard=shard, done=both.done, total=max(self.total or 0, both.total))

    def elapsed_seconds(self, now: float) -> float:
        """Return for how long the stage has run."""
        return max(0.0, now - self.started_seconds)

    def remaining_seconds(self, now: float) -> float | None:
        """Return the time left at the pace so far, or None where nothing allows a guess."""
        if not self.total or self.done <= 0:
            return None
        return self.elapsed_seconds(now) / self.done * max(0, self.total - self.done)

    def line(self, now: float) -> str:
        """Return e.g. "search 120/400 · 63 solved · 8,900 tokens/s · 12 s · about 28 s left"."""
        count = f" {self.done:,}/{self.total:,}" if self.total else ""
        left = self.remaining_seconds(now)
        parts = (
            self.name + count,
            self.detail,
            duration(self.elapsed_seconds(now)),
            f"about {duration(left)} left" if left else "",
        )
        return " · ".join(part for part in parts if part)

    def summary(self, now: float) -> str:
        """Return the line that stays when the stage is over."""
        name = f"{self.name} {self.done:,}" if self.done else self.name
        return " · ".join(part for part in (name, self.detail, duration(self.elapsed_seconds(now))) if part)


def duration(seconds: float) -> str:
    """Return seconds as people say them: 4.2 s, 38 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def search_detail(stage: Stage, elapsed_seconds: float) -> str:
    """Return what is worth knowing of running trees: how many are solved, and how many tokens are written per second."""
    counts = stage.counts
    solved = f"{counts.solved:,} solved ({counts.solved / counts.done:.0%})" if counts.solved else ""
    rate = f"{counts.tokens / elapsed_seconds:,.0f} tokens/s" if elapsed_seconds > 0 and counts.tokens else ""
    return " · ".join(part for part in (solved, rate) if part)


def training_detail(loss: float) -> str:
    """Return what is worth knowing of a running training."""
    return f"loss {loss:.4f}"
