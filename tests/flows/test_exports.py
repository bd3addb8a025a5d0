"""What is exported can be read elsewhere, says where it is from, and is whole or not there."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from flows.cli import app as cli
from flows.data.exports import run
from flows.data.exports.base import ExportRequest, export_request
from flows.data.exports.files import write_folder
from flows.data.exports.header import features_of
from flows.data.exports.index import INDEX
from flows.data.exports.rows import COLUMNS, Row
from flows.data.exports.run import run_export
from flows.settings import load
from tests.flows.one_round import ROOT
from warehouse.errors import BadInput, Unavailable
from warehouse.store.lake import Warehouse

ALL = (
    ExportRequest("sft", 1, "trl", "jsonl"),
    ExportRequest("sft", 1, "trl", "parquet"),
    ExportRequest("sft", 1, "chat", "jsonl"),
    ExportRequest("sft", 1, "chat", "parquet", "strip"),
    ExportRequest("sft", 1, "rstar", "jsonl"),
    ExportRequest("preferences", 1, "trl", "parquet"),
    ExportRequest("preferences", 1, "chat", "parquet"),
    ExportRequest("preferences", 1, "rstar", "jsonl"),
    ExportRequest("trees", 1, "rstar", "jsonl"),
    ExportRequest("transcripts", 1, "scout", "parquet"),
)

SCOUT = {
    **dict.fromkeys(
        ("transcript_id", "source_type", "source_id", "source_uri", "date", "task_set", "task_id", "agent"), "string"
    ),
    **dict.fromkeys(("agent_args", "model", "model_options", "score", "score_explanation", "error", "limit"), "string"),
    **dict.fromkeys(("messages", "events", "timelines", "events_data"), "string"),
    **dict.fromkeys(("task_repeat", "message_count", "total_tokens"), "int64"),
    **dict.fromkeys(("success", "trust_content"), "bool"),
    "total_time": "double",
    "filename": "",
}
"""Columns of a transcript database and their types, as inspect_scout 0.6.2 checks them; `filename` it adds itself."""


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def head_of(directory: Path) -> dict[str, Any]:
    head: dict[str, Any] = yaml.safe_load((directory / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    return head


@pytest.fixture(scope="module")
def exported(evolved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with every export of the round."""
    directory = tmp_path_factory.mktemp("exported")
    for request in ALL:
        run_export(evolved, request, directory)
    return directory


def test_trl_reads_the_columns_of_both_kinds_in_both_formats(exported: Path) -> None:
    (example,) = lines(exported / "sft-round-1-trl.jsonl")
    assert (example["prompt"], example["completion"]) == (ROOT, "\na<end_of_step>\nc<end_of_code>")
    assert pl.read_parquet(exported / "data/sft-round-1-trl/*.parquet").to_dicts() == [example]
    pairs = pl.read_parquet(exported / "data/preferences-round-1-trl/*.parquet")
    assert pairs.select("kind", "prompt", "chosen", "rejected", "n_chosen", "n_rejected").rows() == [
        ("answer", ROOT, "\na<end_of_step>\nc<end_of_code>", "\nb<end_of_step>\nd<end_of_code>", 1, 1),
        ("step", ROOT, "\na<end_of_step>", "\nb<end_of_step>", 1, 1),
    ]


def test_conversations_are_messages_and_pairs_keep_their_facts(exported: Path) -> None:
    (example,) = lines(exported / "sft-round-1-chat.jsonl")
    assert list(example) == ["messages"]
    assert [message["role"] for message in example["messages"]] == ["system", "user", "assistant"]
    (stripped,) = pl.read_parquet(exported / "data/sft-round-1-chat-stripped/*.parquet")["messages"].to_list()
    assert stripped[2]["content"] == "```python\na\n\nc\n```"
    pairs = pl.read_parquet(exported / "data/preferences-round-1-chat/*.parquet")
    assert pairs["kind"].to_list() == ["answer", "step"]
    assert pairs["chosen"].to_list()[1] == [{"role": "assistant", "content": "<code>\na<end_of_step>"}]


def test_load_dataset_finds_every_table_offline(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    head = head_of(exported)
    assert len(head["configs"]) == 5
    for config, info in zip(head["configs"], head["dataset_info"], strict=True):
        name, (split,) = config["config_name"], config["data_files"]
        loaded = datasets.load_dataset(str(exported), name, split=split["split"], cache_dir=str(tmp_path))
        assert loaded.num_rows == info["splits"][0]["num_examples"] > 0
        assert loaded.features._to_yaml_list() == info["features"]
    assert datasets.load_dataset(str(exported), cache_dir=str(tmp_path))["train"].num_rows == 2


def test_json_files_alone_are_found_too(evolved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    for form in ("chat", "rstar"):
        run_export(evolved, export_request("sft", 1, form), tmp_path / "out")  # type: ignore[arg-type]
        name = f"sft-round-1-{form}"
        loaded = datasets.load_dataset(str(tmp_path / "out"), name, split="train", cache_dir=str(tmp_path / form))
        assert loaded.num_rows == 1


def test_the_published_form_has_the_keys_of_the_samples(exported: Path, real_data: Path) -> None:
    for kind, sample in (("sft", "rstar_sft_examples.json"), ("preferences", "rstar_ppm_examples.json")):
        written = json.loads((exported / f"{kind}-round-1-rstar.json").read_text(encoding="utf-8"))
        samples = json.loads((real_data / sample).read_text(encoding="utf-8"))
        assert {tuple(row) for row in written} == {tuple(row) for row in samples}


def test_transcripts_have_the_columns_that_scout_reads_and_its_names_mean_nothing_else(exported: Path) -> None:
    schema = pq.read_schema(next((exported / "data/transcripts-round-1-scout").iterdir()))
    shared = {field.name: str(field.type) for field in schema if field.name in SCOUT}
    assert {"transcript_id", "messages", "score", "success", "model", "task_id"} <= set(shared)
    assert shared == {name: SCOUT[name] for name in shared}


def test_transcripts_lead_back_to_the_rows_of_the_lake(evolved: Path, exported: Path) -> None:
    told = pl.read_parquet(exported / "data/transcripts-round-1-scout/*.parquet")
    with Warehouse.open(evolved, read_only=True) as lake:
        there = lake.query(
            "select trajectory_id, problem_id, mean_q, verification, policy_id, n_steps from v_trajectories order by all"
        )
        names = ("transcript_id", "problem_id", "mean_q", "verification", "policy_id", "n_steps")
        assert told.select(names).rows() == there.rows()
        assert told["batch_id"].unique().to_list() == lake.query("select distinct batch_id from nodes")["batch_id"].to_list()
        for row in told.iter_rows(named=True):
            nodes = {f"{node.tree_id}-{node.node_id}" for node in lake.nodes(row["tree_id"])}
            of_steps = {message["id"] for message in json.loads(row["messages"]) if message["role"] != "tool"}
            assert of_steps <= nodes
    assert told["score"].to_list() == ["correct", "wrong"]


def test_rows_have_the_columns_that_are_stated(evolved: Path) -> None:
    with Warehouse.open(evolved, read_only=True) as lake:
        for request in ALL:
            if request.kind != "trees":
                for row in run.export_rows(lake, request, 1):
                    assert sorted(row) == sorted(COLUMNS[request.kind, request.form].names)


def test_the_card_says_what_it_is_where_it_is_from_and_what_was_checked(evolved: Path, exported: Path) -> None:
    with Warehouse.open(evolved, read_only=True) as lake:
        row = lake.round_row(1)
    assert row is not None
    head = head_of(exported)
    assert (head["license"], head["size_categories"]) == ("mit", ["n<1K"])
    assert head["configs"][1] == {
        "config_name": "preferences-round-1-trl",
        "data_files": [{"split": "train", "path": "data/preferences-round-1-trl/train-*-of-00001.parquet"}],
    }
    card = (exported / "README.md").read_text(encoding="utf-8")
    for expected in (
        f"- `sft-round-1-trl.jsonl`: 1 rows, round 1, snapshot {row.snapshot_id}, sha256",
        'load_dataset(".", "sft-round-1-trl", split="train")',
        "scout view -T data/transcripts-round-1-scout",
        "| test | 1 | 2 | 1 |",
        "| test | MIT | a | 2 | 1 | 0 | 1 |",
        "| 1 | training-data | 1 | 1 |",
        "| test | test | 1 | 1 | 0 | 1 |",
        "- searched by policy: `base-0`",
        "- settings fingerprint: `ffffffff`",
        "`stargrove reproduce policy-1`",
    ):
        assert expected in card


def test_the_head_of_a_card_says_what_its_problems_are_about(evolved: Path, exported: Path, tmp_path: Path) -> None:
    assert head_of(exported)["tags"] == ["math", "reasoning", "synthetic"]
    home = shutil.copytree(evolved, tmp_path / "home")
    settings = load(overrides=["problems.domain=programs"])
    with Warehouse.open(home) as lake, lake.transaction("a round of another domain", {}) as cursor:
        cursor.execute("update rounds set settings_json = ?", [settings.model_dump_json()])
    run_export(home, ExportRequest("sft", 1, "trl", "parquet"), tmp_path / "out")
    assert head_of(tmp_path / "out")["tags"] == ["code", "python", "reasoning", "synthetic"]


@pytest.mark.parametrize(
    ("licences", "head"),
    [
        (["MIT", "MIT"], {"license": "mit"}),
        (["CC BY-SA 4.0"], {"license": "cc-by-sa-4.0"}),
        (["Terms of: us"], {"license": "other", "license_name": "Terms of: us"}),
        (["MIT", None], {"license": "other"}),
        ([], {"license": "other"}),
    ],
)
def test_a_licence_is_an_identifier_that_hubs_know_or_has_a_name(licences: list[str | None], head: dict[str, str]) -> None:
    from flows.data.exports.header import yaml_head

    said = yaml.safe_load(yaml_head([], licences, ()).strip("-\n"))
    assert {name: said[name] for name in said if name.startswith("license")} == head


def test_columns_are_described_as_datasets_describes_them() -> None:
    datasets = pytest.importorskip("datasets")
    for columns in COLUMNS.values():
        assert features_of(columns) == datasets.Features.from_arrow_schema(columns)._to_yaml_list()


def test_the_same_snapshot_gives_the_same_bytes_in_any_order(evolved: Path, tmp_path: Path) -> None:
    requests = [ALL[3], ALL[-1]]
    for name, in_order in (("here", requests), ("there", requests[::-1])):
        for request in in_order:
            run_export(evolved, request, tmp_path / name)
    here, there = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("here", "there")
    )
    assert here == there and len(here) == 4


def test_a_later_round_changes_no_byte_of_an_export(evolved: Path, exported: Path, tmp_path: Path) -> None:
    home = shutil.copytree(evolved, tmp_path / "home")
    with Warehouse.open(home) as lake, lake.transaction("later", {}) as cursor:
        cursor.execute("update nodes set text = text || '!'")
    for request in (ALL[0], ALL[-1]):
        made = run_export(home, request, tmp_path / "after")
        known = {one["name"]: one["sha256"] for one in json.loads((exported / INDEX).read_text(encoding="utf-8"))}
        assert made.sha256 == known[made.name]


def test_an_export_that_breaks_off_leaves_what_was_there(
    evolved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[Row]:
        yield {"prompt": "p"}
        raise RuntimeError("lost")

    for request in ALL[:2]:
        run_export(evolved, request, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr(run, "export_rows", broken)
    for request in (*ALL[:2], ALL[-1]):
        with pytest.raises(RuntimeError, match="lost"):
            run_export(evolved, request, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["sft-round-1-trl"]


def test_a_folder_replaces_one_that_had_more_files(tmp_path: Path) -> None:
    columns = pa.schema([("number", pa.int64())])
    for n_rows, n_files in ((5_000, 3), (10, 1)):
        rows = [{"number": number} for number in range(n_rows)]
        assert write_folder(tmp_path / "data" / "x", rows, columns, "train", bytes_per_shard=1) == n_rows
        names = [path.name for path in sorted((tmp_path / "data" / "x").iterdir())]
        assert names == [f"train-{number:05d}-of-{n_files:05d}.parquet" for number in range(n_files)]
        assert pl.read_parquet(tmp_path / "data/x/*.parquet")["number"].to_list() == list(range(n_rows))


def test_what_cannot_be_exported_says_so(evolved: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="round 7 was never started"):
        run_export(evolved, export_request("sft", 7), tmp_path)
    with pytest.raises(BadInput, match="round 0 has no transcripts to export"):
        run_export(evolved, export_request("transcripts", 0), tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput, match="the form rstar is not written as parquet"):
        export_request("sft", 1, "rstar", "parquet")
    with pytest.raises(BadInput, match="trees are not written in the form trl"):
        export_request("trees", 1, "trl")
    with pytest.raises(BadInput, match="--markers is for conversations"):
        export_request("sft", 1, markers="strip")


def test_an_index_of_another_version_is_named_and_stays(evolved: Path, tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text('[{"name": "x"}]', encoding="utf-8")
    with pytest.raises(BadInput, match="is not of this version"):
        run_export(evolved, ALL[0], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [INDEX]


def test_a_hub_that_is_not_there_is_named_and_the_files_stay(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.data.exports.push import push_directory

    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises((Unavailable, BadInput), match=r"hub cannot be reached|hub refused"):
        push_directory(exported, "nobody/nothing")
    assert (exported / "sft-round-1-trl.jsonl").exists()


def test_the_command_says_in_one_line_what_it_wrote(evolved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "transcripts", "--round", "1", "--output", str(tmp_path / "out"), "--home", str(evolved)]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "data/transcripts-round-1-scout: 2 rows of snapshot " in said and said.endswith("out/README.md\n")
