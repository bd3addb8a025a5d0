"""Labelled solutions are read line by line; the published form holds the same text as ours."""

import json
from pathlib import Path

import pytest

from tasks.interchange.published import TextPair, published_example, published_pair
from tasks.interchange.solutions import final_answer, path_of, read_solutions
from tasks.problems.readers import read_rows
from tasks.problems.rows import Json, RawRow, RowError
from tasks.search.format import ASSISTANT, CODE, USER, prompt

ROW: dict[str, Json] = {
    "question": "How many?",
    "ground_truth": "It is 1,000 + 80.\nA: 1,080",
    "small": {"is_correct": True, "solution": "First.\n\nThen.\nA: 1,080"},
    "large": {"is_correct": False, "solution": "I run on and on"},
}


def test_a_solution_is_a_path_of_its_lines_that_ends_in_the_answer() -> None:
    solved = read_solutions(RawRow(1, "", ROW))
    assert (solved.answer, [(one.author, one.answer, one.label) for one in solved.solutions]) == (
        "1080",
        [("small", "1080", "correct"), ("large", None, "wrong")],
    )
    path = path_of(solved, solved.solutions[0], "p", "correct", "exact")
    assert [node.text for node in path] == [prompt("How many?"), "\nFirst.", "\nThen.", "\nA: 1,080"]
    assert [(node.parent_id, node.ending, node.verdict, node.q_value) for node in path] == [
        (None, None, None, 1.0),
        (0, None, None, 1.0),
        (1, None, None, 1.0),
        (2, "answer", "correct", 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A: 5", "5"),
        ("x\n#### 1,234", "1234"),
        ("so \\boxed{7}", "7"),
        ("A: 1\nA: 2", "2"),
        ("none", None),
        ("A: 1, 2", "1, 2"),
    ],
)
def test_the_answer_of_a_solution(text: str, answer: str | None) -> None:
    assert final_answer(text) == answer


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"question": ""}, "no question"),
        ({"ground_truth": "?"}, "no answer in ground_truth"),
        ({"small": 1, "large": 2}, "no solution"),
    ],
)
def test_a_broken_row_is_named(changed: dict[str, Json], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        read_solutions(RawRow(1, "", ROW | changed))


def test_the_published_sft_form_holds_the_same_text() -> None:
    example = published_example(prompt("What is 1 + 1?"), "\nprint(2)\n<end_of_code>")
    assert example == {"query": "What is 1 + 1?", "response": "<code>\nprint(2)\n<end_of_code>"}


def test_published_pairs_join_to_the_same_text_and_begin_where_theirs_do() -> None:
    first = TextPair("step", prompt("s"), "\na<end_of_step>", "\nb<end_of_step>", 1, 2)
    later = TextPair("step", prompt("s") + "\na<end_of_step>", "\nc", "\nd", 2, 2)
    whole = TextPair("answer", prompt("s"), "\na\nc", "\nb", 1, 1)
    heads = {"step": f"{USER}s{ASSISTANT}", "answer": f"{USER}s"}
    for pair in (first, later, whole):
        published = published_pair(pair)
        assert f"{published['prompt']}{published['pos']}" == pair.prompt + pair.chosen
        assert f"{published['prompt']}{published['neg']}" == pair.prompt + pair.rejected
        assert (published["pos_count"], published["neg_count"]) == (pair.n_chosen, pair.n_rejected)
    assert published_pair(first)["prompt"] == heads["step"]
    assert str(published_pair(first)["pos"]).startswith(CODE)
    assert published_pair(whole)["prompt"] == heads["answer"]
    assert str(published_pair(whole)["pos"]).startswith(ASSISTANT + CODE)


def test_the_samples_of_rstar_math_are_written_again_as_they_are(real_data: Path) -> None:
    examples = json.loads((real_data / "rstar_sft_examples.json").read_text(encoding="utf-8"))
    assert len(examples) == 8
    for sample in examples:
        written = published_example(prompt(sample["query"]), sample["response"].removeprefix(CODE))
        assert list(written.items()) == list(sample.items())
    pairs = json.loads((real_data / "rstar_ppm_examples.json").read_text(encoding="utf-8"))
    assert {ASSISTANT in sample["prompt"] for sample in pairs} == {True, False}
    for sample in pairs:
        is_step = ASSISTANT in sample["prompt"]
        opening = "" if is_step else ASSISTANT + CODE
        chosen, rejected = (sample[side].removeprefix(opening) for side in ("pos", "neg"))
        kind = "step" if is_step else "answer"
        pair = TextPair(kind, sample["prompt"] + opening, chosen, rejected, sample["pos_count"], sample["neg_count"])
        assert list(published_pair(pair).items()) == list(sample.items())


def test_every_row_of_gsm8ks_model_solutions_can_be_read(real_data: Path) -> None:
    solved = [read_solutions(row) for row in read_rows(real_data / "gsm8k/example_model_solutions.jsonl")]
    assert len(solved) == 1319
    assert sum(len(one.solutions) for one in solved) == 4 * 1319
    assert sum(solution.answer is None for one in solved for solution in one.solutions) == 11
