"""Settings as a complete, commented TOML file, which reads back to equal settings."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise

from pydantic import BaseModel

from flows.settings.composition import Settings
from flows.settings.tables import Table, flat

COMMENT_WIDTH = 118


def to_toml(settings: Settings, origins: Mapping[str, str]) -> str:
    """Return every setting with its value, where it comes from beside it, and what it means as a comment above it.

    origins: the layer by dotted key; a value without one is a default. Of a round stands what it changes.
    """
    lines: list[str] = []
    for section, values in settings.model_dump(mode="json").items():
        if section == "rounds":
            for number, table in enumerate(values, start=1):
                lines += ["", "[[rounds]]", *_lines(table, {}, f"rounds.{number}.", origins)]
        else:
            docs = field_docs(type(getattr(settings, section)))
            lines += ["", f"[{section}]", *_lines(values, docs, f"{section}.", origins)]
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


def _lines(table: Table, docs: Mapping[str, str], prefix: str, origins: Mapping[str, str]) -> Iterator[str]:
    for name, value in flat(table):
        for line in textwrap.wrap(docs.get(name, ""), COMMENT_WIDTH):
            yield f"# {line}"
        yield f"{name} = {_value(value)}  # {origins.get(prefix + name, 'default')}"


def _value(value: object) -> str:
    """Return a value as TOML writes it. JSON writes text, whole numbers, booleans and lists alike, and refuses the rest."""
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
