"""Put a grade in words: how both sides were read, and in a sentence why the verdict is what it is."""

from tasks.grading.base import Grade
from tasks.grading.reading.reader import read
from tasks.grading.values.printing import Described, described

_VERDICTS = {"correct": "equal", "wrong": "not equal", "unknown": "undecided"}


def explained(answer: str, reference: str, grade: Grade, *, with_reason: bool) -> dict[str, object]:
    """Return verdict, method, version and the reading of both sides as JSON takes it, with a sentence on demand."""
    left, right = described(read(answer)), described(read(reference))
    row: dict[str, object] = {
        "verdict": grade.verdict,
        "method": grade.method,
        "version": grade.version,
        "answer": {"type": left.type, "value": left.value},
        "reference": {"type": right.type, "value": right.value},
    }
    if with_reason:
        row["why"] = sentence(left, right, grade)
    return row


def sentence(answer: Described, reference: Described, grade: Grade) -> str:
    """Return why a verdict is what it is: `number 12 and number 24/2 are equal: both are 12.`"""
    sides = f"{_named(answer)} and {_named(reference)}"
    return f"{sides[0].upper()}{sides[1:]} are {_VERDICTS[grade.verdict]}: {grade.why} (by {grade.method})."


def _named(side: Described) -> str:
    return f"the {side.type} {side.value}".strip()
