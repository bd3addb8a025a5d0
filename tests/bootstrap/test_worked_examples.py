"""The shipped worked examples do what they show."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tasks.bootstrap.prompting import INSTRUCTION
from tasks.bootstrap.worked_examples import SHIPPED, WorkedExample, worked_examples
from tasks.grading.base import GradingRequest
from tasks.grading.grader import open_grader
from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.grading.settings import GradingSettings
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.format import END_OF_CODE, END_OF_OUTPUT, END_OF_STEP, OUTPUT, code_of
from tasks.search.sampling import steps_of
from tests.sandbox.conftest import Bench
from warehouse.errors import BadInput

EXAMPLES = [(name, example) for name in SHIPPED for example in worked_examples(name)]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with closing(open_sandbox(SandboxSettings(n_workers=1))) as sandbox:
        assert isinstance(sandbox, ForkSandbox)
        yield Bench(sandbox)


def names(value: object) -> str | None:
    return value.statement[:24] if isinstance(value, WorkedExample) else None


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=names)
def test_a_shipped_example_prints_what_it_shows_and_its_answer_is_graded_right(
    name: str, example: WorkedExample, bench: Bench
) -> None:
    program, _, rest = example.solution.partition(END_OF_CODE)
    shown = rest.removeprefix(f"\n{OUTPUT}").partition(END_OF_OUTPUT)[0]
    ran = bench.grow(*(code_of(step) for step in steps_of(program)), tree_id=example.statement)
    assert [execution.outcome for execution in ran] == ["ok"] * len(ran)
    assert "".join(execution.stdout for execution in ran).rstrip("\n") == shown
    with closing(open_grader(GradingSettings())) as grader:
        grader.submit(GradingRequest(1, boxed_answer(example.solution) or "", shown))
        grades = []
        while grader.n_pending:
            grades += grader.poll(1.0)
    assert [grade.verdict for grade in grades] == ["correct"]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=names)
def test_every_step_of_a_shipped_example_begins_with_a_comment_and_has_code(name: str, example: WorkedExample) -> None:
    steps = steps_of(example.solution.partition(END_OF_CODE)[0])
    assert len(steps) >= 2
    for step in steps:
        code = code_of(step)
        assert code.startswith("# ")
        assert any(not line.startswith("#") for line in code.splitlines())


def test_only_the_last_step_of_a_shipped_example_prints() -> None:
    for _, example in EXAMPLES:
        *others, last = steps_of(example.solution.partition(END_OF_CODE)[0])
        assert "print(" in last
        assert not any("print(" in step for step in others)


def test_a_users_own_file_is_read_in_the_same_form(tmp_path: Path) -> None:
    mine = tmp_path / "mine.jsonl"
    example = worked_examples("word-problems")[0]
    mine.write_text(f"{example.model_dump_json()}\n\n")
    assert worked_examples(str(mine)) == (example,)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 1"),
        ('{"statement": "1 + 1?"}', "line 1"),
        ('{"statement": "1 + 1?", "solution": "\\nprint(2)\\n"}', END_OF_STEP),
        ("", "no worked example"),
    ],
)
def test_a_file_with_a_broken_example_is_refused_by_its_line(tmp_path: Path, line: str, complaint: str) -> None:
    mine = tmp_path / "mine.jsonl"
    mine.write_text(line)
    with pytest.raises(BadInput, match=complaint):
        worked_examples(str(mine))


def test_a_name_that_is_neither_a_set_nor_a_file_is_refused_with_the_sets() -> None:
    with pytest.raises(BadInput) as refused:
        worked_examples("algebra")
    assert "word-problems" in (refused.value.hint or "")


def test_models_are_told_that_nothing_can_be_drawn() -> None:
    assert "There is no matplotlib" in INSTRUCTION
    assert any("matplotlib is not there" in example.solution for example in worked_examples("competition"))
