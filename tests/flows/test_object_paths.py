"""Wherever a command reads or writes a file, s3:// will do: real commands against a real server that speaks S3."""

import json
from pathlib import Path

import pytest

from flows.cli import app as cli
from flows.data.benchmarks import known_benchmark
from flows.display.progress import open_display
from flows.settings import Settings
from tests.servers import BUCKET, S3Server
from tests.warehouse.test_training_files import trained_round
from tests.warehouse.trees import ingest, problem
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.parametrize("s3", ["moto"], indirect=True)

SOLVED = (
    {"question": "Ann has 2 pears and buys 3. How many has she?", "answer": "2 + 3 = <<2+3=5>>5\n#### 5"},
    {"question": "Bob reads 4 pages a day. How many in 6 days?", "answer": "4 * 6 = <<4*6=24>>24\n#### 24"},
    {"question": "Cat had 9 cups and broke 2. How many are left?", "answer": "9 - 2 = <<9-2=7>>7\n#### 7"},
    {"question": "Dan saves 5 dollars a week. How much in 8 weeks?", "answer": "5 * 8 = <<5*8=40>>40\n#### 40"},
)
SMALL = [
    "hidden_size=16",
    "n_layers=1",
    "n_heads=1",
    "n_kv_heads=1",
    "feed_forward_size=16",
    "n_epochs=1",
    "vocabulary_size=300",
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Warehouse.open(tmp_path / "home") as lake:
        ingest(lake, problem("p1"))
        trained_round(lake, 1, tmp_path / "jobs")
    return tmp_path / "home"


def put(s3: S3Server, address: str, text: str) -> str:
    """Store an object and return its address."""
    s3.client().put_object(Bucket=BUCKET, Key=address.removeprefix(f"s3://{BUCKET}/"), Body=text.encode())
    return address


def got(s3: S3Server, address: str) -> str:
    """Return the content of an object."""
    body: bytes = s3.client().get_object(Bucket=BUCKET, Key=address.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    return body.decode()


def test_exports_gather_under_one_card(home: Path, s3: S3Server, bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("sft", "preferences"):
        assert cli.main(["export", kind, "--round", "1", "--output", f"{bucket}/out", "--home", str(home)]) == 0
        assert f"{bucket}/out/{kind}-round-1-trl.jsonl: " in capsys.readouterr().out
    card = got(s3, f"{bucket}/out/README.md")
    assert "sft-round-1-trl.jsonl" in card
    assert "preferences-round-1-trl.jsonl" in card
    assert json.loads(got(s3, f"{bucket}/out/sft-round-1-trl.jsonl").splitlines()[0])["prompt"]


def test_training_files_are_reproduced_there(
    home: Path, s3: S3Server, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["reproduce", "policy-1", "--output", f"{bucket}/again", "--home", str(home)]) == 0
    assert f"{bucket}/again/sft.parquet: 1 rows" in capsys.readouterr().out
    key = f"{bucket}/again/sft.parquet".removeprefix(f"s3://{BUCKET}/")
    assert s3.client().get_object(Bucket=BUCKET, Key=key)["Body"].read() == (tmp_path / "jobs" / "sft.parquet").read_bytes()


def test_trees_are_imported_from_there_and_their_source_is_named(
    home: Path, s3: S3Server, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "trees", "--round", "1", "--output", f"{bucket}/trees", "--home", str(home)]) == 0
    address = f"{bucket}/trees/trees-round-1-rstar.jsonl"
    assert cli.main(["import", "trees", address, "--source", "back", "--home", str(home)]) == 0
    assert f"{address}: " in capsys.readouterr().out
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.query("select uri from sources where source = 'back'").item() == address


def test_a_benchmark_is_read_from_there(home: Path, s3: S3Server, bucket: str) -> None:
    address = put(s3, f"{bucket}/legs.jsonl", json.dumps({"question": "How many legs have 3 cats?", "answer": "12"}))
    with open_display() as display:
        known_benchmark(Settings(), home, Path(address), display)
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.query("select benchmark from benchmark_problems").to_series().to_list() == ["legs"]


def test_settings_and_programs_are_read_from_there_and_lineage_written(
    home: Path, s3: S3Server, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = put(s3, f"{bucket}/mine.toml", "[search]\nn_rollouts = 3\n")
    assert cli.main(["config", "show", "--file", settings]) == 0
    assert "n_rollouts = 3" in capsys.readouterr().out
    assert cli.main(["sandbox", "run", put(s3, f"{bucket}/program.py", "print(6 * 7)")]) == 0
    assert "42" in capsys.readouterr().out
    assert cli.main(["lineage", "policy-1", "--format", "json", "--output", f"{bucket}/lineage.json", "--home", str(home)]) == 0
    assert "policy-1" in got(s3, f"{bucket}/lineage.json")


def test_a_base_is_built_from_there_and_to_there(s3: S3Server, bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    solutions = put(s3, f"{bucket}/train.jsonl", "\n".join(json.dumps(row) for row in SOLVED))
    sizes = [part for setting in SMALL for part in ("--set", f"base.{setting}")]
    build = ["tiny", "build", "--solutions", solutions, "--output", f"{bucket}/base", *sizes]
    assert cli.main(build) == 0, capsys.readouterr().err
    assert "Qwen3ForCausalLM" in got(s3, f"{bucket}/base/config.json")
    assert cli.main(build) == 2
    assert f"{bucket}/base exists" in capsys.readouterr().err


def test_an_object_that_is_not_there_is_named(
    home: Path, s3: S3Server, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["import", "trees", f"{bucket}/none.jsonl", "--home", str(home)]) == 2
    assert f"{bucket}/none.jsonl: there is no such" in capsys.readouterr().err
