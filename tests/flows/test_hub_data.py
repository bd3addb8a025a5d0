"""Data of a hub is read at a revision, and the lake knows which commit that was."""

import json
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.data.imports.base import ImportSource
from flows.data.imports.run import run_import
from flows.data.ingest import run_ingest
from flows.settings import Settings
from warehouse.errors import BadInput, Unavailable
from warehouse.places.hub import HubFiles, hub_files, pinned
from warehouse.places.objects import spelled
from warehouse.store.lake import Warehouse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SETTINGS = Settings()


class Hub:
    """One data set, of which `main` is a commit. Mutable: it counts what was asked."""

    files = {  # noqa: RUF012
        "train.jsonl": json.dumps({"question": "How many are 2 + 3?", "answer": "5"}),
        "more/test.jsonl": json.dumps({"question": "What is 6 times 7?", "answer": "42"}),
        "dataset_infos.json": "{}",
        "README.md": "a card",
    }

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def dataset_info(self, repository: str, revision: str) -> SimpleNamespace:
        assert (repository, revision) == ("owner/name", "main")
        return SimpleNamespace(sha=COMMIT)

    def snapshot_download(
        self, repository: str, *, repo_type: str, revision: str, local_dir: Path, allow_patterns: Any, ignore_patterns: str
    ) -> None:
        assert (repository, repo_type) == ("owner/name", "dataset")
        self.fetched.append(revision)
        for name, text in {**self.files, ".cache/lock.json": "{}"}.items():
            wanted = any(fnmatch(name, pattern) for pattern in allow_patterns) and not fnmatch(name, ignore_patterns)
            if wanted or name.startswith(".cache"):
                (local_dir / name).parent.mkdir(parents=True, exist_ok=True)
                (local_dir / name).write_text(text, encoding="utf-8")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: hub)
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub.snapshot_download)
    return hub


def sources(home: Path) -> list[tuple[str, int]]:
    with Warehouse.open(home, read_only=True) as lake:
        rows = lake.query("select uri, n_problems::integer from sources order by uri").rows()
    return [(uri, n) for uri, n in rows]


def test_a_branch_is_read_as_the_commit_that_it_is_and_the_lake_says_which(hub: Hub, tmp_path: Path) -> None:
    path = Path("hf://datasets/owner/name@main/train.jsonl")
    report = run_ingest(SETTINGS, tmp_path, path, "train", "numbers", "MIT")
    assert report.line.startswith(f"hf://datasets/owner/name@{COMMIT}/train.jsonl: 1 train problems from 1 rows")
    assert hub.fetched == [COMMIT]
    assert sources(tmp_path) == [(f"hf://datasets/owner/name@{COMMIT}/train.jsonl", 1)]
    assert run_ingest(SETTINGS, tmp_path, path, "train", "numbers").already_there


def test_of_a_whole_data_set_the_tables_of_the_split_are_read(hub: Hub, tmp_path: Path) -> None:
    report = run_ingest(SETTINGS, tmp_path, Path(f"hf://datasets/owner/name@{COMMIT}"), "train", "numbers")
    assert (report.n_new, report.n_rows) == (1, 1)  # Not more/test.jsonl.
    assert sources(tmp_path) == [(f"hf://datasets/owner/name@{COMMIT}", 1)]


def test_imports_name_the_commit_too(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solved = {"question": "How many?", "ground_truth": "A: 1", "small": {"is_correct": True, "solution": "A: 1"}}
    monkeypatch.setitem(hub.files, "solved.jsonl", json.dumps(solved))
    origin = ImportSource(Path("hf://datasets/owner/name@main/solved.jsonl"), "solved", "test")
    report = run_import(SETTINGS, tmp_path, "solutions", origin)
    assert report.n_trajectories == 1
    assert sources(tmp_path)[0][0] == f"hf://datasets/owner/name@{COMMIT}/solved.jsonl"


def test_a_file_that_is_not_there_is_named(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"name@[0-9a-f]{40}/none.jsonl: there is no such file"):
        run_ingest(SETTINGS, tmp_path, Path("hf://datasets/owner/name@main/none.jsonl"), "train", "x")


@pytest.mark.parametrize("text", ["hf://datasets/owner/name", "hf://datasets/name@main/a.jsonl", "hf://models/owner/name@main"])
def test_an_address_without_a_revision_or_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="names no files of a data set at a revision"):
        hub_files(text)


@pytest.mark.parametrize("text", ["hf://datasets/o/n@v1/a/b.jsonl", "hf:/datasets/o/n@v1/a/b.jsonl"])
def test_both_spellings_are_one_address(text: str) -> None:
    assert hub_files(Path(text)) == hub_files(text) == HubFiles("o/n", "v1", "a/b.jsonl")
    assert spelled(Path(text)) == "hf://datasets/o/n@v1/a/b.jsonl"


def test_paths_of_this_machine_and_commits_stay_as_they_are() -> None:
    for path in (Path("data/train.jsonl"), Path(f"hf:/datasets/o/n@{COMMIT}/a.jsonl")):
        assert pinned(path) == path
    assert hub_files("data/train.jsonl") is None


def test_a_hub_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"hub cannot be reached|hub refused"):
        pinned(Path("hf://datasets/owner/name@main/a.jsonl"))
