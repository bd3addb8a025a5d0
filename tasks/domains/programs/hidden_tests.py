"""The tests of a function: calls, and what each returns. They are the reference of a problem, and never part of a prompt.

What a call returns is compared here, on the grader's side: the process that runs a program is given the calls alone, so that no
program finds what is expected of it, wherever it looks and whatever it replaces.
"""

import ast
import json
import math
from dataclasses import dataclass
from typing import Final, Self

from tasks.grading.equality.decision import Decision

METHOD: Final = "hidden tests"
RELATIVE_TOLERANCE: Final = 1e-9
"""Of decimals, which depend on the order of operations."""

Value = (
    None
    | bool
    | int
    | float
    | complex
    | str
    | bytes
    | list["Value"]
    | tuple["Value", ...]
    | set["Value"]
    | dict["Value", "Value"]
)
"""What Python writes as a literal."""


@dataclass(frozen=True, slots=True)
class Case:
    """A call: its arguments and what it returns, both as Python writes them."""

    arguments: str
    expected: str


@dataclass(frozen=True, slots=True)
class HiddenTests:
    """The function of a problem, and the calls that it must get right."""

    function: str
    cases: tuple[Case, ...]

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return what `written` wrote."""
        fields = json.loads(text)
        return cls(fields["function"], tuple(Case(arguments, expected) for arguments, expected in fields["cases"]))

    @property
    def written(self) -> str:
        """The tests as `problems.answer` holds them."""
        cases = [[case.arguments, case.expected] for case in self.cases]
        return json.dumps({"function": self.function, "cases": cases}, ensure_ascii=False)

    @property
    def calls(self) -> str:
        """An expression whose value is the list of what the calls return."""
        return f"[{', '.join(f'{self.function}({case.arguments})' for case in self.cases)}]"

    def compared(self, returned: str | None) -> Decision:
        """Return whether the calls returned what they must. returned: the list of that as Python writes it, None for none."""
        if returned is None:
            return Decision(False, METHOD, "the program ended before it was called")
        try:
            values = ast.literal_eval(returned)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return Decision(False, METHOD, "a call returned something that is no plain value")
        if not isinstance(values, list) or len(values) != len(self.cases):
            return Decision(False, METHOD, "the calls did not return one value each")
        for number, (value, case) in enumerate(zip(values, self.cases, strict=True), start=1):
            if not same(value, ast.literal_eval(case.expected)):
                return Decision(False, METHOD, f"call {number} of {len(values)} returned something else")
        return Decision(True, METHOD, f"{len(values)} calls returned what they must")


def same(value: Value, expected: Value) -> bool:
    """Return whether two values are equal as Python's == has it, but for decimals, which may differ by their rounding."""
    match value:
        case float() | int() if isinstance(expected, float | int):
            return value == expected or _is_close(value, expected)
        case list() if isinstance(expected, list):
            return len(value) == len(expected) and all(map(same, value, expected))
        case tuple() if isinstance(expected, tuple):
            return len(value) == len(expected) and all(map(same, value, expected))
        case dict() if isinstance(expected, dict):
            return value.keys() == expected.keys() and all(same(value[key], expected[key]) for key in value)
    return value == expected


def _is_close(value: float, expected: float) -> bool:
    """Return whether two numbers differ by the rounding of a decimal. A whole number that is too large for one does not."""
    if isinstance(value, int) and isinstance(expected, int):
        return False
    try:
        return math.isclose(value, expected, rel_tol=RELATIVE_TOLERANCE)
    except OverflowError:
        return False
