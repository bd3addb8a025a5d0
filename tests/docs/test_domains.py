"""The domain that docs/domains.md builds is one: it is imported as it stands there, makes problems, and grades answers."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flows.settings import load
from tasks.domains.base import ProblemDomain
from tasks.domains.registry import DOMAINS
from tasks.grading.grader import grade_all
from tasks.grading.settings import GradingSettings
from tasks.sandbox.settings import SandboxSettings
from tests.docs.pages import DOCS, blocks
from warehouse.errors import BadInput
from warehouse.records import SPLITS

(BLOCK,) = blocks(DOCS / "domains.md", "python")


@pytest.fixture
def physics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProblemDomain]:
    """The domain, registered as the page says."""
    path = tmp_path / "physics_of_the_page.py"
    path.write_text(BLOCK, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(DOMAINS, "physics", module.Physics())
    yield DOMAINS["physics"]


def test_it_has_about_sixty_lines_without_its_imports() -> None:
    lines = [line for line in BLOCK.splitlines() if line.strip() and not line.startswith(("import ", "from "))]
    assert len(lines) <= 60


def test_it_makes_problems_of_its_levels_and_no_split_shares_one(physics: ProblemDomain) -> None:
    made = {split: physics.generate(split, 3, (4, 4, 2, 0, 0)) for split in SPLITS}
    ids = [problem.problem_id for split in SPLITS for problem in made[split]]
    assert len(set(ids)) == len(ids) == 30
    assert [problem.level for problem in made["train"]] == [1] * 4 + [2] * 4 + [3] * 2
    with pytest.raises(BadInput, match="no law of level 5"):
        physics.generate("train", 3, (0, 0, 0, 0, 1))


def test_its_grader_converts_units_and_asks_for_them(physics: ProblemDomain) -> None:
    pairs = [("3600 m", "3600 m"), ("3.6 km", "3600 m"), ("3600", "3600 m"), ("3600 J", "3600 m"), ("3601 m", "3600 m")]
    with closing(physics.open_grader(GradingSettings(), SandboxSettings())) as grader:
        assert [grade.verdict for grade in grade_all(pairs, grader)] == ["correct", "correct", "wrong", "wrong", "wrong"]
        own = [problem.answer for problem in physics.generate("test", 0, (3, 3, 3, 0, 0))]
        assert {grade.verdict for grade in grade_all([(answer, answer) for answer in own], grader)} == {"correct"}


def test_settings_take_its_name_once_it_is_registered(physics: ProblemDomain) -> None:
    assert load(overrides=["problems.domain=physics"]).problems.domain == "physics"
