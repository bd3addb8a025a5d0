"""A position in a row of tokens, which readers by recursive descent move forward."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.grading.reading.lexing.tokens import Token


class NotFormula(Exception):
    """The tokens are no formula. Never leaves this package."""


@dataclass(slots=True)
class Cursor:
    """Tokens and where one is in them. Mutable: the position moves."""

    parts: Sequence[Token]
    position: int = 0

    def next(self, ahead: int = 0) -> str:
        """Return the text of the token at the position, nothing at the end."""
        place = self.position + ahead
        return self.parts[place].text if place < len(self.parts) else ""

    def take(self, expected: str = "") -> str:
        """Return the text at the position and go on. Raises NotFormula where it is not the expected one."""
        text = self.next()
        if not text or (expected and text != expected):
            raise NotFormula(text)
        self.position += 1
        return text

    def kind(self) -> str:
        """Return the kind of the token at the position, nothing at the end."""
        return self.parts[self.position].kind if self.position < len(self.parts) else ""

    def touches(self) -> bool:
        """Return whether the token at the position follows the one before without a space."""
        return self.position < len(self.parts) and self.parts[self.position].gap == 0
