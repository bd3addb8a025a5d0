"""Problems of others: rows in the forms of HumanEval {prompt, test, entry_point} and MBPP {text or prompt, test_list}."""

from typing import Final

from tasks.domains.programs.asserts import cases_in_asserts, cases_in_check
from tasks.domains.programs.hidden_tests import Case, HiddenTests
from tasks.problems.fields import LEVELS, first_field, value_at
from tasks.problems.identity import problem_id
from tasks.problems.levels import level_of
from tasks.problems.reading import check_text
from tasks.problems.rows import Json, RawRow, RowError
from warehouse.records import Problem, Split

MIN_CASES: Final = 2
"""A problem with fewer tests is solved by a program that knows the one answer."""
MAX_EXPECTED_CHARS: Final = 8_000
"""A sandbox keeps 10,000 characters of what a program returns (sandbox.max_output_chars)."""


def read_problem(row: RawRow, split: Split, source: str) -> Problem:
    """Return the problem of a row. Raises RowError with the reason, such as tests that cannot be taken apart."""
    if row.fault is not None:
        raise RowError(row.fault)
    if value_at(row.fields, "entry_point") is not None:
        statement, tests = _of_human_eval(row)
    elif value_at(row.fields, "test_list") is not None:
        statement, tests = _of_mbpp(row)
    else:
        raise RowError("no tests: a row has prompt, test and entry_point, or text and test_list")
    if len(tests.cases) < MIN_CASES:
        raise RowError(f"there are {len(tests.cases)} tests, fewer than {MIN_CASES}")
    if sum(len(case.expected) for case in tests.cases) > MAX_EXPECTED_CHARS:
        raise RowError(f"what the tests expect is longer than {MAX_EXPECTED_CHARS} characters")
    check_text(statement)
    try:
        level = level_of(first_field(row.fields, LEVELS)[1])
    except ValueError as error:
        raise RowError(f"the level is {error}") from error
    return Problem(problem_id(statement), statement, tests.written, source, level, split)


def _of_human_eval(row: RawRow) -> tuple[str, HiddenTests]:
    """Return the statement with the signature and its description, whose examples are the only ones that are shown."""
    prompt = _text(row.fields, "prompt")
    function = _text(row.fields, "entry_point")
    cases = cases_in_check(_text(row.fields, "test"))
    return f"Complete this Python function:\n\n{prompt.strip()}", HiddenTests(function, cases)


def _of_mbpp(row: RawRow) -> tuple[str, HiddenTests]:
    """Return the text with the first test, which names the function; that one is not hidden."""
    lines = value_at(row.fields, "test_list")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise RowError("test_list is no list of texts")
    if value_at(row.fields, "test_setup_code") or value_at(row.fields, "test_imports"):
        raise RowError("the tests need code before them")
    function, cases = cases_in_asserts("\n".join(map(str, lines)))
    asked = _text(row.fields, "text" if value_at(row.fields, "text") is not None else "prompt")
    return f"{asked.strip()}\n\nExample:\n{_shown(function, cases[0])}", HiddenTests(function, cases)


def _shown(function: str, case: Case) -> str:
    return f"{function}({case.arguments}) == {case.expected}"


def _text(fields: dict[str, Json], name: str) -> str:
    value = value_at(fields, name)
    if not isinstance(value, str) or not value.strip():
        raise RowError(f"the field {name} is not a text")
    return value
