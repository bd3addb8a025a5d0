"""Tell lucky code from code that says what the problem says: change the problem's numbers and see whether it still answers.

A measurement beside the loop, which neither trains nor chooses on it. The statement is read back into its chain; the program
is changed only where it writes a number of the sentence whose holder it computes.
"""

import re
from functools import cache
from random import Random

from tasks.domains.base import ChangedProgram
from tasks.domains.mathematics.relations import RELATIONS, Link, Relation
from tasks.domains.mathematics.student_work import variable
from tasks.domains.mathematics.virtual import FIRST_NUMBERS, Chain, draw_links, is_lucky

_FIRST = re.compile(r"(?P<new>\w+) has (?P<m>\d+) (?P<things>\w+)\.")
_QUESTION = re.compile(r"How many (?P<things>\w+) does (?P<new>\w+) have\?")
_SENTENCE = re.compile(r"[^.?]+[.?]")
_FIELD = re.compile(r"\\\{(\w+)\\\}")
_TRIES = 1000


def changed_numbers(statement: str, program: str) -> ChangedProgram | None:
    """Return the program with other numbers, and the answer it should then print. Same arguments, same change.

    None where the statement is no virtual problem, or no other numbers fit its relations. program: the code of a whole
    trajectory, without markers. Code that is right by luck prints another answer, or none.
    """
    chain = parse_statement(statement)
    if chain is None:
        return None
    changed = _other_numbers(chain, Random(statement))
    if changed is None:
        return None
    code = _replaced(program, chain.holders[0], {chain.first_number: changed.first_number})
    for holder, before, after in zip(chain.holders[1:], chain.links, changed.links, strict=True):
        code = _replaced(code, holder, {before.m: after.m, before.n: after.n})
    return ChangedProgram(code, str(changed.answer()))


def parse_statement(statement: str) -> Chain | None:
    """Return the chain that a virtual problem's statement tells, or None for another text."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(statement)]
    first = _FIRST.fullmatch(sentences[0]) if sentences else None
    if first is None or _QUESTION.fullmatch(sentences[-1]) is None:
        return None
    holders = [first["new"]]
    links: list[Link] = []
    for sentence in sentences[1:-1]:
        found = _parse_sentence(sentence)
        if found is None:
            return None
        holder, link = found
        holders.append(holder)
        links.append(link)
    chain = Chain(tuple(holders), first["things"], int(first["m"]), tuple(links))
    return chain if chain.statement() == statement else None


def _parse_sentence(sentence: str) -> tuple[str, Link] | None:
    for relation in RELATIONS:
        match = _reader(relation).fullmatch(sentence)
        if match is not None:
            told = match.groupdict()
            return told["new"], Link(relation, int(told.get("m", 0)), int(told.get("n", 0)))
    return None


@cache
def _reader(relation: Relation) -> re.Pattern[str]:
    seen: set[str] = set()

    def field(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        content = r"\d+" if name in ("m", "n") else r"\w+"
        return f"(?P<{name}>{content})"

    return re.compile(_FIELD.sub(field, re.escape(relation.sentence)))


def _other_numbers(chain: Chain, rng: Random) -> Chain | None:
    relations = [link.relation for link in chain.links]
    for _ in range(_TRIES):
        first_number = rng.choice(FIRST_NUMBERS)
        links = draw_links(rng, relations, first_number)
        if links is None or first_number == chain.first_number:
            continue
        changed = Chain(chain.holders, chain.things, first_number, links)
        if changed.answer() != chain.answer() and not is_lucky(changed):
            return changed
    return None


def _replaced(program: str, holder: str, numbers: dict[int, int]) -> str:
    """Return the program with other numbers in the lines that assign to the holder's variable."""

    def line(match: re.Match[str]) -> str:
        return re.sub(r"\d+", lambda number: str(numbers.get(int(number.group()), int(number.group()))), match.group())

    return re.sub(rf"^{variable(holder)} = .*$", line, program, flags=re.MULTILINE)
