"""The command line: fast help, one clear line per error, and the documented exit codes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import pytest
import typer

from flows.cli import app as cli
from flows.cli.house import config
from flows.profiles import PROFILES, purpose
from flows.settings import fingerprint, load
from warehouse.errors import GateRefused, Interrupted, StargroveError
from warehouse.records import RoundRow
from warehouse.store.lake import Warehouse

ROOMS = Path(cli.__file__).parent
HEAVY = ("torch", "vllm", "transformers", "trl", "prefect", "great_expectations", "duckdb", "polars", "pydantic", "sympy")


def commands_of(group: typer.core.TyperGroup, *before: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, and of every group of commands, that the command line knows."""
    for name, command in group.commands.items():
        yield (*before, name)
        if isinstance(command, typer.core.TyperGroup):
            yield from commands_of(command, *before, name)


PROGRAM = typer.main.get_command(cli.app)
assert isinstance(PROGRAM, typer.core.TyperGroup)
COMMANDS = list(commands_of(PROGRAM))


def imported_by(*arguments: str) -> set[str]:
    """Return which heavy packages a call of the command line imports, in a process of its own."""
    code = f"import sys; from flows.cli.app import main; main({list(arguments)!r}); print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.splitlines()[-1].split()
    return {module.partition(".")[0] for module in modules} & set(HEAVY)


def test_help_imports_nothing_heavy() -> None:
    assert imported_by("--help") == set()


def test_config_imports_only_what_settings_need() -> None:
    assert imported_by("config", "check") <= {"pydantic"}


def test_listing_queries_imports_neither_torch_nor_prefect() -> None:
    assert imported_by("sql", "--list") <= {"pydantic", "duckdb", "polars"}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*command, "--help"]) == 0
    assert f"stargrove {' '.join(command)} " in capsys.readouterr().out


def test_help_shows_every_command_in_the_panel_of_its_room(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["--help"])
    panels = re.split(r"╭─ (\w+) ─", capsys.readouterr().out)
    shown = {name: re.findall(r"^│ (\w+)  ", text, re.MULTILINE) for name, text in zip(panels[1::2], panels[2::2], strict=True)}
    del shown["Options"]
    assert list(shown) == ["Work", "Data", "Review", "House"]
    for room, commands in shown.items():
        modules = (ROOMS / room.lower()).glob("[a-z]*.py")
        assert sorted(commands) == sorted(path.stem.rstrip("_") for path in modules), room


@pytest.mark.parametrize("arguments", [["nonsense"], ["evolve", "--nonsense"], ["ingest"], ["sql", "--format", "nonsense"]])
def test_a_wrong_call_is_bad_input(arguments: list[str]) -> None:
    assert cli.main(arguments) == 2


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["evolve", "--profile", "nonsense"], "no profile 'nonsense'"),
        (["evolve", "--set", "search.n_rollouts=0"], "search.n_rollouts = 0"),
        (["config", "check", "--file", "missing.toml"], "no settings file missing.toml"),
        (["solve", "  "], "the problem is empty"),
        (["sql"], "either a query or --file"),
        (["sql", "select 1", "--param", "round"], "is not NAME=VALUE"),
        (["sql", "select 1", "--vertical", "--format", "csv"], "are one choice"),
        (["sql", "select 1", "--output", "rows.txt"], "no format is called '.txt'"),
        (["ingest", "missing.jsonl"], "no problem file missing.jsonl"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("stargrove: ")
    assert what in printed
    assert printed.count("\n") == 1


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Return the exit code of a command in which this error is raised."""

    def raise_it(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("flows.settings.layered", raise_it)
    return cli.main(["config", "check", *arguments])


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (StargroveError("it failed", hint="do that"), 1),
        (GateRefused("promotion gate of round 2: pass@1 fell", hint="look there"), 3),
        (Interrupted("interrupted", hint="run the same command again to go on"), 130),
    ],
)
def test_an_error_prints_what_and_what_to_do(
    error: StargroveError, exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(error, monkeypatch) == exit_code
    assert capsys.readouterr().err == f"stargrove: {error.message}; {error.hint}\n"


def test_debug_adds_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(StargroveError("it failed"), monkeypatch, "--debug") == 1
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert printed.endswith("stargrove: it failed\n")


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(KeyboardInterrupt(), monkeypatch) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_config_show_prints_a_file_that_config_check_accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["config", "show", "--profile", "paper"])
    path = tmp_path / "shown.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert cli.main(["config", "check", "--file", str(path)]) == 0
    assert "4 rounds" in capsys.readouterr().out


def test_show_and_check_take_the_same_options() -> None:
    options = [
        {name: (parameter.annotation, parameter.default) for name, parameter in signature(command).parameters.items()}
        for command in (config.show, config.check)
    ]
    assert options[0] == options[1]


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A home whose only round was begun with settings of its own."""
    settings = load("gsm8k-small", overrides=("search.n_candidates=3", "run.name=mine"))
    with Warehouse.open(tmp_path / "home") as lake:
        lake.start_round(RoundRow(1, "running", fingerprint(settings, 1), settings.model_dump_json(), "v1", "base-0", None))
    return tmp_path / "home"


def test_config_shows_the_settings_that_a_home_was_begun_with(
    begun: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["config", "show", "--home", str(begun), "--set", "run.seed=7"]) == 0
    shown = capsys.readouterr().out
    assert f"n_candidates = 3  # {begun}" in shown and "seed = 7  # --set run.seed=7" in shown
    path = tmp_path / "shown.toml"
    path.write_text(shown, encoding="utf-8")
    assert load(file=path) == load("gsm8k-small", overrides=("search.n_candidates=3", "run.name=mine", "run.seed=7"))


def test_config_checks_whether_a_home_goes_on_with_other_settings(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "check", "--home", str(begun)]) == 0
    assert cli.main(["config", "check", "--home", str(begun), "--set", "run.name=other"]) == 0, "it decides no data"
    capsys.readouterr()
    assert cli.main(["config", "check", "--home", str(begun), "--set", "search.n_candidates=4"]) == 2
    assert "search.n_candidates: 3 -> 4" in capsys.readouterr().err


def test_a_home_and_a_profile_are_one_choice(begun: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "show", "--home", str(begun), "--profile", "paper"]) == 2
    assert cli.main(["config", "show", "--home", str(tmp_path / "none")]) == 2
    printed = capsys.readouterr().err
    assert "leave --home or the profile out" in printed and "there is no evolution in" in printed


def test_config_lists_every_profile_with_its_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "profiles"]) == 0
    printed = capsys.readouterr().out
    assert all(f"{profile} " in printed and purpose(profile)[:40] in printed for profile in PROFILES)


def test_help_names_the_profiles_of_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["evolve", "--help"])
    printed = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert ", ".join(PROFILES) in printed
