"""Which steps do the same: equal for all that can be executed, and never equal where something differs that can be seen."""

import contextlib
import io
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.search.format import END_OF_CODE, END_OF_STEP
from tasks.search.same_step import bound_names, what_it_does

STATE = "apples = 3\ndef price(boxes):\n    return 2 * boxes"


def step(code: str, end: str = END_OF_STEP) -> str:
    return f"\n{code}\n{end}"


def form(code: str, end: str = END_OF_STEP) -> str:
    return what_it_does(step(code, end), bound_names([STATE]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("# Count\ntotal = 3 * 4", "# Multiply the boxes\ncost = 3*4  # each"),
        ("def area(w, h):\n    return w * h", "def size(a, b):\n  return a * b"),
        ("import math\nr = math.sqrt(9)", "import math\nroot = math.sqrt(9)"),
        ("s = sum(i for i in range(3))", "total = sum(day for day in range(3))"),
        ("try:\n    a = 1 / 0\nexcept ValueError:\n    a = 2", "try:\n    b = 1 / 0\nexcept ValueError:\n    b = 2"),
        ("total = apples + 1", "n = apples + 1"),
    ],
)
def test_comments_layout_and_new_names_make_no_other_step(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a = 1\nb = 2", "b = 2\na = 1"),
        ("a = 1\nb = a", "a = 1\nb = 1"),
        ("a = 1\nb = 2\nc = a", "a = 1\nb = 2\nc = b"),
        ("a = 3", "a = 3.0"),
        ("a = 'x'", "a = 'y'"),
        ("apples = 4", "pears = 4"),  # one of them loses what the path knew
        ("pears = apples", "pears = pears"),
        ("a = sum([1])", "a = max([1])"),
        ("max = 1", "n = 1"),
        ("n = 1\nprint(f'{n=}')", "m = 1\nprint(f'{m=}')"),
        ("def f():\n    global a\n    a = 1", "def f():\n    global b\n    b = 1"),
        ("from math import sqrt", "from math import floor"),
        ("import math as m", "import cmath as m"),
        ("# nothing but a comment", "# another comment"),
        ("a = (", "b = ("),
        ("(" * 500 + "1" + ")" * 500, "(" * 500 + "2" + ")" * 500),
    ],
)
def test_what_can_be_told_apart_is_another_step(one: str, other: str) -> None:
    assert form(one) != form(other)


def test_the_last_step_is_no_other_step() -> None:
    assert form("print(3)") != form("print(3)", END_OF_CODE)


NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=3).map(lambda text: f"n_{text}")
LINES = (
    "{0} = 3",
    "{1} = {0} + 4",
    "{2} = [{1} * k for k in range({0})]",
    "def {3}({4}):\n    return {4} + {1}",
    "print({2}, {3}(2))",
)


@given(st.lists(NAMES, min_size=10, max_size=10, unique=True))
def test_programs_of_one_form_print_the_same(names: list[str]) -> None:
    programs = ["\n".join(LINES).format(*names[:5]), "\n".join(LINES).format(*names[5:])]
    assert form(programs[0]) == form(programs[1])
    assert printed(programs[0]) == printed(programs[1]) != ""


def printed(program: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program, {})
    return out.getvalue()
