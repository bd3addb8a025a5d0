"""Does a model know the step format? Where it does not, its checkpoint says how it is to be prompted."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from models.catalogue.card import ModelCard
from models.catalogue.tokens import Exchange, chat_frame, ends_of_turn, open_tokenizer
from models.checkpoints.store import MANIFEST, require_model_files
from tasks.bootstrap.prompting import INSTRUCTION, PROMPTING_FILE, Prompting
from tasks.bootstrap.settings import BootstrapSettings
from tasks.bootstrap.worked_examples import WorkedExample, worked_examples
from tasks.search.format import CODE, END_OF_STEP, MARKERS
from warehouse.errors import BadInput

_MOST_OF_THE_CONTEXT: Final = 2 / 3
"""Of a context that worked examples may take: the rest is for the problem and its solution."""


@contextmanager
def with_prompting(
    directory: Path, settings: BootstrapSettings, card: ModelCard | None, max_model_len: int, of_domain: str
) -> Iterator[Path]:
    """Yield a directory with the files of the model and, where it must be prompted, the file that says how.

    of_domain: the examples of the problems' domain, for `auto`.
    Raises BadInput where the examples leave no room for a problem in a context of max_model_len tokens.
    """
    examples = settings.examples
    if examples == "auto":
        examples = "none" if knows_the_format(directory) else of_domain
    if examples == "none":
        yield directory
        return
    require_model_files(directory)
    tokenizer = open_tokenizer(directory)
    prompting = prompting_for(tokenizer, worked_examples(examples), _template(settings, card))
    n_tokens = len(tokenizer.encode(prompting.head))
    if n_tokens > max_model_len * _MOST_OF_THE_CONTEXT:
        raise BadInput(
            f"the worked examples take {n_tokens} tokens of engine.max_model_len = {max_model_len}",
            hint=f"set engine.max_model_len to {_round_up(2 * n_tokens)} or so, or give fewer examples (bootstrap.examples)",
        )
    with tempfile.TemporaryDirectory(prefix="stargrove-base-") as work:
        staged = Path(work)
        for file in directory.iterdir():
            (staged / file.name).symlink_to(file.resolve())
        (staged / PROMPTING_FILE).write_text(prompting.model_dump_json(indent=2) + "\n", encoding="utf-8")
        yield staged


def knows_the_format(directory: Path) -> bool:
    """Return whether a model was made for the step format: by Stargrove, or with a tokenizer that has the format's marks."""
    tokenizer = directory / "tokenizer.json"
    return (directory / MANIFEST).exists() or not tokenizer.exists() or END_OF_STEP in tokenizer.read_text(encoding="utf-8")


def prompting_for(tokenizer: Any, examples: tuple[WorkedExample, ...], template: str) -> Prompting:
    """Return how a model with this tokenizer is prompted, by its chat template or in plain text.

    Raises BadInput for a chat with a model that has no template.
    """
    stops = ends_of_turn(tokenizer, MARKERS)
    if template == "plain":
        return Prompting.plain(examples, stops)
    exchanges = [Exchange(example.statement, CODE + example.solution) for example in examples]
    frame = chat_frame(tokenizer, INSTRUCTION, exchanges)
    if frame is None:
        raise BadInput('bootstrap.template = "chat": the model has no chat template', hint='set it to "plain" or "auto"')
    return Prompting.chat(frame.head, frame.turn, stops)


def _template(settings: BootstrapSettings, card: ModelCard | None) -> str:
    """Return the setting; where it leaves that open, what the card says; plain text where that says nothing either.

    Qwen2.5-Coder-0.5B-Instruct solves 7 of GSM8K's first 40 test problems from plain text, 4 by its chat template.
    """
    if settings.template != "auto":
        return settings.template
    return "plain" if card is None or card.template is None else card.template


def _round_up(n_tokens: int) -> int:
    return -(-n_tokens // 512) * 512
