"""The shell of `stargrove sql`, typed into as a person would."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from tests.warehouse.trees import ingest, problem
from warehouse.sql.catalog import relations
from warehouse.sql.shell.completion import Vocabulary, offers
from warehouse.sql.shell.loop import Shell, keywords, run_shell
from warehouse.sql.shell.prompt import history_of, open_prompt
from warehouse.sql.shell.statement import is_whole
from warehouse.sql.statements import list_queries
from warehouse.store.lake import Warehouse


def typed(home: Path, *keys: str, snapshot_id: int | None = None) -> None:
    """Run the shell with these keys; what follows them is a Ctrl-D, so that no test waits."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text("".join(keys) + "\x04")
        run_shell(home, snapshot_id)


def read(home: Path, *keys: str) -> str:
    """Return the first input that the prompt takes from these keys."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text("".join(keys))
        return open_prompt(home, {}, [])()


@pytest.mark.parametrize("text", ["", "\\d", "exit", "select 1;", "select 1;  \n", "select 'it''s;';", "select 1; -- done"])
def test_enter_ends_what_is_whole(text: str) -> None:
    assert is_whole(text)


@pytest.mark.parametrize("text", ["select 1", "select ';", 'select ";', "select 1 -- ;", "select $$ ; ", "/* ; "])
def test_enter_begins_another_line_where_a_semicolon_is_missing_or_quoted(text: str) -> None:
    assert not is_whole(text)


def test_a_statement_may_take_several_lines_and_is_kept_in_the_home(home: Path) -> None:
    assert read(home, "select\n1 as n\n", ";\n") == "select\n1 as n\n;"
    assert list(history_of(home).load_history_strings()) == ["select\n1 as n\n;"]
    assert (home / "sql_history").exists()


def test_ctrl_c_clears_what_was_typed(home: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        read(home, "select nonsense", "\x03")


def test_rows_are_answered_and_errors_do_not_end_the_shell(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    typed(home, "select nonsense;\n", "forgotten\x03", "select 41 + 1 as n;\n", "\\q\n", "select 'after';\n")
    printed = capfd.readouterr()
    assert 'Referenced column "nonsense"' in printed.err
    assert "LINE 1: select nonsense;" in printed.err, "the place is shown"
    assert "n\n--\n42\n(1 row)\n" in printed.out
    assert "after" not in printed.out


class Typist:
    """Reads one input after another, then says that the user leaves."""

    def __init__(self, *inputs: str | BaseException) -> None:
        self._inputs = iter(inputs)

    def __call__(self) -> str:
        found = next(self._inputs, EOFError())
        if isinstance(found, BaseException):
            raise found
        return found


@pytest.fixture
def shell(lake: Warehouse) -> Shell:
    ingest(lake, problem("p1"), problem("p2", 2))
    return Shell(lake)


def answers(shell: Shell, capfd: pytest.CaptureFixture[str], *inputs: str) -> tuple[str, str]:
    shell.run(Typist(*inputs))
    return capfd.readouterr()


def test_d_lists_tables_and_views_without_those_of_the_machinery(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    out, _ = answers(shell, capfd, "\\d")
    assert "nodes" in out and "v_coverage" in out
    assert "migrations" not in out and "view_sets" not in out and "ducklake" not in out


def test_d_of_a_table_tells_its_columns(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    out, err = answers(shell, capfd, "\\d rounds;", "\\d round")
    assert "table rounds: One row per round" in out
    assert "snapshot_id" in out and "bigint" in out
    assert err == "no table is called 'round'\ndid you mean rounds?\n"


def test_a_shipped_query_runs_by_its_name_and_with_parameters(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    out, err = answers(shell, capfd, "\\i snapshots limit=1", "snapshots;", "\\i snapshot", "\\i snapshots 1")
    assert out.count("round 0 ingest 000") == 2
    assert "did you mean snapshots?" in err and "'1' is not NAME=VALUE" in err


def test_x_turns_rows_around_and_back(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    out, _ = answers(shell, capfd, "\\x", "select 1 as one;", "\\x", "select 2 as two;")
    assert "-[ row 1 ]" in out and "one  1" in out
    assert "two\n---\n  2\n" in out


def test_every_statement_of_one_input_is_answered(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    out, _ = answers(shell, capfd, "select 1 as a; select 2 as b;")
    assert out.index("a\n-") < out.index("b\n-")


def test_only_the_first_rows_of_many_are_made(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    out, _ = answers(shell, capfd, "select range as n from range(100_000_000_000);")
    assert "(200 rows)\nonly the first 200 rows" in out


def test_nothing_can_be_changed(shell: Shell, lake: Warehouse, capfd: pytest.CaptureFixture[str], home: Path) -> None:
    typed(home, "delete from problems;\n")
    assert "read-only" in capfd.readouterr().err
    assert lake.query("select count(*) from problems").item() == 2


def test_a_command_that_is_none_is_told_where_the_commands_stand(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    assert answers(shell, capfd, "\\nonsense")[1] == "\\nonsense is no command\n\\? lists them\n"


def test_ctrl_c_while_reading_or_answering_goes_on(shell: Shell, capfd: pytest.CaptureFixture[str]) -> None:
    shell.run(Typist(KeyboardInterrupt(), "select 5 as n;"))
    assert "n\n-\n5\n" in capfd.readouterr().out


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C as a terminal has it; who starts tests in the background makes it mean nothing."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_stops_a_query_that_would_not_end(shell: Shell, heard: None, capfd: pytest.CaptureFixture[str]) -> None:
    interrupt = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    interrupt.start()
    out, err = answers(shell, capfd, "select count(*) from range(1_000_000_000_000) where range % 7 = 8;", "select 5 as n;")
    interrupt.join()
    assert err == "interrupted\n"
    assert "n\n-\n5\n" in out


def test_a_snapshot_is_asked_as_it_was(lake: Warehouse, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = lake.snapshot_id()
    ingest(lake, problem("p1"))
    typed(home, "select count(*) as n from problems;\n", snapshot_id=before)
    printed = capfd.readouterr().out
    assert f"as of snapshot {before}, read-only" in printed
    assert "n\n-\n0\n" in printed


@pytest.fixture(scope="module")
def vocabulary(empty_home: Path) -> Iterator[Vocabulary]:
    with Warehouse.open(empty_home, read_only=True) as lake:
        yield Vocabulary(relations(lake), list_queries(), keywords(lake))


@pytest.mark.parametrize(
    ("before", "after", "offered", "not_offered"),
    [
        ("select * from no", "", "nodes", "node_id"),
        ("select q_", " from nodes", "q_value", "q_calibration"),
        ("select n.ver", " from nodes as n", "verdict", "verifications"),
        ("select p.stat", " from nodes as n join problems p on true", "statement", "status"),
        ("sel", "", "select", "self"),
        ("\\d ro", "", "rounds", "round"),
        ("\\i cov", "", "coverage", "v_coverage"),
        ("\\i coverage ro", "", "round=", "rounds"),
        ("\\", "", "\\d", "nodes"),
    ],
)
def test_tab_offers_what_fits(before: str, after: str, offered: str, not_offered: str, vocabulary: Vocabulary) -> None:
    words = [offer.word for offer in offers(before, before + after, vocabulary)]
    assert offered in words
    assert not_offered not in words
    assert len(words) == len(set(words))


def test_internal_queries_are_not_offered(vocabulary: Vocabulary) -> None:
    assert not offers("\\i range_", "\\i range_", vocabulary)


def test_a_home_that_cannot_be_written_keeps_no_history(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert isinstance(history_of(home), InMemoryHistory)
