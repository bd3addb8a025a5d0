"""What the documentation quotes works: SQL, commands with their options, shipped queries, make targets, settings."""

import re
import shlex
from pathlib import Path

import pytest

from flows.cli import app as cli
from flows.profiles import PROFILES
from flows.settings import Settings
from tests.docs.pages import CURRENT, ROOT, blocks, lines_of_code
from warehouse.sql.statements import list_queries
from warehouse.store.lake import Warehouse

STATEMENTS = [statement for page in CURRENT for statement in blocks(page, "sql")]
CALLS = sorted({line for page in CURRENT for line in lines_of_code(page) if re.match(r"(?:\.venv/bin/)?stargrove [a-z]", line)})


def test_every_sql_block_runs_on_a_lake(tmp_path: Path) -> None:
    assert len(STATEMENTS) >= 10
    with Warehouse.open(tmp_path) as lake:
        for statement in STATEMENTS:
            lake.query(statement)


def test_every_call_names_a_command_and_options_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(CALLS) >= 50
    refused = [call for call in CALLS if cli.main([*shlex.split(call)[1:], "--help"]) != 0]
    assert refused == [], capsys.readouterr().err


def test_every_shipped_query_that_is_named_exists() -> None:
    named = {name for call in CALLS for name in re.findall(r"^\S*stargrove sql --file ([a-z]\w*)", call)}
    assert len(named) >= 5
    assert sorted(named - {query.name for query in list_queries()}) == []


def test_every_profile_that_is_named_exists() -> None:
    named = {name for call in CALLS for name in re.findall(r"--profile ([a-z]\S*)", call)}
    assert named
    assert sorted(named - set(PROFILES)) == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for page in CURRENT for line in lines_of_code(page) for name in re.findall(r"^make ([a-z-]+)$", line)}
    assert {"evolve", "install"} <= named
    assert sorted(named - set(targets)) == []


def test_every_setting_that_is_named_exists() -> None:
    sections = {name: getattr(field.annotation, "model_fields", {}) for name, field in Settings.model_fields.items()}
    key = re.compile(rf"(?<![\w./-])({'|'.join(sections)})\.([a-z]\w*)(?![\w/.(])")
    named = {found for page in CURRENT for line in lines_of_code(page) for found in key.findall(line)}
    keys = {(section, name) for section, name in named if not list(ROOT.glob(f"{section}/{name}*"))}
    assert len(keys) >= 20
    assert [f"{section}.{name}" for section, name in sorted(keys) if name not in sections[section]] == []
