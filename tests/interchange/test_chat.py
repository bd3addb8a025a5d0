"""Training data as conversations: with the markers the very text that trains here, without them Markdown."""

import json
from pathlib import Path

from tasks.interchange.chat import as_markdown, chat_example, chat_pair, parts
from tasks.search.format import CODE, MARKERS, prompt

SOLUTION = (
    "\n# first\nx = 1/0\n<end_of_step>\n<output>ZeroDivisionError: division by zero<end_of_output>"
    "\n# second\nx = 1\n<end_of_step>\n# last\nprint(x)\n<end_of_code>\n<output>1<end_of_output>"
    "\n<answer>It is \\boxed{1}.<end_of_answer>"
)


def test_kept_markers_hold_the_text_that_trains_here() -> None:
    system, user, assistant = chat_example(prompt("How many?"), SOLUTION, "keep")["messages"]
    assert user == {"role": "user", "content": "How many?"}
    assert assistant == {"role": "assistant", "content": CODE + SOLUTION}
    assert system["role"] == "system" and "<end_of_step>" in system["content"]


def test_without_markers_a_solution_is_blocks_of_code_and_output_and_the_answer_in_words() -> None:
    messages = chat_example(prompt("How many?"), SOLUTION, "strip")["messages"]
    assert messages[2]["content"] == (
        "```python\n# first\nx = 1/0\n```\n```output\nZeroDivisionError: division by zero\n```\n"
        "```python\n# second\nx = 1\n\n# last\nprint(x)\n```\n```output\n1\n```\nIt is \\boxed{1}."
    )
    assert not [marker for message in messages for marker in MARKERS if marker in message["content"]]


def test_a_program_that_printed_nothing_shows_an_empty_output() -> None:
    assert as_markdown("x = 1\n<end_of_code>\n<output><end_of_output>") == "```python\nx = 1\n```\n```output\n\n```"


def test_backticks_in_code_do_not_end_its_block() -> None:
    assert as_markdown("s = '```'") == "````python\ns = '```'\n````"


def test_both_sides_of_a_pair_of_steps_begin_with_the_steps_before_them() -> None:
    before = "\n# a\nx = 1\n<end_of_step>"
    pair = chat_pair(prompt("s") + before, "\n# b\n<end_of_step>", "\n# c\n<end_of_step>", "keep")
    assert [message["role"] for message in pair["prompt"]] == ["system", "user"]
    assert pair["prompt"][1]["content"] == "s"
    assert [side["content"] for side in (pair["chosen"][0], pair["rejected"][0])] == [
        f"{CODE}{before}\n# b\n<end_of_step>",
        f"{CODE}{before}\n# c\n<end_of_step>",
    ]


def test_the_samples_of_rstar_math_lose_their_markers_and_nothing_else(real_data: Path) -> None:
    for sample in json.loads((real_data / "rstar_sft_examples.json").read_text(encoding="utf-8")):
        kinds = [part.kind for part in parts(sample["response"])]
        assert kinds[-3:] == ["code", "output", "answer"] and set(kinds[:-2]) == {"code"}
        shown = as_markdown(sample["response"])
        assert not [marker for marker in MARKERS if marker in shown]
        assert all(part.text.strip() in shown for part in parts(sample["response"]))
