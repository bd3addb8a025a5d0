"""The progress of one stage as a value, and how it reads as a line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageProgress:
    """How far a stage is. Seconds are those of a monotonic clock; `total` is None where the amount of work is not known.

    begun: pieces of work in flight, each counted by the share of it that is done.
    """

    name: str
    started_seconds: float
    done: int = 0
    total: int | None = None
    detail: str = ""
    begun: float = 0.0

    def elapsed_seconds(self, now: float) -> float:
        """Return for how long the stage has run."""
        return max(0.0, now - self.started_seconds)

    def remaining_seconds(self, now: float) -> float | None:
        """Return the time left at the pace so far, or None before as much as one piece of work is done."""
        behind = self.done + self.begun
        if not self.total or behind < 1:
            return None
        return self.elapsed_seconds(now) / behind * max(0.0, self.total - behind)

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


def search_detail(n_done: int, n_solved: int, n_tokens: int, elapsed_seconds: float) -> str:
    """Return what is worth knowing of running trees: how many are solved, and how many tokens are written per second."""
    solved = f"{n_solved:,} solved ({n_solved / n_done:.0%})" if n_solved else ""
    rate = f"{n_tokens / elapsed_seconds:,.0f} tokens/s" if elapsed_seconds > 0 and n_tokens else ""
    return " · ".join(part for part in (solved, rate) if part)


def training_detail(loss: float) -> str:
    """Return what is worth knowing of a running training."""
    return f"loss {loss:.4f}"
