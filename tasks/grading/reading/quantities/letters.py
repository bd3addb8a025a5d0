r"""Read what belongs to a letter: primes, a subscript, a mark (\\vec, \\overline), and notation that is compared as written."""

from dataclasses import dataclass
from typing import Final

from tasks.grading.reading.lexing.commands import GREEK
from tasks.grading.reading.lexing.cursor import Cursor, NotFormula
from tasks.grading.reading.lexing.tokens import written
from tasks.grading.values.expressions import Expression, Opaque

MARKS: Final = frozenset((r"\vec", r"\hat", r"\tilde", r"\dot", r"\ddot", r"\overrightarrow", r"\overline", r"\widehat"))
POINTS: Final = frozenset((r"\angle", r"\triangle"))
WHOLE: Final = frozenset((r"\int", r"\iint", r"\iiint", r"\oint", r"\sum", r"\prod", r"\lim"))


@dataclass(slots=True)
class LetterReader(Cursor):
    """Reads names and notation that hold no formula of their own."""

    def prime_length(self) -> int:
        r"""Return how many tokens `^\prime` or `^{\prime\prime}` or `^{'}` take, 0 where there is none."""
        if self.next(1) == r"\prime":
            return 2
        if self.next(1) != "{" or self.next(2) not in (r"\prime", "'"):
            return 0
        ahead = 2
        while self.next(ahead) in (r"\prime", "'"):
            ahead += 1
        return ahead + 1 if self.next(ahead) == "}" else 0

    def take_prime(self) -> int:
        """Return how many primes stand at the position, and go on after them."""
        if self.next() == "'":
            self.take()
            return 1
        length = self.prime_length()
        self.position += length
        return 1 if length == 2 else length - 3

    def subscript(self) -> str:
        """Read a subscript as a part of the letter's name."""
        self.take("_")
        if self.next() != "{":
            return f"_{self.take()}"
        self.take("{")
        inside = ""
        while self.next() != "}":
            part = self.take()
            if not (part.isalnum() or part in (",", "+", "-", "*") or part.startswith("\\")):
                raise NotFormula(part)
            inside += part
        self.take("}")
        return f"_{inside}"

    def opaque(self, text: str) -> Expression:
        r"""Read a letter with a mark, names of points, or an integral, which takes all that is left."""
        start = self.position
        self.take()
        if text in WHOLE:
            self.position = len(self.parts)
            return Opaque(written(self.parts[start:]).replace(" ", ""))
        if text in POINTS:
            while self.kind() == "word" or self.next().isdigit() or (self.next().startswith("\\") and self.next()[1:] in GREEK):
                self.take()
        elif self.next() == "{":
            depth = 0
            while True:
                depth += {"{": 1, "}": -1}.get(self.take(), 0)
                if depth == 0:
                    break
        else:
            self.take()
        if self.position == start + 1:
            raise NotFormula(text)
        return Opaque(written(self.parts[start : self.position]).replace(" ", ""))
