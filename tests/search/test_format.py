from hypothesis import given
from hypothesis import strategies as st

from tasks.search.format import (
    END_OF_CODE,
    END_OF_STEP,
    code_of,
    is_final,
    observed,
    observed_spans,
    prompt,
)


def test_a_prompt_ends_where_the_policy_starts():
    assert prompt("1 + 1 ?") == (
        "<|user|>:\n1 + 1 ?\n<|assistant|>: Let's think step by step and solve the problem with code.<code>"
    )


def test_code_of_a_final_node_leaves_out_output_and_answer():
    text = f"\n# show\nprint(1)\n{END_OF_CODE}{observed('1')}\n<answer>\\boxed{{1}}<end_of_answer>"
    assert code_of(text) == "# show\nprint(1)"
    assert code_of(f"\nx = 1\n{END_OF_STEP}{observed('boom')}") == "x = 1"
    assert is_final(f"\nprint(1)\n{END_OF_CODE}")
    assert not is_final(f"\nx = 1\n{END_OF_STEP}")


@given(st.lists(st.text(alphabet="ab 1\n", max_size=8), max_size=4))
def test_observed_spans_cover_exactly_what_was_observed(outputs):
    text = "".join(f"\ncode\n{END_OF_STEP}{observed(output)}" for output in outputs)
    assert [text[start:end] for start, end in observed_spans(text)] == [observed(output) for output in outputs]
