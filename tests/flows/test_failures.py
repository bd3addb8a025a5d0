"""Whatever reaches the top of the command line is one line: what happened, where, and what to do."""

import errno
import http.client
import importlib
import json
import os
import socket
import sqlite3
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import duckdb
import httpx
import pydantic
import pytest

from flows.cli import app as cli
from flows.cli.failures import Failure, failure_of, place_of
from models.training.job import TrainingOutcome
from warehouse.errors import GateRefused, StargroveError, Unavailable
from warehouse.store.lake import Warehouse

NOBODY = "http://127.0.0.1:9"


def without_room() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/lake/nodes.parquet")


def without_permission() -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/data/lake")


def without_a_file() -> None:
    Path("/nowhere/settings.toml").read_text()


def into_a_directory() -> None:
    Path("/").write_text("")


def beyond_open_files() -> None:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def with_a_bad_disk() -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO), "/data/lake/catalog.sqlite")


def refused() -> None:
    socket.create_connection(("127.0.0.1", 9))


def refused_by_http() -> None:
    httpx.get(NOBODY)


def answered_with_an_error() -> None:
    request = httpx.Request("GET", f"{NOBODY}/api/flows")
    httpx.Response(500, request=request).raise_for_status()


def refused_by_urllib() -> None:
    urllib.request.urlopen(NOBODY)


def cut_off() -> None:
    raise http.client.IncompleteRead(b"half of it", 20)


def out_of_memory() -> None:
    raise MemoryError


def without_a_library() -> None:
    importlib.import_module("stargrove_nonsense")


def nested() -> None:
    nested()


def of_another_encoding() -> None:
    b"caf\xe9".decode()


def of_no_json() -> None:
    json.loads("{")


def of_other_fields() -> None:
    TrainingOutcome.model_validate_json("{}")


def wrong_in_sql() -> None:
    duckdb.sql("select * from nothing")


def of_a_damaged_catalog() -> None:
    sqlite3.connect(":memory:").execute("select * from missing")


def of_a_command() -> None:
    subprocess.run(["false"], check=True)


def of_a_slow_command() -> None:
    raise subprocess.TimeoutExpired(["git", "rev-parse"], 5)


def several_at_once() -> None:
    raise ExceptionGroup("unhandled errors in a TaskGroup", [httpx.ReadTimeout("timed out"), ValueError("another")])


def of_a_defect() -> None:
    _ = {}["missing"]


def of_an_assertion() -> None:
    assert False, "never"  # noqa: B011


KINDS: list[tuple[Callable[[], None], str, str]] = [
    (without_room, "no space left on device: /data/lake/nodes.parquet; ", "free some space"),
    (without_permission, "permission denied: /data/lake; ", "check the permissions"),
    (without_a_file, "no such file or directory: /nowhere/settings.toml; ", "check that path"),
    (into_a_directory, "is a directory: /; ", "check that path"),
    (beyond_open_files, "too many open files (at flows/cli/", "ulimit -n"),
    (with_a_bad_disk, "input/output error: /data/lake/catalog.sqlite; ", "look at the disk"),
    (refused, "connection refused (at flows/cli/", "check the address"),
    (refused_by_http, "ConnectError: [Errno 111] Connection refused (at flows/cli/", "check the address"),
    (answered_with_an_error, "HTTPStatusError: Server error '500", "check the address"),
    (refused_by_urllib, "URLError: <urlopen error [Errno 111] Connection refused> (at flows/cli/", "check the address"),
    (cut_off, "IncompleteRead: IncompleteRead(10 bytes read, 20 more expected)", "check the address"),
    (out_of_memory, "MemoryError (at flows/cli/", "use smaller values"),
    (without_a_library, "ModuleNotFoundError: No module named 'stargrove_nonsense'", "make install"),
    (nested, "RecursionError: maximum recursion depth exceeded", "nested too deeply"),
    (of_another_encoding, "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 3", "as UTF-8"),
    (of_no_json, "JSONDecodeError: Expecting property name", "no JSON"),
    (of_other_fields, "ValidationError: 4 validation errors for TrainingOutcome model_dir Field required", "other fields"),
    (wrong_in_sql, "CatalogException: Catalog Error: Table with name nothing does not exist", "stargrove doctor"),
    (of_a_damaged_catalog, "OperationalError: no such table: missing", "stargrove doctor"),
    (of_a_command, "CalledProcessError: Command '['false']' returned non-zero exit status 1.", "by hand"),
    (of_a_slow_command, "TimeoutExpired: Command '['git', 'rev-parse']' timed out after 5 seconds", "by hand"),
    (several_at_once, "ReadTimeout: timed out", "check the address"),
    (of_a_defect, "KeyError: 'missing' (at flows/cli/", "a defect of Stargrove"),
    (of_an_assertion, "AssertionError: never", "a defect of Stargrove"),
]
"""What is raised, how the line begins after `stargrove: `, and what it advises."""


def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, raising: Callable[[], None], *arguments: str) -> int:
    """Return the exit code of a command in whose middle something is raised. What is kept of it goes to tmp_path."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("flows.settings.layered", lambda *_: raising())
    return cli.main(["config", "check", *arguments])


@pytest.mark.parametrize(("raising", "beginning", "advice"), KINDS, ids=lambda value: getattr(value, "__name__", None))
def test_each_kind_of_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    raising: Callable[[], None],
    beginning: str,
    advice: str,
) -> None:
    assert command(monkeypatch, tmp_path, raising) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"stargrove: {beginning}")
    assert advice in shown.err.partition("; ")[2]
    assert shown.err.count("\n") == 1
    assert len(shown.err) < 800
    assert "Traceback" not in shown.err
    for kept in tmp_path.iterdir():
        assert str(kept) in shown.err
        assert kept.read_text().startswith(("Traceback", "  + Exception Group Traceback"))


def test_there_are_twenty_kinds() -> None:
    assert len({raising for raising, _, _ in KINDS}) >= 20


@pytest.mark.parametrize("raising", [without_room, refused_by_http, of_a_defect], ids=lambda value: value.__name__)
def test_debug_shows_the_traceback_of_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, raising: Callable[[], None]
) -> None:
    assert command(monkeypatch, tmp_path, raising, "--debug") == 1
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown and raising.__name__ in shown
    assert shown.splitlines()[-1].startswith("stargrove: ")


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(KeyboardInterrupt(), 130), (SystemExit(3), 3), (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1)],
    ids=["interrupt", "exit", "no reader"],
)
def test_an_end_that_somebody_wanted_has_its_own_exit_code_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, error: BaseException, exit_code: int
) -> None:
    def raising() -> None:
        raise error

    # click replaces the streams of a reader that is gone
    monkeypatch.setattr("sys.stdout", cli.sys.stdout)
    monkeypatch.setattr("sys.stderr", cli.sys.stderr)
    assert command(monkeypatch, tmp_path, raising) == exit_code
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [StargroveError, GateRefused, Unavailable])
def test_our_own_errors_say_all_of_it_themselves(kind: type[StargroveError], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert failure_of(kind("it failed", hint="do that")) == Failure("it failed", "do that", kind.exit_code)


def test_a_full_disk_keeps_no_traceback_but_says_how_to_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert failure_of(ValueError("odd")).hint.endswith("run the same command with --debug to see its traceback")


def test_the_place_is_the_deepest_of_our_own_code(tmp_path: Path) -> None:
    try:
        Warehouse.open(tmp_path / "home").query(3)  # type: ignore[arg-type]
    except (AttributeError, TypeError, duckdb.Error) as error:
        assert place_of(error).startswith("warehouse/")
    else:
        pytest.fail("a query that is no text was taken")


def test_a_long_message_is_cut() -> None:
    assert len(failure_of(ValueError("x" * 10_000)).message) < 400


def test_a_validation_error_names_the_field() -> None:
    with pytest.raises(pydantic.ValidationError) as raised:
        TrainingOutcome.model_validate_json('{"model_dir": 3}')
    assert "model_dir" in failure_of(raised.value).message
