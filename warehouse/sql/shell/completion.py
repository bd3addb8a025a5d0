"""What Tab offers: tables after `from`, columns of the tables that the statement names, queries and their parameters."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from warehouse.sql.catalog import Relation
from warehouse.sql.shell.commands import COMMANDS
from warehouse.sql.shell.statement import is_command
from warehouse.sql.statements import Statement

_WORD = re.compile(r"[\w\\]*$")
_QUALIFIER = re.compile(r"(\w+)\.\w*$")
_WANTS_TABLE = re.compile(r"\b(?:from|join|describe|summarize)\s+\w*$", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:from|join)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A word that may stand where the cursor is. meaning: shown beside it."""

    word: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All that can be completed."""

    relations: Mapping[str, Relation]
    queries: Sequence[Statement]
    keywords: Sequence[str]


def word_before(text: str) -> str:
    """Return the unfinished word at the end of the text."""
    found = _WORD.search(text)
    return found[0] if found else ""


def offers(before: str, whole: str, vocabulary: Vocabulary) -> list[Offer]:
    """Return what may complete the word at the end of `before`, each once; whole: the statement, the cursor somewhere in it."""
    word = word_before(before).lower()
    found = {offer.word: offer for offer in _possible(before, whole, vocabulary) if offer.word.lower().startswith(word)}
    return list(found.values())


def _possible(before: str, whole: str, vocabulary: Vocabulary) -> Iterator[Offer]:
    if is_command(before.lstrip()):
        yield from _of_command(before.split(), vocabulary, is_next=before[-1:].isspace())
        return
    tables = _named(whole, vocabulary)
    qualifier = _QUALIFIER.search(before)
    if qualifier:
        table = tables.get(qualifier[1].lower())
        yield from _columns([table] if table else [])
        return
    if not _WANTS_TABLE.search(before):
        yield from _columns(list(tables.values()) or list(vocabulary.relations.values()))
        yield from (Offer(word, "") for word in vocabulary.keywords)
    yield from (Offer(one.name, one.meaning) for one in vocabulary.relations.values())


def _of_command(words: Sequence[str], vocabulary: Vocabulary, *, is_next: bool) -> Iterator[Offer]:
    """Yield what may follow in a command. is_next: whether its last word is finished."""
    place = len(words) if is_next else len(words) - 1
    if place == 0:
        yield from (Offer(name, meaning) for name, meaning in COMMANDS.items())
    elif words[0] == "\\d" and place == 1:
        yield from (Offer(one.name, one.meaning) for one in vocabulary.relations.values())
    elif words[0] == "\\i" and place == 1:
        yield from (Offer(query.name, f"one row per {query.one_row_per}") for query in vocabulary.queries)
    elif words[0] == "\\i":
        parameters = (one for query in vocabulary.queries if query.name == words[1] for one in query.parameters)
        yield from (Offer(f"{parameter.name}=", parameter.meaning) for parameter in parameters)


def _named(whole: str, vocabulary: Vocabulary) -> dict[str, Relation]:
    """Return the tables that a statement names, by their names and by what it calls them."""
    tables = {}
    for name, alias in _NAMED.findall(whole):
        relation = vocabulary.relations.get(name.lower())
        if relation:
            tables[name.lower()] = relation
            if alias:
                tables[alias.lower()] = relation
    return tables


def _columns(tables: Sequence[Relation]) -> Iterator[Offer]:
    for table in tables:
        for column in table.columns:
            yield Offer(column.name, f"{column.type} of {table.name}" if column.meaning is None else column.meaning)
