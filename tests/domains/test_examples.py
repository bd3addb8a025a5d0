"""The worked examples of the domains do what they show, and a policy that follows them is understood by its domain."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from tasks.bootstrap.worked_examples import WorkedExample, worked_examples
from tasks.domains.programs.asserts import cases_in_asserts
from tasks.domains.programs.domain import Programs
from tasks.domains.programs.hidden_tests import HiddenTests
from tasks.domains.reasoning_gym.problems import split_of
from tasks.domains.registry import DOMAINS
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.format import END_OF_CODE, END_OF_OUTPUT, OUTPUT, code_of, code_of_all
from tasks.search.sampling import steps_of
from tests.domains.grading import graded
from tests.sandbox.conftest import Bench

EXAMPLES = [(name, example) for name in ("reasoning-gym", "programs") for example in worked_examples(DOMAINS[name].examples)]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with closing(open_sandbox(SandboxSettings(n_workers=1))) as sandbox:
        assert isinstance(sandbox, ForkSandbox)
        yield Bench(sandbox)


def named(value: object) -> str | None:
    return value.statement[:40] if isinstance(value, WorkedExample) else None


def parts(example: WorkedExample) -> tuple[list[str], str, str]:
    """Return the steps, the output that is shown, and the words after it."""
    program, _, rest = example.solution.partition(END_OF_CODE)
    shown, _, words = rest.removeprefix(f"\n{OUTPUT}").partition(END_OF_OUTPUT)
    return steps_of(program), shown, words


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=named)
def test_an_example_prints_what_it_shows_and_its_domain_reads_an_answer(
    name: str, example: WorkedExample, bench: Bench
) -> None:
    steps, shown, words = parts(example)
    assert len(steps) >= 2
    assert all(code_of(step).startswith("# ") for step in steps)
    ran = bench.grow(*map(code_of, steps), tree_id=example.statement)
    assert [execution.outcome for execution in ran] == ["ok"] * len(ran)
    assert [bool(execution.stdout) for execution in ran] == [False] * (len(ran) - 1) + [True]
    assert ran[-1].stdout.rstrip("\n") == shown
    answer = DOMAINS[name].wording.read_answer(code_of_all(steps), words)
    assert answer == (code_of_all(steps) if name == "programs" else shown)


def test_the_program_of_an_example_passes_the_cases_that_its_statement_shows() -> None:
    pairs = []
    for example in worked_examples(Programs().examples):
        doctests = re.findall(r">>> (.+)\n +(.+)", example.statement)
        shown = re.findall(r"^(\w+\(.+) == (.+)$", example.statement, re.MULTILINE) or doctests
        assert len(shown) >= 2
        function, cases = cases_in_asserts("\n".join(f"assert {call} == {value}" for call, value in shown))
        pairs.append((code_of_all(parts(example)[0]), HiddenTests(function, cases).written))
    assert [grade.verdict for grade in graded(Programs(), pairs)] == ["correct"] * len(pairs)


def test_no_example_can_be_a_held_out_problem() -> None:
    assert {split_of(example.statement) for example in worked_examples(DOMAINS["reasoning-gym"].examples)} == {"train"}
    asked = {example.statement for example in worked_examples(DOMAINS["programs"].examples)}
    assert not asked & {problem.statement for problem in DOMAINS["programs"].generate("test", 0, (1, 1, 1))}
