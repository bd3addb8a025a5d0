"""Maintenance as a flow of its own: a schedule keeps the lake small while rounds run and readers read."""

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.settings import load
from warehouse.stages import MAINTENANCE
from warehouse.store import inlined, maintenance
from warehouse.store.lake import Warehouse
from warehouse.store.maintenance import MaintenanceReport

DEFAULT_OLDER_THAN_HOURS = 24.0
"""Longer than any query or training that may still read an old file."""


@flow(name=MAINTENANCE.name, flow_run_name=f"{MAINTENANCE.label} {{home}}")
def maintain_home(
    home: str = ".stargrove",
    profile: str = "tiny-cpu",
    file: str | None = None,
    older_than_hours: float = DEFAULT_OLDER_THAN_HOURS,
) -> MaintenanceReport:
    """Return what was saved. Writers wait for one step at most."""
    settings = load(profile, Path(file) if file else None)
    with Warehouse.open(Path(home), settings.warehouse) as lake:
        n_bytes_before, n_files_before = maintenance.file_sizes(lake)
        n_flushed = flush(lake)
        compact(lake)
        n_expired = expire(lake, older_than_hours)
        remove_files(lake, older_than_hours)
        n_bytes_after, n_files_after = maintenance.file_sizes(lake)
    report = MaintenanceReport(n_bytes_before, n_bytes_after, n_files_before, n_files_after, n_expired, n_flushed)
    create_markdown_artifact(key="maintenance", markdown=report.line, description=f"files of {lake.location.data_path}")
    return report


@task(name="flush", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10)
def flush(lake: Warehouse) -> int:
    """Return how many rows were moved from the catalog into files."""
    return inlined.flush(lake)


@task(name="compact", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10)
def compact(lake: Warehouse) -> None:
    """Merge small files."""
    maintenance.compact(lake)


@task(name="expire", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10)
def expire(lake: Warehouse, older_than_hours: float) -> int | None:
    """Return how many snapshots were forgotten, None beside a backup."""
    return maintenance.expire(lake, older_than_hours)


@task(name="remove_files", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10)
def remove_files(lake: Warehouse, older_than_hours: float) -> None:
    """Delete files that nothing needs, those of writers that died among them."""
    maintenance.remove_files(lake, older_than_hours)
