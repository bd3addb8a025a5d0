"""Boxes: how people write them, several of them, and those that hold no answer. The same reader serves every text."""

import pytest

from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.grading.reading.reader import read


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so it is \boxed{7}.", "7"), (r"\boxed 7", "7"), (r"\boxed {7}", "7"), (r"\boxed7", "7"), (r"\fbox{7}", "7"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"), (r"\boxed \frac{1}{2}", r"\frac{1}{2}"), (r"\boxed{\boxed{7}}", "7"),
        (r"\boxed{\text{(B)}}", r"\text{(B)}"), (r"\boxed{x = \fbox{7}}", "7"), (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\[ \boxed{\left\{ x = 1 \right.} \]", r"\left\{ x = 1 \right."),
    ],
)  # fmt: skip
def test_a_box_is_read_in_every_spelling(text: str, answer: str) -> None:
    assert boxed_answer(text) == answer


@pytest.mark.parametrize("text", ["no box", r"\boxed{7", r"\boxed{}", r"\boxed{ }", r"\boxed{1} and \boxed{2", r"\boxed"])
def test_what_is_empty_or_unfinished_is_no_answer(text: str) -> None:
    assert boxed_answer(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"$x = \boxed{1}$ or $x = \boxed{2}$", "1, 2"), (r"\boxed{1}, \boxed{2} and \boxed{3}", "1, 2, 3"),
        (r"\boxed{1}\text{ and }\boxed{2}", "1, 2"), (r"\boxed{5} or \boxed{5}", "5"),
    ],
)  # fmt: skip
def test_boxes_with_nothing_but_separators_between_them_are_one_answer(text: str, answer: str) -> None:
    assert boxed_answer(text) == answer


def test_the_last_of_several_boxes_counts_where_words_stand_between_them() -> None:
    assert boxed_answer(r"First we find \boxed{3}. With it the area is \boxed{12}.") == "12"


def test_references_and_answers_are_read_with_their_boxes() -> None:
    assert read(r"Thus \boxed{12}.") == read("12")
    assert read(r"\boxed{12") is None
