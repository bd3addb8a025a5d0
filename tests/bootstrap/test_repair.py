"""What a prompted model writes becomes the published step format, and what was mended is said."""

import pytest

from models.engines.base import Candidate
from tasks.bootstrap.repair import mended_answer, mended_program, mended_step
from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.search.format import END_OF_ANSWER, END_OF_CODE, END_OF_STEP, is_final
from tasks.search.sampling import steps_of

FOREIGN = ("<|im_end|>", "<|user|>")
STEP = "\n# Add them\ntotal = 1 + 2\n"
LAST = "\n# Print the answer\nprint(total)\n"


def step(text: str, *, ended: bool = True) -> tuple[str, str, tuple[str, ...]]:
    mended = mended_step(Candidate(text, 9, "stop"), FOREIGN, ended=ended)
    return mended.text, mended.finish, mended.repairs


@pytest.mark.parametrize("text", [f"{STEP}{END_OF_STEP}", f"{LAST}{END_OF_CODE}", f"\n{END_OF_CODE}"])
def test_a_step_in_the_format_stays_as_it_is(text: str) -> None:
    assert step(text) == (text, "stop", ())


@pytest.mark.parametrize(
    ("written", "ended", "text", "repairs"),
    [
        (STEP, True, f"{STEP}{END_OF_STEP}", ("marker",)),
        (LAST, True, f"{LAST}{END_OF_CODE}", ("marker",)),
        (f"{LAST}<|im_end|>", True, f"{LAST}{END_OF_CODE}", ("marker",)),
        (f"{LAST}\n<output>", True, f"{LAST}{END_OF_CODE}", ("marker",)),
        ("<|im_end|>", True, f"\n{END_OF_CODE}", ("marker",)),
        (f"\n```python{STEP}{END_OF_STEP}", True, f"{STEP}{END_OF_STEP}", ("fence",)),
        (f"```python{LAST}```\nThe answer is 3.", False, f"{LAST}{END_OF_CODE}", ("fence", "marker")),
        (f"\nLet us add the numbers.{STEP}{END_OF_STEP}", True, f"\n# Let us add the numbers.{STEP}{END_OF_STEP}", ("prose",)),
        (f"{STEP}{STEP}# And then", False, f"{STEP}{END_OF_STEP}", ("marker", "cut")),
        (f"{STEP}{STEP}{LAST}{END_OF_CODE}", True, f"{STEP}{END_OF_STEP}", ("split",)),
    ],
    ids=["no mark", "no mark, printed", "end of turn", "output invented", "nothing left", "fence", "fenced program", "prose",
         "cut", "whole solution"],
)  # fmt: skip
def test_a_step_out_of_format_is_mended(written: str, ended: bool, text: str, repairs: tuple[str, ...]) -> None:  # noqa: FBT001
    assert step(written, ended=ended) == (text, "stop", repairs)


def test_a_step_that_the_limit_cut_in_its_middle_stays_truncated() -> None:
    cut = Candidate("\n# Add them\ntotal = 1 +", 9, "length")
    assert mended_step(cut, FOREIGN, ended=False) == cut


def test_code_that_is_no_python_for_another_reason_is_left_to_fail() -> None:
    text = f"\n# Add them\ntotal = (1 + 2\n{END_OF_STEP}"
    assert step(text) == (text, "stop", ())


def test_two_comments_in_one_step_stay_together() -> None:
    text = f"{STEP}# Twice\ntwice = 2 * total\n{END_OF_STEP}"
    assert step(text) == (text, "stop", ())


def program(text: str, *, ended: bool = True) -> Candidate:
    return mended_program(Candidate(text, 9, "length"), FOREIGN, ended=ended)


def test_a_program_without_marks_is_cut_into_steps_and_loses_nothing() -> None:
    mended = program(f"{STEP}{STEP}{LAST}")
    assert [is_final(one) for one in steps_of(mended.text)] == [False, False, True]
    assert mended.text.replace(END_OF_STEP, "").replace(END_OF_CODE, "").split() == f"{STEP}{STEP}{LAST}".split()
    assert mended.repairs == ("split", "marker")
    assert mended.finish == "stop"


def test_a_program_that_goes_on_to_invent_its_output_ends_before_it() -> None:
    mended = program(f"{STEP}{END_OF_STEP}{LAST}{END_OF_STEP}\n<output>", ended=False)
    assert mended.text == f"{STEP}{END_OF_STEP}{LAST}{END_OF_CODE}"
    assert mended.repairs == ("marker",)


def test_a_program_in_the_format_stays_as_it_is() -> None:
    text = f"{STEP}{END_OF_STEP}{LAST}{END_OF_CODE}"
    assert program(text) == Candidate(text, 9, "stop")


def test_a_program_that_the_limit_cut_stays_unfinished() -> None:
    assert program(f"{STEP}{END_OF_STEP}\n# And", ended=False).finish == "length"


def answer(text: str, printed: str = "7\n12") -> Candidate:
    prefix = f"...<output>1<end_of_output>...{END_OF_CODE}\n<output>{printed}<end_of_output>"
    return mended_answer(Candidate(text, 9, "stop"), prefix, FOREIGN)


def test_an_answer_in_the_format_stays_as_it_is() -> None:
    text = rf"{chr(10)}<answer>There are \boxed{{12}} eggs.{END_OF_ANSWER}"
    assert answer(text) == Candidate(text, 9, "stop")


def test_an_answer_without_a_box_is_written_around_the_last_line_that_was_printed() -> None:
    mended = answer("\n<answer>There are 12 eggs.")
    assert boxed_answer(mended.text) == "12"
    assert mended.repairs == ("answer",)


def test_an_answer_that_runs_on_ends_with_the_line_of_its_box() -> None:
    mended = answer("\n<answer>There are \\boxed{12} eggs.\nAnother problem: \\boxed{5}")
    assert mended.text == rf"{chr(10)}<answer>There are \boxed{{12}} eggs.{END_OF_ANSWER}"
    assert mended.repairs == ("marker", "run_on")


def test_a_program_that_printed_nothing_gets_no_answer() -> None:
    assert boxed_answer(answer("\n<answer>There are 12 eggs.", printed="").text) is None
