import hashlib
import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.warehouse.trees import batch, ingest, problem, round_row, search, small_tree, verify
from warehouse.errors import BadInput, WarehouseError
from warehouse.records import CheckpointRow
from warehouse.rounds.lineage import lineage
from warehouse.rounds.training_files import TrainingFile, export_training_file, reproduce
from warehouse.store.lake import Warehouse


def trained_round(lake: Warehouse, number: int, directory: Path) -> list[TrainingFile]:
    """Search, annotate, export, publish and promote; every round finds the same solutions in new trees."""
    policy = f"policy-{number - 1}" if number > 1 else "base-0"
    lake.start_round(round_row(number, policy, f"ppm-{number - 1}" if number > 1 else None))
    search(lake, number, small_tree(f"t{number}", "p1"))
    verify(lake, number, {f"t{number}-4": "verified"})
    lake.run_statement(batch(number, "annotate-sft"), "annotate_sft", round=number)
    lake.run_statement(batch(number, "annotate-pairs"), "annotate_pairs", round=number)
    files = [
        export_training_file(lake, number, "export_sft", directory / "sft.parquet", round=number),
        export_training_file(lake, number, "export_ppm_nodes", directory / "ppm_nodes.parquet", round=number, first_round=1),
        export_training_file(lake, number, "export_ppm_pairs", directory / "ppm_pairs.parquet", round=number, first_round=1),
    ]
    for kind in ("policy", "ppm"):
        parent = "base-0" if kind == "policy" else f"policy-{number}"
        lake.record_checkpoint(
            CheckpointRow(f"{kind}-{number}", kind, number, parent, files[0].snapshot_id, "f" * 8, "file:///x", "candidate")
        )
    lake.promote(number, f"policy-{number}", f"ppm-{number}")
    return files


@pytest.fixture(scope="module")
def trained_home(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to be copied, and below it what the trainers of its two rounds will read."""
    return shutil.copytree(empty_home, tmp_path_factory.mktemp("trained") / "home")


@pytest.fixture(scope="module")
def trained(trained_home: Path) -> dict[int, list[TrainingFile]]:
    """The files of each round."""
    with Warehouse.open(trained_home) as lake:
        ingest(lake, problem("p1"))
        return {number: trained_round(lake, number, trained_home / f"jobs-{number}") for number in (1, 2)}


@pytest.fixture
def trained_lake(trained_home: Path, trained: dict[int, list[TrainingFile]], tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(shutil.copytree(trained_home, tmp_path / "trained")) as lake:
        yield lake


def test_training_files_are_reproduced_byte_for_byte_after_later_rounds(
    trained_lake: Warehouse, trained: dict[int, list[TrainingFile]], tmp_path: Path
) -> None:
    again = reproduce(trained_lake, "policy-1", tmp_path / "again") + reproduce(trained_lake, "ppm-1", tmp_path / "again")
    assert [file.path.name for file in again] == ["sft.parquet", "ppm_nodes.parquet", "ppm_pairs.parquet"]
    for first, second in zip(trained[1], again, strict=True):
        assert first.path.read_bytes() == second.path.read_bytes()
        assert second.sha256 == hashlib.sha256(second.path.read_bytes()).hexdigest()
        assert second.n_rows > 0


def test_exporting_again_on_resume_gives_the_same_file(
    trained_lake: Warehouse, trained: dict[int, list[TrainingFile]], tmp_path: Path
) -> None:
    search(trained_lake, 2, small_tree("late", "p1"), "late")
    again = export_training_file(trained_lake, 2, "export_ppm_nodes", tmp_path / "again.parquet", round=2, first_round=1)
    assert again.sha256 == trained[2][1].sha256
    assert trained_lake.query("select count(*) from training_files").item() == 6


def test_a_file_that_differs_is_reported(trained_lake: Warehouse, tmp_path: Path) -> None:
    with trained_lake.transaction("spoil", {}) as cursor:
        cursor.execute("update training_files set sha256 = 'other' where query = 'export_sft' and round = 1")
    with pytest.raises(WarehouseError, match=r"sft\.parquet: sha256 .* trained on other"):
        reproduce(trained_lake, "policy-1", tmp_path / "again")


def test_a_checkpoint_without_training_data_cannot_be_reproduced(lake: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no checkpoint 'nix'"):
        reproduce(lake, "nix", tmp_path)
    lake.record_checkpoint(CheckpointRow("base-0", "base", 0, None, None, "f", "file:///x", "current"))
    with pytest.raises(BadInput, match="was not trained on rows of this lake"):
        reproduce(lake, "base-0", tmp_path)


def test_lineage_leads_from_a_checkpoint_to_trees_batches_and_searchers_and_back(trained_lake: Warehouse) -> None:
    text = lineage(trained_lake, "policy-2").text()
    upwards = text.split("led to:")[0]
    for expected in (
        "started from checkpoint base-0",
        "trained on trajectory t2-4 [problem p1, verdict correct, verification verified, mean Q 0.750]",
        "path in tree t2",
        f"committed in batch {batch(2, 'rollout').batch_id} [stage rollout, shard 000",
        "code version v1, flow run flow-1, task run task-1",
        "searched by checkpoint policy-1",
        "scored by checkpoint ppm-1",
    ):
        assert expected in upwards
    downwards = lineage(trained_lake, "t1-4").text().split("led to:")[1]
    assert "checkpoint policy-1 [kind policy, round 1, status retired" in downwards
    assert "trained on it" in downwards
    assert "round 2" in downwards


def test_lineage_as_json_names_every_thing_its_edges_touch(trained_lake: Warehouse) -> None:
    graph = json.loads(lineage(trained_lake, "ppm-2").json())
    keys = {f"{thing['kind']} {thing['id']}" for thing in graph["things"]}
    assert graph["root"] == "checkpoint ppm-2"
    assert {edge["child"] for edge in graph["edges"]} | {edge["parent"] for edge in graph["edges"]} <= keys


def test_an_unknown_id_has_no_lineage(lake: Warehouse) -> None:
    with pytest.raises(BadInput, match="nothing in the lake is called 'nix'"):
        lineage(lake, "nix")


@pytest.mark.parametrize("name", ["export_sft", "export_pairs", "export_ppm_nodes", "export_ppm_pairs"])
def test_the_bytes_of_a_file_do_not_tell_in_which_ranges_it_was_read(
    lake: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    names = ["p1", "p2", "p3", "p4", "p5"]
    ingest(lake, *map(problem, names))
    search(lake, 1, [one for own in names for one in small_tree(f"t-{own}", own)])
    verify(lake, 1, {f"t-{own}-4": "verified" for own in names})
    lake.run_statement(batch(1, "annotate-sft"), "annotate_sft", round=1)
    lake.run_statement(batch(1, "annotate-pairs"), "annotate_pairs", round=1)
    n_rows = lake.export(name, tmp_path / "whole.parquet", round=1)
    monkeypatch.setattr(lake, "problem_ranges", partial(lake.problem_ranges, 2))
    assert len(lake.problem_ranges()) == 3
    assert lake.export(name, tmp_path / "ranges.parquet", round=1) == n_rows > 0
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "ranges.parquet").read_bytes()
