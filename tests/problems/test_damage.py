"""LaTeX that JSON damaged is put back where nothing else can be meant, left where it is layout, and else refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.problems.damage import mended
from tasks.problems.files.json_rows import json_line_rows, json_rows
from tasks.problems.rows import RawRow


def row(**fields: str) -> RawRow:
    return RawRow(1, "", dict(fields))


def fixed(**fields: str) -> dict[str, object]:
    found = mended(row(**fields))
    assert found.doubt is None
    return dict(found.row.fields)


@pytest.mark.parametrize(
    "command", ["boxed{3}", "frac{1}{2}", "beta", "theta", "times 3", "neq 0", "right)", "rho", "text{ cm}", "binom52"]
)
def test_a_command_that_json_read_as_a_control_character_is_put_back(command: str) -> None:
    damaged = json.loads(f'"so \\{command} holds"')
    assert damaged[3] in "\b\f\n\r\t"
    assert fixed(question=damaged) == {"question": f"so \\{command} holds"}


@pytest.mark.parametrize("line", ['{"a": "\\sqrt{2}"}', '{"a": "x \\in S", "b": "\\mu"}', '{"a": "\\underline{x}"}'])
def test_backslashes_that_json_does_not_know_are_latex_s(line: str) -> None:
    (found,) = json_line_rows([line.encode()])
    assert found.is_mended
    assert mended(found).row.fields == json.loads(line.replace("\\", "\\\\"))


def test_an_array_with_such_backslashes_is_read_and_only_its_broken_rows_count_as_mended() -> None:
    text = '[{"a": "\\\\pi"}, {"a": "\\sqrt2"},\n {"a": "\\\\pi"}]'
    rows = list(json_rows(text.encode(), "here", None))
    assert [found.fields["a"] for found in rows] == [r"\pi", r"\sqrt2", r"\pi"]
    assert [(found.is_mended, found.line_number) for found in rows] == [(False, 1), (True, 1), (False, 2)]


def test_line_breaks_before_words_are_layout() -> None:
    text = "Solve for\nu in terms of\ne such that there\nexists a root.\n\tan extra tab"
    assert fixed(question=text) == {"question": text}


def test_a_letter_behind_a_line_break_is_layout_where_the_row_has_whole_commands() -> None:
    fields = {"question": "$\\alpha +\nu$", "answer": "\\pi"}
    assert fixed(**fields) == fields


def test_a_letter_behind_a_line_break_is_damage_where_the_row_has_other_damage() -> None:
    assert fixed(question="$\nu$ with $\theta$") == {"question": r"$\nu$ with $\theta$"}


def test_a_text_that_begins_with_what_may_be_damage_is_damaged() -> None:
    assert fixed(answer="\nu") == {"answer": r"\nu"}


def test_what_may_be_either_within_a_formula_is_doubtful() -> None:
    assert mended(row(question="Find $x +\nu$.")).doubt == r"in a formula, '\nu' may be a line break or what is left of \nu"


@pytest.mark.parametrize("text", ["fi\x0crst", "7\b", "\aword"])
def test_a_control_character_without_a_command_is_doubtful(text: str) -> None:
    doubt = mended(row(question=text)).doubt
    assert doubt is not None
    assert "stands for no LaTeX command" in doubt


def test_commands_with_two_backslashes_lose_one_where_none_has_one() -> None:
    assert fixed(answer=r"\\frac{1}{2}") == {"answer": r"\frac{1}{2}"}
    lines = r"\begin{cases} 1 \\ 2 \\\text{else} \end{cases}"
    assert fixed(answer=lines) == {"answer": lines}


def test_texts_inside_of_lists_and_objects_are_mended_too() -> None:
    found = mended(RawRow(1, "", {"prompt": [{"content": "\frac12"}]}))
    assert found.row.fields == {"prompt": [{"content": r"\frac12"}]}
    assert found.is_mended


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_a_text_without_control_characters_and_doubled_backslashes_is_never_changed(text: str) -> None:
    if "\\\\" not in text:
        assert fixed(question=text) == {"question": text}
