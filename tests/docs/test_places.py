"""What the documentation points at is there: links, anchors, paths, modules and rooms."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.pages import CURRENT, DOCS, GENERATED, PAGES, ROOT, anchors, blocks, lines_of_code, name_of, spans, text_of

PACKAGES = ("flows", "tasks", "models", "warehouse")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_PATH = re.compile(r"(?<![\w./:-])(?:flows|tasks|models|warehouse|tests|infra|docs|\.ci)/[\w./-]*\w")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(text_of(page)):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def test_paths_in_backticks_exist() -> None:
    found = [(page, path) for page in CURRENT for span in spans(page) for path in _PATH.findall(span)]
    assert len(found) >= 10
    assert [(name_of(page), path) for page, path in found if not (ROOT / path).exists()] == []


def test_modules_that_are_run_exist() -> None:
    found = [
        (page, name) for page in CURRENT for line in lines_of_code(page) for name in re.findall(r"python -m ([\w.]+)", line)
    ]
    assert len(found) >= 10
    assert [(name_of(page), name) for page, name in found if find_spec(name) is None] == []


def test_the_rooms_are_those_of_the_code() -> None:
    tree = next(block for block in blocks(DOCS / "architecture.md", "") if block.startswith("flows/"))
    shown: set[str] = set()
    package = ""
    for indent, name in re.findall(r"^( *)([\w]+)/", tree, re.MULTILINE):
        package = package if indent else name
        shown.add(f"{package}/{name}" if indent else name)
    rooms = {f"{package}/{file.parent.name}" for package in PACKAGES for file in (ROOT / package).glob("*/__init__.py")}
    assert shown == {*PACKAGES, "tests", "infra"} | rooms


def test_no_page_is_about_how_it_was_written() -> None:
    pages = [page for page in PAGES if page != GENERATED]
    outside = re.compile(r"(?<![\w.])/(?:work|root|tmp)/|\bissues? \d|\bthis session\b", re.IGNORECASE)
    assert [name_of(page) for page in pages if outside.search(text_of(page))] == []
