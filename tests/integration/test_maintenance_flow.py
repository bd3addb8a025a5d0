"""Maintenance as Prefect runs it: its own flow, one task run per step, the bytes before and after as an artifact."""

from pathlib import Path

import pytest

from tests.warehouse.kills import rows_of
from tests.warehouse.trees import batch
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.integration


def test_the_flow_keeps_the_lake_small_and_reports_bytes(tmp_path: Path, prefect_url: str) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.maintenance import maintain_home

    with Warehouse.open(tmp_path) as lake:
        for number in (3, 6, 9):
            lake.commit(batch(1, "rollout", str(number)), {"nodes": rows_of(number)})
        for number in range(210):
            lake.commit(batch(2, "verify", str(number)), {})
    with temporary_settings({PREFECT_API_URL: prefect_url}):
        report = maintain_home(home=str(tmp_path), older_than_hours=0)
    assert (report.n_snapshots_expired or 0) > 5
    assert report.n_rows_flushed == 213, "lines of the ledger"
    assert (report.n_files_before, report.n_bytes_before > report.n_bytes_after > 0) == (3, True)
    with Warehouse.open(tmp_path, read_only=True) as lake:
        assert lake.query("select count(*) from nodes").item() == 900
        assert lake.query("select count(*) from ducklake_list_files('lake', 'nodes')").item() == 1
