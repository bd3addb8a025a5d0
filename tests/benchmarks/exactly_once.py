"""Exactly once, at length: 4 writers and 4 readers for a minute, and at least 100 kills, on both catalogs.

    python -m tests.benchmarks.exactly_once [--kills 100] [--seconds 60] [--catalog embedded|cluster] [--write]

`embedded` is SQLite and the local disk; `cluster` is a real Postgres and S3 as moto serves it. An eighth of the kills falls on
each point before, inside and after a commit. --write stores the counts; the exit code is 1 where anything was lost or doubled.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.servers import BUCKET, PASSWORD, moto_server, postgres_server
from tests.warehouse.kills import Aftermath, Storm, looked_at, raged
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse
from warehouse.store.maintenance import file_sizes, maintain

BASELINE = Path(__file__).with_name("exactly_once_baseline.json")


@dataclass(frozen=True)
class Wanted:
    """How long and how hard."""

    n_kills: int
    seconds: float


def embedded(wanted: Wanted, directory: Path) -> dict[str, object]:
    """Return the counts of a storm over SQLite and the local disk."""
    return _report(Storm(directory / "home", WarehouseSettings(), {}, wanted.n_kills, wanted.seconds))


def cluster(wanted: Wanted, directory: Path) -> dict[str, object]:
    """Return the counts of a storm over Postgres and S3."""
    (directory / "moto").mkdir()
    with postgres_server() as postgres, moto_server(directory / "moto") as s3:
        environment = {**s3.environment, "PGPASSWORD": PASSWORD}
        os.environ.update(environment)
        settings = WarehouseSettings(catalog=postgres.address("postgres"), data=f"s3://{BUCKET}/storm")
        return _report(Storm(directory / "home", settings, environment, wanted.n_kills, wanted.seconds))


def _report(storm: Storm) -> dict[str, object]:
    Warehouse.open(storm.home, storm.settings).close()
    aftermath = raged(storm)
    with Warehouse.open(storm.home, storm.settings) as lake:
        aftermath.faults += looked_at(lake, storm)
        before = lake.query("select * from nodes order by all")
        _, n_files_before = file_sizes(lake)
        n_referenced = lake.query(REFERENCED).item()
        maintain(lake, older_than_hours=0)
        if not lake.query("select * from nodes order by all").equals(before):
            aftermath.faults.append("maintenance changed rows")
    return {**_counts(aftermath), "n_rows": before.height, "n_orphans_removed": n_files_before - n_referenced}


REFERENCED = """
select
    (select count(*) from __ducklake_metadata_lake.ducklake_data_file)
    + (select count(*) from __ducklake_metadata_lake.ducklake_delete_file)
    + (select count(*) from __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion)
"""


def _counts(aftermath: Aftermath) -> dict[str, object]:
    return {
        "n_kills": sum(aftermath.kills.values()),
        "kills_by_point": dict(sorted(aftermath.kills.items())),
        "n_batches_acknowledged": len(aftermath.acknowledged),
        "n_reads": aftermath.n_reads,
        "seconds": round(aftermath.seconds, 1),
        "faults": aftermath.faults,
    }


def main() -> int:
    """Return 0 where nothing was lost, doubled or half visible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--catalog", choices=["embedded", "cluster"], action="append")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    figures = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    for name in options.catalog or ["embedded", "cluster"]:
        with tempfile.TemporaryDirectory(prefix="stargrove-storm-") as directory:
            run = {"embedded": embedded, "cluster": cluster}[name]
            figures[name] = run(Wanted(options.kills, options.seconds), Path(directory))
        print(json.dumps({name: figures[name]}, indent=2), flush=True)
    if options.write:
        BASELINE.write_text(json.dumps(figures, indent=2) + "\n")
    return int(any(figure["faults"] for figure in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
