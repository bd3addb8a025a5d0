"""Does a base know the step format? Where it does not, its checkpoint says how it is to be prompted."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.checkpoints.store import MANIFEST, require_model_files
from tasks.bootstrap.prompting import PROMPTING_FILE, Prompting
from tasks.bootstrap.settings import BootstrapSettings
from tasks.bootstrap.worked_examples import worked_examples
from tasks.search.format import END_OF_STEP, MARKERS


@contextmanager
def with_prompting(directory: Path, settings: BootstrapSettings) -> Iterator[Path]:
    """Yield a directory with the files of the model and, where it must be prompted, the file that says how."""
    examples = settings.examples
    if examples == "auto":
        examples = "none" if knows_the_format(directory) else "word-problems"
    if examples == "none":
        yield directory
        return
    require_model_files(directory)
    prompting = Prompting.plain(worked_examples(examples), ends_of_turn(directory))
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


def ends_of_turn(directory: Path) -> tuple[str, ...]:
    """Return the special tokens of a model's tokenizer, none of which belongs into a solution."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(directory, local_files_only=True)
    named = dict.fromkeys([*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()])
    return tuple(token for token in named if token.strip() and token not in MARKERS)
