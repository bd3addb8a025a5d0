"""The reference of a problem: all that its verifier needs, as one text, so that the lake alone can grade again."""

import json
from dataclasses import dataclass
from typing import Self

from tasks.domains.reasoning_gym.library import Entry


@dataclass(frozen=True, slots=True)
class Reference:
    """A family, an answer that is right, and the entry's metadata as JSON. Verifiers look at no more."""

    family: str
    answer: str
    metadata_json: str

    @classmethod
    def of(cls, family: str, entry: Entry) -> Self:
        """Return the reference of an entry."""
        return cls(family, entry.answer, entry.metadata_json)

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return what `written` wrote."""
        fields = json.loads(text)
        return cls(fields["family"], fields["answer"], json.dumps(fields["metadata"], sort_keys=True))

    @property
    def written(self) -> str:
        """The reference as `problems.answer` holds it."""
        fields = {"family": self.family, "answer": self.answer, "metadata": json.loads(self.metadata_json)}
        return json.dumps(fields, ensure_ascii=False)

    @property
    def entry(self) -> Entry:
        """What the verifier is shown."""
        return Entry("", self.answer, self.metadata_json)
