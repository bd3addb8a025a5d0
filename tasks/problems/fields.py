"""Which field of a row holds what, in the forms that people have their problems in. Names count without case and signs.

GSM8K {question, answer}; MATH and NuminaMath {problem, solution, answer}; OpenMathInstruct {problem, expected_answer};
DAPO and verl {prompt: [{role, content}], reward_model: {ground_truth}, extra_info}; MetaMath {query, response}; Olympiad sets
{question, final_answer: [..]}; chats {messages}, {conversations}; AIME's {Problem, Answer}. A dot leads into an object.
"""

import math
import re
from collections.abc import Mapping
from typing import Final

from tasks.problems.rows import Json

STATEMENTS: Final = (
    *("question", "problem", "statement", "problem_statement", "problem_text", "question_text", "extra_info.question"),
    *("query", "prompt", "instruction", "messages", "conversations", "input"),
)
ANSWERS: Final = (
    *("answer", "final_answer", "expected_answer", "reward_model.ground_truth", "ground_truth", "gt_answer", "gt", "target"),
    *("reference_answer", "correct_answer", "gold_answer", "gold", "answer_key", "answerkey", "answers", "label"),
)
SOLUTIONS: Final = (
    *("solution", "response", "output", "generated_solution", "reference_solution", "solutions", "completion", "rationale"),
    *("extra_info.answer", "messages", "conversations"),
)
LEVELS: Final = ("level",)
SOURCES: Final = ("source", "data_source", "problem_source")
OPTIONS: Final = ("options", "choices")
CORRECT_OPTIONS: Final = (*ANSWERS, "correct")
"""`correct` names the right option of AQuA; elsewhere it says whether somebody was right."""

_SIGNS: Final = re.compile(r"[^a-z0-9]+")


def value_at(fields: Mapping[str, Json], path: str) -> Json:
    """Return the value of a field, None where there is none. An exact name counts before one that differs in case or signs."""
    if path in fields:
        return fields[path]
    head, _, rest = path.partition(".")
    value = fields.get(head)
    if value is None:
        wanted = _folded(head)
        value = next((value for name, value in fields.items() if _folded(name) == wanted), None)
    if not rest:
        return value
    return value_at(value, rest) if isinstance(value, dict) else None


def first_field(fields: Mapping[str, Json], names: tuple[str, ...]) -> tuple[str, Json]:
    """Return the first of the names that has a value, with it; then one that is there but empty; then ("", None)."""
    found = [(name, value) for name in names if (value := value_at(fields, name)) is not None]
    return next(((name, value) for name, value in found if not is_empty(value)), found[0] if found else ("", None))


def is_empty(value: Json) -> bool:
    """Return whether a value says nothing: null, not a number, blank, or a list or object without anything."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and not value.strip()) or value == [] or value == {}


def statement_of_row(fields: Mapping[str, Json]) -> Json:
    """Return the value that would be taken for the statement, None where none would."""
    return first_field(fields, STATEMENTS)[1]


def without(fields: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    """Return the fields but for those that are called so, whatever their case; of a path, its first name counts."""
    dropped = {_folded(name.partition(".")[0]) for name in names}
    return {name: value for name, value in fields.items() if _folded(name) not in dropped}


def described(fields: Mapping[str, Json]) -> str:
    """Return the names of a row's fields and which of them are taken for what, for people."""
    roles = {"question": STATEMENTS, "answer": ANSWERS, "solution": SOLUTIONS, "level": LEVELS, "source": SOURCES}
    taken = [f"{role} from {name}" for role, names in roles.items() if (name := first_field(fields, names)[0])]
    return f"fields found: {', '.join(fields) or 'none'}; taken: {', '.join(taken) or 'none'}"


def _folded(name: str) -> str:
    return _SIGNS.sub("_", name.strip().lower()).strip("_")
