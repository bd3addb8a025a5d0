"""The word-level tokenizer: exact text, the same tokens whether a step is read alone or in its prefix, unchanged on disk."""

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast, Qwen3Config

from models.scratch.word_tokenizer import train_word_tokenizer
from tasks.domains.mathematics.student_work import flawed_solutions
from tasks.search.format import ASSISTANT, END_OF_STEP, MARKERS, USER, observed

WHOLE = (USER, ASSISTANT, *MARKERS)
PRINTABLE = "".join(sorted(set(string.printable) - set("\x0b\x0c\r")))


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_word_tokenizer([work.prompt + work.solution for work in flawed_solutions(0, 1500)], WHOLE)


def ids(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    encoded: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return encoded


def test_unseen_problems_and_solutions_come_back_exactly(tokenizer: PreTrainedTokenizerFast) -> None:
    for work in flawed_solutions(1, 300):
        text = work.prompt + work.solution
        encoded = ids(tokenizer, text)
        assert tokenizer.decode(encoded, skip_special_tokens=False) == text
        assert tokenizer.unk_token_id not in encoded


@given(st.text(PRINTABLE, max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_printable_text_comes_back_exactly(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    block = observed(text)
    encoded = ids(tokenizer, block)
    assert tokenizer.decode(encoded, skip_special_tokens=False) == block
    assert tokenizer.unk_token_id not in encoded


@given(st.integers(min_value=-(10**30), max_value=10**30))
@settings(max_examples=200, deadline=None)
def test_any_integer_can_be_written_and_is_copied_by_the_same_tokens(tokenizer: PreTrainedTokenizerFast, number: int) -> None:
    shown, boxed = ids(tokenizer, observed(str(number))), ids(tokenizer, f"\\boxed{{{number}}}")
    digits = ids(tokenizer, str(number))
    assert shown[2:-1] == digits
    assert boxed[1:-1] == digits


def test_a_prefix_has_the_tokens_of_its_parts(tokenizer: PreTrainedTokenizerFast) -> None:
    for work in flawed_solutions(2, 200):
        steps = work.solution.split(END_OF_STEP)
        parts = [work.prompt, *(f"{step}{END_OF_STEP}" for step in steps[:-1]), steps[-1]]
        assert ids(tokenizer, "".join(parts)) == [token for part in parts for token in ids(tokenizer, part)]


def test_each_marker_and_set_phrase_is_one_token(tokenizer: PreTrainedTokenizerFast) -> None:
    assert all(len(ids(tokenizer, marker)) == 1 for marker in WHOLE)


def test_beside_a_qwen3_config_it_is_reloaded_unchanged(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    Qwen3Config(vocab_size=len(tokenizer)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    reloaded = AutoTokenizer.from_pretrained(tmp_path)
    assert reloaded.get_vocab() == tokenizer.get_vocab()
    assert (reloaded.eos_token_id, reloaded.pad_token_id) == (tokenizer.eos_token_id, tokenizer.pad_token_id)
    for work in flawed_solutions(3, 50):
        text = work.prompt + work.solution
        assert reloaded.encode(text) == tokenizer.encode(text) == ids(tokenizer, text)
