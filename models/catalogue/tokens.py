"""What a model's tokenizer says: whether a text survives it, where a turn ends, and how the model's chat is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_STATEMENT: Final = "\x02the statement stands here\x03"
"""Stands for the statement while a conversation is rendered. No template changes it, and no text holds it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a user said, and what the model is to have answered."""

    said: str
    answered: str


@dataclass(frozen=True, slots=True)
class ChatFrame:
    """A rendered conversation around a place for one more statement: head {statement} turn {the model's answer}."""

    head: str
    turn: str


def open_tokenizer(directory: Path) -> Any:
    """Return the tokenizer of a model directory. Imports transformers, which takes seconds."""
    import transformers

    return transformers.AutoTokenizer.from_pretrained(directory, local_files_only=True)


def chat_frame(tokenizer: Any, instruction: str, exchanges: Sequence[Exchange]) -> ChatFrame | None:
    """Return the conversation as the model's own template writes it; None for a tokenizer without one.

    Some templates know no system: then the instruction stands before the first thing the user says.
    """
    import jinja2

    if tokenizer.chat_template is None:
        return None
    turns = [*exchanges, Exchange(_STATEMENT, "")]
    try:
        rendered = _rendered(tokenizer, [("system", instruction)], turns)
    except jinja2.TemplateError:
        first = Exchange(f"{instruction}\n\n{turns[0].said}", turns[0].answered)
        rendered = _rendered(tokenizer, [], [first, *turns[1:]])
    head, _, turn = rendered.partition(_STATEMENT)
    return ChatFrame(_without_doubled_start(tokenizer, head), turn)


def ends_of_turn(tokenizer: Any, not_these: Sequence[str]) -> tuple[str, ...]:
    """Return the special and added tokens of a tokenizer, but for some: none of them belongs into a solution."""
    named = dict.fromkeys([*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()])
    return tuple(token for token in named if token.strip() and token not in not_these)


def survives(tokenizer: Any, text: str) -> bool:
    """Return whether a text is the same after it was made tokens and text again, as every prefix and step is."""
    token_ids = tokenizer.encode(text, add_special_tokens=False)
    return bool(tokenizer.decode(token_ids, skip_special_tokens=False, clean_up_tokenization_spaces=False) == text)


def _rendered(tokenizer: Any, opening: Sequence[tuple[str, str]], turns: Sequence[Exchange]) -> str:
    messages = [{"role": role, "content": content} for role, content in opening]
    for turn in turns[:-1]:
        messages.append({"role": "user", "content": turn.said})
        messages.append({"role": "assistant", "content": turn.answered})
    messages.append({"role": "user", "content": turns[-1].said})
    # Qwen3's template leaves room for hidden thoughts unless it is told not to; others do not know the word.
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False))


def _without_doubled_start(tokenizer: Any, head: str) -> str:
    """Return a head without the start-of-text token that the tokenizer will put before it anyway."""
    start = tokenizer.bos_token
    if start and tokenizer.encode("a", add_special_tokens=True)[:1] == [tokenizer.bos_token_id]:
        return head.removeprefix(start)
    return head
