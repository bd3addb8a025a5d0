"""Read a row as a problem of mathematics, with every doubt about it."""

from typing import Final

from tasks.problems.answers import Reference, reference_of, short
from tasks.problems.doubts import Doubt, DoubtfulRow, asks_for_proof
from tasks.problems.fields import LEVELS, SOURCES, first_field, value_at
from tasks.problems.identity import problem_id
from tasks.problems.kinds import is_proof_type, kind_of
from tasks.problems.levels import level_of
from tasks.problems.rows import Json, RawRow, RowError
from tasks.problems.statements import options_of, statement_of, with_options
from tasks.search.format import ASSISTANT, MARKERS
from warehouse.records import Problem, Split

_VALIDITY: Final = ("problem_is_valid", "solution_is_valid")
_VALID: Final = frozenset({"yes", "true", "valid", "1"})


def problem_of(row: RawRow, split: Split, source: str) -> Problem:
    """Return the problem that a row holds. Raises RowError, as DoubtfulRow where there is one with doubts about it."""
    if row.fault is not None:
        raise RowError(row.fault)
    fields = row.fields
    options = options_of(fields)
    asked = statement_of(fields)
    statement = with_options(asked, options)
    question_type = _text(value_at(fields, "question_type"))
    is_proof = is_proof_type(question_type) or asks_for_proof(asked)
    reference = reference_of(fields, options)
    for text in (statement, reference.answer):
        check_text(text)
    level, level_doubts = _level(first_field(fields, LEVELS)[1])
    problem = Problem(
        problem_id=problem_id(statement),
        statement=statement,
        answer=reference.answer,
        source=_text(first_field(fields, SOURCES)[1]) or source,
        level=level,
        split=split,
        kind=kind_of(
            asked,
            reference.answer,
            question_type,
            asks_for_proof=is_proof,
            has_options=bool(options),
            has_answers=reference.is_several,
        ),
    )
    doubts = (*_answer_doubts(reference, is_proof=is_proof), *_validity(fields), *level_doubts)
    if doubts:
        raise DoubtfulRow(problem, doubts)
    return problem


def _answer_doubts(reference: Reference, *, is_proof: bool) -> tuple[Doubt, ...]:
    """Return why there is no answer to grade against. What stands in the place of a proof's is none, whatever it looks like."""
    if not is_proof:
        return reference.doubts
    return (Doubt("proof", f"the question asks for a proof, and {short(reference.answer)} is no answer to grade against"),)


def _validity(fields: dict[str, Json]) -> tuple[Doubt, ...]:
    """Return a doubt for each column in which the data set says that a row is not valid. Silence says nothing."""
    said = [(name, value_at(fields, name)) for name in _VALIDITY]
    return tuple(
        Doubt("invalid", f"the data set says {name} = {value}")
        for name, value in said
        if value is not None and str(value).strip().lower() not in _VALID
    )


def _level(value: Json) -> tuple[int | None, tuple[Doubt, ...]]:
    try:
        return level_of(value), ()
    except ValueError as error:
        return None, (Doubt("level", f"the level {short(str(value))} is {error}"),)


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""


def check_text(text: str) -> None:
    """Refuse what would break the prefix format or the encoding further on."""
    marker = next((marker for marker in (*MARKERS, ASSISTANT.strip()) if marker in text), None)
    if marker is not None:
        raise RowError(f"the text contains {short(marker)}, which the step format reserves")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise RowError("the text contains a NUL or half of a surrogate pair")
