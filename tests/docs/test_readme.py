"""The README is short and speaks of what there is."""

import re

import typer.main

from flows.cli import app as cli
from flows.profiles import PROFILES
from tests.docs.pages import DOCS, ROOT, blocks, text_of

README = ROOT / "README.md"


def test_it_has_at_most_200_lines() -> None:
    assert len(text_of(README).splitlines()) <= 200


def test_every_command_is_in_its_table_and_every_command_in_the_table_exists() -> None:
    rows = re.findall(r"^\| (`stargrove [^|]*) \|", text_of(README), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(?:stargrove )?(\w+)", row)]
    commands = getattr(typer.main.get_command(cli.app), "commands")  # noqa: B009  # typer promises no more than a command
    assert sorted(named) == sorted(commands)


def test_every_profile_is_in_its_table() -> None:
    assert set(re.findall(r"^\| `([\w-]+)`(?: \(default\))? \|", text_of(README), re.MULTILINE)) == set(PROFILES)


def test_its_result_is_a_part_of_the_published_one() -> None:
    def table(page_blocks: list[str]) -> list[str]:
        return next(block for block in page_blocks if block.lstrip().startswith("base ")).splitlines()

    shown, whole = table(blocks(README, "")), table(blocks(DOCS / "results.md", ""))
    assert len(shown) == 10
    assert [line for line in whole if line in shown] == shown


def test_it_leads_to_every_page_of_the_documentation() -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", text_of(README)))
    assert linked == {page.name for page in DOCS.glob("*.md")}
