"""Virtual problems: exact, disjoint between uses, never answered by misconceptions, and readable back."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domains.mathematics.changed_numbers import changed_numbers, parse_statement
from tasks.domains.mathematics.relations import RELATIONS, Relation, evaluate, written
from tasks.domains.mathematics.student_work import flawed_solutions, variable
from tasks.domains.mathematics.virtual import LARGEST_NUMBER, SHARES, Chain, generate_problems, is_lucky, random_chain
from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.search.format import (
    ASSISTANT,
    CODE,
    END_OF_STEP,
    USER,
    code_of,
    observed_spans,
)

SEEDS = st.integers(min_value=0, max_value=2**32)
LEVELS = st.integers(min_value=1, max_value=5)


def chain_of(seed: int, level: int) -> Chain:
    return random_chain(random.Random(seed), "train", level)


def program_of(solution: str) -> str:
    return "\n".join(code_of(step) for step in solution.split(END_OF_STEP))


def printed(code: str) -> str:
    lines: list[str] = []
    exec(code, {"__builtins__": {}, "print": lambda value: lines.append(str(value))})
    return "\n".join(lines)


def right_program(chain: Chain) -> str:
    lines = [f"{variable(chain.holders[0])} = {chain.first_number}"]
    for old, new, link in zip(chain.holders, chain.holders[1:], chain.links, strict=False):
        lines.append(f"{variable(new)} = {written(link.relation.right, variable(old), link.m, link.n)}")
    return "\n".join([*lines, f"print({variable(chain.holders[-1])})"])


def test_same_seed_gives_the_same_problems_and_another_seed_others() -> None:
    first = generate_problems("train", 3, (5, 5, 5, 5, 5))
    assert first == generate_problems("train", 3, (5, 5, 5, 5, 5))
    assert first != generate_problems("train", 4, (5, 5, 5, 5, 5))


def test_every_level_has_as_many_distinct_problems_as_asked_for() -> None:
    problems = generate_problems("test", 0, (7, 0, 6, 5, 4))
    assert [sum(problem.level == level for problem in problems) for level in range(1, 6)] == [7, 0, 6, 5, 4]
    assert len({problem.statement for problem in problems}) == len(problems)


def test_uses_share_no_first_holder_with_first_number() -> None:
    starts = {
        split: {tuple(problem.statement.split()[:3]) for problem in generate_problems(split, 0, (300, 0, 0, 0, 0))}
        for split in ("train", "validation", "test")
    }
    starts["base"] = {tuple(work.prompt.removeprefix(USER).split()[:3]) for work in flawed_solutions(0, 300)}
    for use, found in starts.items():
        for other, others in starts.items():
            assert use == other or not found & others


@given(SEEDS, LEVELS)
@settings(max_examples=60, deadline=None)
def test_the_right_program_prints_the_answer_and_every_number_on_the_way_is_whole(seed: int, level: int) -> None:
    chain = chain_of(seed, level)
    assert printed(right_program(chain)) == str(chain.answer())
    value = chain.first_number
    for link in chain.links:
        as_fraction = evaluate(link.relation.right.replace("//", "/"), value, link.m, link.n)
        value = link.value(link.relation.right, value)
        assert as_fraction == value
        assert 1 <= value <= LARGEST_NUMBER


@given(SEEDS, LEVELS)
@settings(max_examples=60, deadline=None)
def test_no_single_misconception_reaches_the_answer_of_a_kept_problem(seed: int, level: int) -> None:
    chain = chain_of(seed, level)
    if is_lucky(chain):
        return
    for position in range(level):
        for misconception in chain.links[position].relation.misconceptions:
            value = chain.first_number
            for index, link in enumerate(chain.links):
                value = link.value(misconception if index == position else link.relation.right, value)
            assert value != chain.answer()


@given(SEEDS, LEVELS)
@settings(max_examples=60, deadline=None)
def test_a_statement_is_read_back_into_its_chain(seed: int, level: int) -> None:
    chain = chain_of(seed, level)
    assert parse_statement(chain.statement()) == chain


@given(SEEDS, LEVELS)
@settings(max_examples=40, deadline=None)
def test_right_code_stays_right_when_the_numbers_change(seed: int, level: int) -> None:
    chain = chain_of(seed, level)
    changed = changed_numbers(chain.statement(), right_program(chain))
    if changed is not None:
        assert changed.answer != str(chain.answer())
        assert printed(changed.code) == changed.answer


def test_lucky_code_fails_when_the_numbers_change() -> None:
    statement = "Ana has 14 coins. Ben has 2 dozen more coins than Ana. How many coins does Ben have?"
    lucky = changed_numbers(statement, "ana = 14\nben = ana + 24\nprint(ben)")
    assert lucky is not None
    assert printed(lucky.code) != lucky.answer


@pytest.mark.parametrize(
    "text", ["", "Ana has 14 coins.", "How many coins does Ana have?", "Two trains leave. How fast are they?"]
)
def test_other_texts_are_no_virtual_problems(text: str) -> None:
    assert parse_statement(text) is None
    assert changed_numbers(text, "print(1)") is None


def test_student_work_is_in_the_step_format_and_its_program_prints_what_it_shows() -> None:
    for work in flawed_solutions(1, 200):
        assert work.prompt.startswith(USER) and work.prompt.endswith(ASSISTANT + CODE)
        shown = boxed_answer(work.solution)
        assert printed(program_of(work.solution)) == shown
        assert len(observed_spans(work.solution)) == 1
        assert work.solution.count(END_OF_STEP) == work.level


def test_student_work_uses_the_right_operation_as_often_as_its_relation_says() -> None:
    works = list(flawed_solutions(2, 4000, level_weights=(1, 0, 0, 0, 0)))
    n_used: dict[str, int] = {}
    n_right: dict[str, int] = {}
    for work in works:
        chain = parse_statement(work.prompt.removeprefix(USER).removesuffix(ASSISTANT + CODE))
        assert chain is not None
        name = chain.links[0].relation.name
        n_used[name] = n_used.get(name, 0) + 1
        n_right[name] = n_right.get(name, 0) + work.is_right
    for relation in RELATIONS:
        # 0.2 is more than three standard deviations where a relation occurs least, some 45 times.
        assert abs(n_right[relation.name] / n_used[relation.name] - relation.p_right) < 0.2, relation.name


@pytest.mark.parametrize("relation", [one for one in RELATIONS if one.difficulty != "easy"], ids=lambda one: one.name)
def test_who_misunderstands_a_hard_sentence_begins_it_wrongly_and_goes_on_in_several_ways(relation: Relation) -> None:
    begun = {misconception.split()[0] for misconception in relation.misconceptions}
    assert len(begun) == 1
    assert relation.right.split()[0] not in begun
    assert len(set(relation.misconceptions)) == len(relation.misconceptions) >= 4


def test_shares_of_every_level_add_up_to_one() -> None:
    assert all(abs(sum(shares.values()) - 1) < 1e-9 for shares in SHARES)
