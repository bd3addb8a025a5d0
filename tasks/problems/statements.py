"""The statement of a problem: from a field or the messages of a chat, with its options, without instructions to a model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tasks.problems.fields import OPTIONS, STATEMENTS, first_field, value_at
from tasks.problems.rows import Json, RowError

_CHATS: Final = ("prompt", "messages", "conversations")
_ASKING: Final = ("user", "human")
_ANSWERING: Final = ("assistant", "gpt", "model")
_INSTRUCTIONS: Final = re.compile(
    r"^\s*(?:Solve the following math problem[^\n]*\n+|Question:\s*)"
    r"|\s*(?:Let's think step by step|Please reason step by step|Let’s think step by step)[^\n]*$"
    r"|\s*Remember to put your answer[^\n]*$"
    r"|\s*Please (?:put|give|provide|write) (?:your|the) (?:final )?answer (?:in|within|inside)[^\n]*$"
)
_LABELLED: Final = re.compile(r"\s*\(?([A-Z])\s*[).:、]\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers to choose from. label: its letter (or number), as the answer names it."""

    label: str
    text: str


def statement_of(fields: Mapping[str, Json]) -> str:
    """Return the statement of a row. Raises RowError."""
    name, value = first_field(fields, STATEMENTS)
    if name in _CHATS or _messages(value):
        return _without_instructions(_asked(name, value))
    if not name:
        raise RowError("no question")
    if not isinstance(value, str):
        raise RowError(f"the field {name} is not a text")
    if not value.strip():
        raise RowError("the question is empty")
    return value.strip()


def answered(value: Json) -> str:
    """Return the last message of a chat that is not the user's, empty where there is none."""
    texts = [text for role, text in _messages(value) if role in _ANSWERING]
    return texts[-1] if texts else ""


def options_of(fields: Mapping[str, Json]) -> tuple[Option, ...]:
    """Return the options that stand beside a statement: a list, objects, {label: [..], text: [..]} or {A: .., B: ..}."""
    value = first_field(fields, OPTIONS)[1]
    if isinstance(value, dict):
        labels, texts = value_at(value, "label"), value_at(value, "text")
        if isinstance(labels, list) and isinstance(texts, list):
            return tuple(Option(str(label), str(text)) for label, text in zip(labels, texts, strict=False))
        return tuple(Option(label, str(text)) for label, text in value.items() if text is not None)
    if not isinstance(value, list):
        return ()
    return tuple(_option(number, option) for number, option in enumerate(value))


def with_options(statement: str, options: tuple[Option, ...]) -> str:
    """Return a statement with the options below, unless it has them already: nobody could choose without seeing them."""
    if not options or all(option.text in statement for option in options):
        return statement
    return "\n".join((statement, *(f"{option.label}. {option.text}" for option in options)))


def _option(number: int, value: Json) -> Option:
    letter = chr(ord("A") + number)
    if isinstance(value, dict):
        label = value_at(value, "label") or value_at(value, "key") or letter
        return Option(str(label), str(value_at(value, "text") or value_at(value, "value") or ""))
    labelled = _LABELLED.fullmatch(str(value))
    return (
        Option(labelled[1], labelled[2].strip())
        if labelled is not None and labelled[1] == letter
        else Option(letter, str(value))
    )


def _asked(name: str, value: Json) -> str:
    if isinstance(value, str):
        return value
    asked = [text for role, text in _messages(value) if role in _ASKING]
    if len(asked) > 1:
        raise RowError(f"the field {name} holds {len(asked)} questions")
    if not asked or not asked[0].strip():
        raise RowError(f"the field {name} holds no question")
    return asked[0]


def _messages(value: Json) -> list[tuple[str, str]]:
    """Return who says what in a chat, either as {role, content} or as {from, value}."""
    found = []
    for message in value if isinstance(value, list) else ():
        if isinstance(message, dict):
            role, content = message.get("role", message.get("from")), message.get("content", message.get("value"))
            if isinstance(role, str) and isinstance(content, str):
                found.append((role.lower(), content))
    return found


def _without_instructions(text: str) -> str:
    """Return what is asked, without the usual words about how a model is to answer."""
    before = None
    while before != text:
        before, text = text, _INSTRUCTIONS.sub("", text).strip()
    return text
