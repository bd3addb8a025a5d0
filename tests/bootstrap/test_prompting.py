"""A prompted model sees worked examples; what comes back is as from any other policy."""

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from models.engines.base import Candidate, GenerationRequest
from tasks.bootstrap.engine import PromptedEngine, mended
from tasks.bootstrap.prompting import PROMPTING_FILE, STEP_OPENING, Prompting, opening_of, prompting_of
from tasks.bootstrap.worked_examples import worked_examples
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.format import END_OF_ANSWER, END_OF_CODE, END_OF_STEP, prompt
from tasks.search.mcts import grow_tree
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree, rows
from tests.search.fakes import FakeEngine, FakeGrader, FakeSandbox, never, toy_problem

EXAMPLES = worked_examples("word-problems")
PLAIN = Prompting.plain(EXAMPLES, ("<|im_end|>",))


class Untaught(FakeEngine):
    """Writes toy steps after worked examples alone, and forgets every mark."""

    def _candidate(self, request: GenerationRequest, seed: int) -> Candidate:
        assert request.prompt.startswith(PLAIN.head)
        asked = tuple(mark for mark in (END_OF_STEP, END_OF_CODE, END_OF_ANSWER) if mark in request.stop)
        opening = opening_of(asked)
        assert request.prompt.endswith(opening)
        so_far = request.prompt.split("<code>")[-1].removesuffix(opening)
        own = prompt(request.own_prompt.split("\n<|assistant|>")[0]) + so_far
        whole = super()._candidate(replace(request, prompt=own, stop=asked), seed)
        written = whole.text.removeprefix(opening)
        return replace(whole, text=written.replace(END_OF_STEP, "<|im_end|>").replace(END_OF_CODE, "\n<output>"))


def checkpoint(directory: Path, prompting: Prompting | None) -> Path:
    directory.mkdir()
    if prompting is not None:
        (directory / PROMPTING_FILE).write_text(prompting.model_dump_json())
    return directory


def tree(engine: PromptedEngine | FakeEngine) -> SearchTree:
    rng = random.Random(0)
    statement, answer = toy_problem([1, 2, 3])
    machinery = Machinery(engine, FakeSandbox(rng), FakeGrader(), time.perf_counter, never)
    driver: Driver[SearchTree] = Driver(machinery, window=1)
    search = grow_tree("t", "p", statement, SearchSettings(n_rollouts=8), Guidance(answer, scored=False))
    ((_, found),) = driver.run([("t", search)])
    return found


def test_a_tree_does_not_differ_by_whether_its_policy_was_taught_the_format() -> None:
    taught = tree(PromptedEngine(FakeEngine(random.Random(1)), None))
    untaught = tree(PromptedEngine(Untaught(random.Random(1)), PLAIN))
    assert [replace(row, repairs=()) for row in rows(untaught)] == list(rows(taught))


def test_what_was_mended_is_said_at_the_node() -> None:
    untaught = tree(PromptedEngine(Untaught(random.Random(1)), PLAIN))
    steps = [row for row in rows(untaught) if row.parent_id is not None]
    assert steps
    assert all("marker" in row.repairs for row in steps)


def test_a_prefix_is_presented_after_the_examples_with_its_steps_untouched() -> None:
    so_far = f"\n# One\nx = 1\n{END_OF_STEP}"
    shown = PLAIN.presented(prompt("What is 1 + 2?") + so_far, STEP_OPENING)
    assert shown.startswith(PLAIN.head)
    assert shown.endswith("What is 1 + 2?" + PLAIN.turn + so_far + STEP_OPENING)
    assert all(shown.count(example.statement) == 1 for example in EXAMPLES)


def test_the_tokens_of_the_examples_are_told_apart_from_a_problems_own() -> None:
    engine = PromptedEngine(Untaught(random.Random(1)), PLAIN)
    engine.submit(GenerationRequest(1, prompt("1+2"), (5,), 1.0, (END_OF_STEP, END_OF_CODE), 9))
    ((answer),) = engine.poll(0.0)
    assert 0 < answer.n_shared_tokens < answer.n_prompt_tokens


def test_other_weights_are_prompted_as_their_own_directory_says(tmp_path: Path) -> None:
    engine = PromptedEngine(FakeEngine(random.Random(1)), PLAIN)
    engine.load(checkpoint(tmp_path / "taught", None), None)
    request = GenerationRequest(1, prompt("1+2"), (5,), 1.0, (END_OF_STEP, END_OF_CODE), 9)
    engine.submit(request)
    assert engine.n_pending == 1
    ((answer),) = engine.poll(0.0)
    assert answer.candidates[0].repairs == ()


@pytest.mark.parametrize("written", ["", "<|im_end|>", "\n<output>"])
def test_a_model_that_adds_nothing_to_the_comment_it_was_given_has_ended_its_program(written: str) -> None:
    request = GenerationRequest(1, prompt("1+2"), (5,), 1.0, (END_OF_STEP, END_OF_CODE), 9)
    assert mended(Candidate(written, 1, "stop"), request, PLAIN.foreign_stops).text == f"\n{END_OF_CODE}"


@pytest.mark.parametrize("prompting", [PLAIN, None])
def test_a_prompting_is_read_back_from_its_checkpoint(tmp_path: Path, prompting: Prompting | None) -> None:
    assert prompting_of(checkpoint(tmp_path / "model", prompting)) == prompting
