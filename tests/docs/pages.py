"""The pages that people read, and what stands in them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GENERATED = DOCS / "data-dictionary.md"
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(DOCS.glob("*.md")),
    ROOT / "models" / "tiny" / "README.md",
    ROOT / "tasks" / "domains" / "programs" / "README.md",
)
CURRENT = tuple(page for page in PAGES if page.name != "CHANGELOG.md" and page != GENERATED)
"""The pages written by hand that speak of today. A changelog names what is gone."""

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language; "" is a block that names none."""
    return [content for found, content in _BLOCK.findall(text_of(page)) if found == language]


def spans(page: Path) -> list[str]:
    """Return what stands in backticks within a line or two, outside fenced blocks."""
    return [" ".join(span.split()) for span in _SPAN.findall(_BLOCK.sub("", text_of(page)))]


def lines_of_code(page: Path) -> list[str]:
    """Return the lines of the blocks that name no language, continued ones joined and comments cut off, and the spans."""
    joined = "".join(blocks(page, "")).replace("\\\n", " ")
    return [re.sub(r"\s+#.*", "", line).strip() for line in joined.splitlines()] + spans(page)


def anchors(page: Path) -> set[str]:
    """Return what a link into the page may name, as GitHub spells headings."""
    headings = re.findall(r"^#+ (.*)$", _BLOCK.sub("", text_of(page)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}
