"""What a person may say about a file of problems: which fields hold what, and which doubtful rows are taken all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tasks.problems.doubts import DoubtName
from tasks.problems.fields import ANSWERS, LEVELS, SOLUTIONS, SOURCES, STATEMENTS, described, value_at, without
from tasks.problems.rows import RawRow, RowError


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Names of fields, empty where forms are recognised; a dot leads into an object. allow: doubts that do not count."""

    question_field: str = ""
    answer_field: str = ""
    level_field: str = ""
    source_field: str = ""
    allow: frozenset[DoubtName] = frozenset()

    @property
    def spelled(self) -> str:
        """What was said, as a text that is the same for the same options; empty where nothing was."""
        if self == RECOGNISE:
            return ""
        return "\x1f".join((self.question_field, self.answer_field, self.level_field, self.source_field, *sorted(self.allow)))


RECOGNISE: Final = ReadingOptions()
"""Nothing was said: forms are recognised, doubtful rows refused."""


def renamed(row: RawRow, options: ReadingOptions) -> RawRow:
    """Return the row with the fields that a person named in the places of those that would be recognised. Raises RowError."""
    named: Mapping[str, tuple[str, tuple[str, ...]]] = {
        "question": (options.question_field, STATEMENTS),
        "answer": (options.answer_field, (*ANSWERS, *SOLUTIONS)),
        "level": (options.level_field, LEVELS),
        "source": (options.source_field, SOURCES),
    }
    fields = row.fields
    for role, (name, recognised) in named.items():
        if name and row.fault is None:
            value = value_at(row.fields, name)
            if value is None and role in ("question", "answer"):
                raise RowError(f"no {role} in the field {name}; {described(row.fields)}")
            fields = without(fields, recognised) | {role: value}
    return replace(row, fields=fields) if fields is not row.fields else row
