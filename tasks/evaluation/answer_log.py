"""What was answered so far, in a file: an evaluation that is killed after an hour does not ask its model again.

Nothing else reads it. It is removed once the answers are rows.
"""

from pathlib import Path

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from tasks.evaluation.methods import Answers
from tasks.search.lane import SearchCosts
from warehouse.measured import AnswerMethod


@dataclass(frozen=True, slots=True)
class LoggedAnswers:
    """A method's answers to a problem. costs: of all answers of the evaluation until then."""

    problem_id: str
    method: AnswerMethod
    answers: Answers
    costs: SearchCosts


_LINE = TypeAdapter(LoggedAnswers)


class AnswerLog:
    """The file of an evaluation, a line for each problem and method. One process writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[LoggedAnswers]:
        """Return what is there, in the order of writing; a line that a kill left unfinished is cut off."""
        if not self._path.exists():
            return []
        written = self._path.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        if whole != written:
            self._path.write_bytes(whole)
        return [_LINE.validate_json(line) for line in whole.splitlines()]

    def add(self, one: LoggedAnswers) -> None:
        """Append what was answered to a problem."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(_LINE.dump_json(one) + b"\n")

    def remove(self) -> None:
        """Remove the file, if there is one."""
        self._path.unlink(missing_ok=True)
