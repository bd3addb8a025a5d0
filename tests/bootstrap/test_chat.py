"""A model's own chat template around worked examples."""

from typing import Any

import pytest

from flows.data.prompted_bases import prompting_for
from models.catalogue.tokens import Exchange, chat_frame, ends_of_turn, survives
from tasks.bootstrap.prompting import INSTRUCTION
from tasks.bootstrap.worked_examples import worked_examples
from tasks.search.format import END_OF_STEP, MARKERS, prompt
from tests.models.real_shapes import bpe_tokenizer
from warehouse.errors import BadInput

EXAMPLES = worked_examples("word-problems")
NO_SYSTEM = (
    "{{ bos_token }}{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "[{{ message.role }}]{{ message.content }}{% endfor %}{% if add_generation_prompt %}[model]{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return bpe_tokenizer()


def test_a_chat_shows_the_instruction_every_example_and_then_the_statement_with_its_steps(tokenizer: Any) -> None:
    shown = prompting_for(tokenizer, EXAMPLES, "chat").presented(
        prompt("What is 1 + 2?") + f"\n# One\nx = 1\n{END_OF_STEP}", ""
    )
    parts = [INSTRUCTION, *(text for one in EXAMPLES for text in (one.statement, one.solution)), "What is 1 + 2?", "# One"]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    assert shown.endswith(f"<|im_start|>assistant\n<code>\n# One\nx = 1\n{END_OF_STEP}")
    assert shown.count("<|im_start|>user") == len(EXAMPLES) + 1


def test_a_template_that_knows_no_system_gets_the_instruction_with_the_first_statement(tokenizer: Any) -> None:
    own = bpe_tokenizer()
    own.chat_template = NO_SYSTEM
    frame = chat_frame(own, "Be brief.", [Exchange("1?", "one"), Exchange("2?", "two")])
    assert frame is not None
    assert frame.head.endswith("[user]Be brief.\n\n1?[assistant]one[user]2?[assistant]two[user]")
    assert frame.turn == "[model]"


def test_a_start_of_text_that_the_tokenizer_adds_itself_is_not_written_twice() -> None:
    from tokenizers import processors

    own = bpe_tokenizer()
    own.add_special_tokens({"bos_token": "<|endoftext|>"})
    own.chat_template = NO_SYSTEM
    own.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", own.bos_token_id)]
    )
    frame = chat_frame(own, "Be brief.", [Exchange("1?", "one")])
    assert frame is not None
    assert own.encode(frame.head).count(own.bos_token_id) == 1


def test_a_model_without_a_template_cannot_chat(tokenizer: Any) -> None:
    own = bpe_tokenizer()
    own.chat_template = None
    assert chat_frame(own, "Be brief.", []) is None
    with pytest.raises(BadInput, match="chat template"):
        prompting_for(own, EXAMPLES, "chat")


def test_the_tokens_that_end_a_turn_are_the_special_ones_and_never_a_mark_of_the_format() -> None:
    own = bpe_tokenizer()
    own.add_tokens([END_OF_STEP], special_tokens=True)
    assert set(ends_of_turn(own, MARKERS)) == {"<|endoftext|>", "<|im_start|>", "<|im_end|>"}


def test_the_step_format_survives_a_byte_level_tokenizer_and_not_one_that_forgets_line_ends(tokenizer: Any) -> None:
    from tests.models.random_model import _WORDS

    assert survives(tokenizer, f"# ü\n  x = 1\n{END_OF_STEP}")
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({word: row for row, word in enumerate(["?", *_WORDS])}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    assert not survives(PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?"), "a\nb")
