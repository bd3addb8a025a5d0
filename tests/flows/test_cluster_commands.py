"""The documented way from a laptop to Postgres and S3 and back, command by command."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from flows.cli import app as cli
from flows.home import examination
from flows.settings import load
from models.checkpoints.store import CheckpointStore, Lineage
from tests.servers import BUCKET, PASSWORD, PostgresServer, S3Server
from warehouse.lease import Holder
from warehouse.places.location import located
from warehouse.places.postgres_lease import PostgresLease, read_lease
from warehouse.records import Batch, CheckpointRow, Problem
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


def commands_of(chapter: str) -> list[str]:
    """Return what stands behind `stargrove` in the blocks of a chapter."""
    text = PAGE.split(f"## {chapter}\n")[1].split("\n## ")[0]
    return re.findall(r"^stargrove (.*?)(?:  +#.*)?$", text, re.MULTILINE)


COMMANDS = commands_of("From a laptop to Postgres and S3")


def evolved(home: Path) -> str:
    """A home with a problem and a checkpoint; return the checkpoint's id."""
    staged = home.parent / "staged"
    staged.mkdir()
    (staged / "model.safetensors").write_bytes(b"weights")
    (staged / "config.json").write_text("{}")
    lineage = Lineage(parent_id=None, round=0, snapshot_id=None, fingerprint="f", code_version="0", metrics={})
    found = CheckpointStore(home / "checkpoints").publish("base", staged, lineage)
    with Warehouse.open(home) as lake:
        lake.ingest(Batch(0, "ingest", "train", "f"), [Problem("p", "What is 1 + 1?", "2", "test", 1, "train")], [])
        lake.record_checkpoint(CheckpointRow(found.checkpoint_id, "base", 0, None, None, "f", found.uri, "current"))
    return found.checkpoint_id


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_the_documented_commands_lead_to_the_cluster_and_back(
    tmp_path: Path,
    postgres: PostgresServer,
    s3: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    postgres.ask("create database documented")
    row = json.dumps({"question": "How many legs have 3 cats?", "answer": "12"})
    s3.client().put_object(Bucket=BUCKET, Key="documented/problems.jsonl", Body=row.encode())
    home = tmp_path / "home"
    checkpoint_id = evolved(home)
    real = {
        "postgresql://stargrove@postgres:5432/stargrove": postgres.address("documented"),
        "s3://stargrove": f"s3://{BUCKET}/documented",
    }
    assert [command.split()[0] for command in COMMANDS] == ["warehouse", "sql", "ingest", "warehouse", "warehouse"]
    for number, command in enumerate(COMMANDS):
        for placeholder, address in real.items():
            command = command.replace(placeholder, address)
        assert cli.main([*shlex.split(command), "--home", str(home)]) == 0, capsys.readouterr().err
        if number == 0:
            with Warehouse.open(home, read_only=True) as lake:
                address = lake.query("select uri from checkpoints").item()
            assert address == f"s3://{BUCKET}/documented/evolution/checkpoints/{checkpoint_id}"
            assert f"documented/evolution/checkpoints/{checkpoint_id}/manifest.json" in set(s3.keys("documented"))
    printed = capsys.readouterr().out
    assert f"s3://{BUCKET}/documented/problems.jsonl: 1 train problems from 1 rows" in printed
    with Warehouse.open(home) as lake:
        assert lake.location.catalog == lake.location.data == ""
        assert lake.query("select count(*) from problems").item() == 2
        assert lake.query("select uri from checkpoints").item().startswith("file://")


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_a_lake_whose_rounds_another_machine_conducts_is_neither_evolved_nor_moved_away(
    tmp_path: Path,
    postgres: PostgresServer,
    s3: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    postgres.ask("create database conducted")
    catalog, home = postgres.address("conducted"), str(tmp_path)
    place = ("--set", f"warehouse.catalog={catalog}", "--set", f"warehouse.data=s3://{BUCKET}/conducted")
    Warehouse.open(tmp_path, load("tiny-cpu", None, place[1::2]).warehouse).close()
    lease = PostgresLease(catalog, Holder("gpu-1", "another kernel", 4711, 1))
    lease.take()
    capsys.readouterr()
    for command in (["evolve", *place], ["warehouse", "move", "--catalog", "home", "--data", "home"]):
        assert cli.main([*command, "--home", home]) == 2
        printed = capsys.readouterr().err
        assert f"{catalog}: another evolution has this lake (machine gpu-1, process 4711, no flow run yet" in printed
        assert printed.count("\n") == 1
    findings = [finding.line for finding in examination._conductor(tmp_path, located(tmp_path, WarehouseSettings()))]
    assert "conducted by machine gpu-1, process 4711" in findings[1] and findings[1].startswith("ok")
    for query in commands_of("One evolution per lake"):
        assert cli.main([*shlex.split(query), "--home", home]) == 0
    printed = capsys.readouterr().out
    assert "gpu-1" in printed and "beaten_at" in printed
    lease.release()
    assert cli.main(["warehouse", "move", "--catalog", "home", "--data", "home", "--home", home]) == 0
    found = read_lease(catalog)
    assert found is not None and found[0].is_released and found[0].token == 2


def test_moving_what_is_not_there_or_to_nowhere_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["warehouse", "move", "--data", "s3://bucket/x", "--home", str(tmp_path / "none")]) == 2
    Warehouse.open(tmp_path).close()
    assert cli.main(["warehouse", "move", "--data", "/elsewhere", "--home", str(tmp_path)]) == 2
    assert cli.main(["warehouse", "move", "--home", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_the_example_settings_fit_every_profile() -> None:
    example = ROOT / "infra" / "cluster.toml"
    assert tomllib.loads(example.read_text(encoding="utf-8")).keys() == {"warehouse"}
    for profile in ("tiny-cpu", "paper"):
        assert load(profile, example).warehouse.data == "s3://stargrove/evolution"
