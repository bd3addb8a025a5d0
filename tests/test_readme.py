"""The README speaks of what there is."""

import re
from pathlib import Path

from flows.profiles import PROFILES
from warehouse.store.lake import Warehouse

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_readme_and_every_command_in_the_readme_exists() -> None:
    named = set(re.findall(r"^\| `stargrove (\w+)", README, flags=re.MULTILINE))
    files = {path.stem for path in (ROOT / "flows" / "commands").glob("*.py")} - {"__init__", "options"}
    modules = {name.rstrip("_") for name in files}  # import is a word of Python
    assert named == modules


def test_every_profile_is_in_the_readme() -> None:
    assert set(re.findall(r"^\| `([\w-]+)`(?: \(default\))? \|", README, flags=re.MULTILINE)) == set(PROFILES)


def test_the_readmes_tree_names_what_exists() -> None:
    tree = README.split("## Files")[1].split("```")[1]
    package = Path()
    for line in tree.strip().splitlines():
        names = re.match(r"(\s*)((?:[\w.]+/?(?:\s|$))+)", line)
        assert names is not None, line
        if not names.group(1):
            package = Path(names.group(2).strip())
            assert (ROOT / package).exists()
        else:
            assert all((ROOT / package / name).exists() for name in names.group(2).split()), line


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_its_sql_runs_on_a_lake(tmp_path: Path) -> None:
    statements = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
    assert len(statements) >= 5
    with Warehouse.open(tmp_path) as lake:
        for statement in statements:
            lake.query(statement)
