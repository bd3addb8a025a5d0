"""Settings as a complete, commented TOML file, which reads back to equal settings."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from pydantic import BaseModel

from flows.settings.composition import Settings

COMMENT_WIDTH = 118


def to_toml(settings: Settings) -> str:
    """Return every setting with its value, and with what it means as a comment above it."""
    lines: list[str] = []
    for name in Settings.model_fields:
        section = getattr(settings, name)
        if isinstance(section, BaseModel):
            lines += _table(f"[{name}]", section)
    for number, table in enumerate(settings.rounds, start=1):
        lines += _table("[[rounds]]", table, with_comments=number == 1)
    return "\n".join(lines).lstrip() + "\n"


def field_docs(section: type[BaseModel]) -> dict[str, str]:
    """Return the docstring under each field of a section, as one line each."""
    docs: dict[str, str] = {}
    for owner in reversed(section.__mro__[: section.__mro__.index(BaseModel)]):
        statements = [
            node
            for module in ast.parse(textwrap.dedent(inspect.getsource(owner))).body
            for node in ast.iter_child_nodes(module)
        ]
        for field, below in pairwise(statements):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                docs[field.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return docs


def _table(header: str, section: BaseModel, *, with_comments: bool = True) -> Iterator[str]:
    yield ""
    yield header
    docs = field_docs(type(section)) if with_comments else {}
    for name, value in section.model_dump(mode="json", exclude_none=True).items():
        for line in textwrap.wrap(docs.get(name, ""), COMMENT_WIDTH):
            yield f"# {line}"
        yield f"{name} = {_value(value)}"


def _value(value: object) -> str:
    """Return a value as TOML writes it. JSON writes text, numbers, booleans and flat lists alike; tables need keys."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name} = {_value(item)}" for name, item in value.items() if item is not None)
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
