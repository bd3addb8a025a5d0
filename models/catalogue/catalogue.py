"""The models that a user added, by name: `<root>/<name>/model/` holds a model's files, `<root>/<name>/card.json` what is known.

The card stands beside the files and not among them, because a checkpoint's id is made of a model's files alone.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from models.catalogue.card import CARD, ModelCard, Template, stated_licence
from models.catalogue.gguf import SUFFIX, convert_gguf
from models.catalogue.hub import download
from models.catalogue.shape import shape_of
from models.catalogue.tokens import open_tokenizer, survives
from models.checkpoints.store import CheckpointBroken, require_model_files
from warehouse.errors import BadInput

ROOT_VARIABLE: Final = "STARGROVE_MODELS"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PADDING_ROW: Final = re.compile(r"\[PAD\d+\]")
"""What GGUF files call the rows of the vocabulary that no token uses."""
_HUB: Final = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[\w./-]+)")


def models_root(home: Path) -> Path:
    """Return where models lie by name: $STARGROVE_MODELS, which homes may share, or a directory of the home."""
    return Path(os.environ.get(ROOT_VARIABLE) or home / "models")


class Catalogue:
    """The models under one directory. marks: of the step format, each of which a tokenizer has to keep whole as text."""

    def __init__(self, root: Path, marks: Sequence[str]) -> None:
        self.root = root
        self._marks = tuple(marks)

    def names(self) -> list[str]:
        """Return the names of all models, sorted."""
        return sorted(path.parent.name for path in self.root.glob(f"*/{CARD}"))

    def card(self, name: str) -> ModelCard:
        """Return what is known of a model. Raises BadInput for a name that nobody gave."""
        path = self.root / name / CARD
        if not path.is_file():
            known = ", ".join(self.names()) or "none yet"
            raise BadInput(f"no model {name!r} in {self.root}", hint=f"known: {known}; add: stargrove model add NAME SOURCE")
        try:
            return ModelCard.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise CheckpointBroken(
                f"{path} cannot be read: {error.errors()[0]['msg']}", hint=f"remove {path.parent} and add the model again"
            ) from error

    def directory(self, name: str) -> Path:
        """Return the directory with a model's files."""
        return self.root / name / "model"

    def add(self, name: str, source: str) -> ModelCard:
        """Return the card of a model taken from a directory, a GGUF file or OWNER/NAME@REVISION of a hub.

        Raises BadInput where the name is taken or no name, or the source is none.
        """
        if not _NAME.fullmatch(name):
            raise BadInput(f"{name!r} is no name for a model", hint="use letters, digits, dots, dashes and underscores")
        if (self.root / name / CARD).exists():
            raise BadInput(f"there is a model {name!r} already", hint=f"choose another name, or remove {self.root / name}")
        self.root.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that what has the final name is whole.
        with tempfile.TemporaryDirectory(dir=self.root, prefix=f".{name}-") as work:
            draft = Path(work) / name
            brought = _bring(source, draft / "model")
            card = self._described(name, source, brought, draft / "model")
            _write(card, draft / CARD)
            draft.rename(self.root / name)
        return card

    def note_template(self, name: str, template: Template) -> ModelCard:
        """Return the card after writing down how the model is better prompted."""
        card = self.card(name).model_copy(update={"template": template})
        _write(card, self.root / name / CARD)
        return card

    def found(self, base: str) -> tuple[Path, ModelCard | None]:
        """Return the directory of a base, given by name, as a directory or as a GGUF file, and its card where it has one.

        A GGUF file is converted once and kept under its name and the beginning of its hash.
        """
        if (self.root / base / CARD).is_file():
            return self.directory(base), self.card(base)
        path = Path(base)
        if path.suffix != SUFFIX:
            return path, None
        if not path.is_file():
            raise BadInput(f"no file {path}", hint="name a GGUF file, a directory, or a model of: stargrove model list")
        name = f"{path.stem}-{_sha256(path)[:12]}"
        card = self.card(name) if name in self.names() else self.add(name, base)
        return self.directory(name), card

    def _described(self, name: str, source: str, brought: "_Brought", directory: Path) -> ModelCard:
        shape = shape_of(directory)
        tokenizer = open_tokenizer(directory)
        used = {row for token, row in tokenizer.get_vocab().items() if not _PADDING_ROW.fullmatch(token)}
        return ModelCard(
            name=name,
            source=source,
            revision=brought.revision,
            shape=shape,
            licence=brought.licence or stated_licence(directory),
            has_chat_template=tokenizer.chat_template is not None,
            survives=survives(tokenizer, "".join(f"{mark}\n# 1 + 2 = 3\nx = 'ü'\n" for mark in self._marks)),
            mark_tokens=max(len(tokenizer.encode(mark, add_special_tokens=False)) for mark in self._marks),
            n_unused_rows=max(0, shape.vocabulary_size - len(used)),
        )


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a source says of a model beside its files: a hub's commit, a GGUF file's licence."""

    revision: str | None = None
    licence: str | None = None


def _bring(source: str, directory: Path) -> _Brought:
    """Write a source's files to a new directory."""
    path = Path(source)
    if path.suffix == SUFFIX and path.is_file():
        return _Brought(licence=convert_gguf(path, directory))
    if path.is_dir():
        require_model_files(path)
        directory.mkdir(parents=True)
        for file in path.iterdir():
            if file.is_file():
                shutil.copyfile(file, directory / file.name)
        return _Brought()
    hub = _HUB.fullmatch(source)
    if hub is None:
        raise BadInput(
            f"{source!r} is no source of a model",
            hint="name a directory, a GGUF file, or OWNER/NAME@REVISION of a model hub (a revision is needed: names move on)",
        )
    return _Brought(revision=download(hub["repository"], hub["revision"], directory))


def _write(card: ModelCard, path: Path) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
