"""The prompt: several lines until a semicolon, history in the home, completion, colours. All of it is prompt_toolkit's."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from warehouse.sql.catalog import Relation
from warehouse.sql.shell.completion import Vocabulary, offers, word_before
from warehouse.sql.shell.statement import is_whole
from warehouse.sql.statements import list_queries

PROMPT = "stargrove> "
CONTINUED = "      ...> "


class LakeCompleter(Completer):
    """Completes with the words of a lake."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield what may stand where the cursor is."""
        before = document.text_before_cursor
        for offer in offers(before, document.text, self._vocabulary):
            yield Completion(offer.word, start_position=-len(word_before(before)), display_meta=offer.meaning)


def open_prompt(home: Path, relations: Mapping[str, Relation], keywords: Sequence[str]) -> Callable[[], str]:
    """Return a function that reads a statement or a command. It raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D."""
    session: PromptSession[str] = PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=CONTINUED,
        history=history_of(home),
        completer=LakeCompleter(Vocabulary(relations, list_queries(), keywords)),
        complete_while_typing=False,
        key_bindings=_bindings(),
        lexer=PygmentsLexer(SqlLexer),
    )
    return session.prompt


def history_of(home: Path) -> History:
    """Return what was typed before in this home; where that cannot be written, of this session alone."""
    path = home / "sql_history"
    return FileHistory(str(path)) if os.access(path if path.exists() else home, os.W_OK) else InMemoryHistory()


def _bindings() -> KeyBindings:
    """Return what Enter does: it ends a whole statement, and begins another line of one that is not."""
    bindings = KeyBindings()

    @bindings.add("enter", filter=Condition(lambda: is_whole(get_app().current_buffer.text)))
    def accept(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    return bindings
