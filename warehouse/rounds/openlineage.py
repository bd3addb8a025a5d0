"""The ledger as OpenLineage events: a run per round and per batch, with the tables that it read and wrote.

Run ids are hashes, so that an event that is sent twice is the same event. Specification: OpenLineage 2-0-2.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from warehouse.stages import stage_named
from warehouse.store.lake import Warehouse

Event = dict[str, Any]
"""A run event as JSON."""

_PRODUCER: Final = "urn:stargrove"
_SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_PARENT_SCHEMA: Final = "https://openlineage.io/spec/facets/1-0-1/ParentRunFacet.json"
_OUTPUT_SCHEMA: Final = "https://openlineage.io/spec/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json"

_BATCHES: Final = "select * from batches where round = $round order by committed_at, batch_id"
_ROUND: Final = "select * from rounds where round = $round"


def round_events(lake: Warehouse, round_number: int, namespace: str) -> list[Event]:
    """Return the events of a round so far, in the order of time: its own, and start and end of each committed batch."""
    rounds = lake.query(_ROUND, round=round_number).to_dicts()
    events: list[Event] = []
    for row in rounds:
        run_id = _run_id(namespace, "round", str(row["round"]), row["fingerprint"])
        facets = {"stargrove_round": _own({name: row[name] for name in ("fingerprint", "code_version", "policy_id", "ppm_id")})}
        events.append(_event("START", row["started_at"], namespace, "evolution_round", run_id, facets))
        if row["finished_at"] is not None:
            ended = {"promoted": "COMPLETE", "rejected": "COMPLETE", "superseded": "COMPLETE"}.get(row["status"], "FAIL")
            trained = {name: row[f"candidate_{name}"] for name in ("policy_id", "ppm_id")}
            facets = {"stargrove_round": _own({"status": row["status"], "snapshot_id": row["snapshot_id"]} | trained)}
            events.append(_event(ended, row["finished_at"], namespace, "evolution_round", run_id, facets))
    for row in lake.query(_BATCHES, round=round_number).to_dicts():
        events += _batch_events(row, namespace, rounds[0]["fingerprint"] if rounds else None)
    return sorted(events, key=lambda event: event["eventTime"])


def _batch_events(row: dict[str, Any], namespace: str, round_fingerprint: str | None) -> list[Event]:
    stage = stage_named(row["stage"])
    job = f"{stage.name}.{row['shard']}"
    run_id = _run_id(namespace, row["batch_id"], row["committed_at"].isoformat())
    told = ("batch_id", "round", "fingerprint", "code_version", "flow_run_id", "task_run_id", "n_tokens", "n_rows")
    facets: dict[str, Any] = {"stargrove_batch": _own({name: row[name] for name in told})}
    # What people measure of a round's checkpoints on top is no part of the round.
    if round_fingerprint is not None and stage.in_round:
        parent = _run_id(namespace, "round", str(row["round"]), round_fingerprint)
        facets["parent"] = {
            "_producer": _PRODUCER,
            "_schemaURL": _PARENT_SCHEMA,
            "run": {"runId": str(parent)},
            "job": {"namespace": namespace, "name": "evolution_round"},
        }
    started = row["committed_at"] - timedelta(seconds=row["wall_seconds"])
    end = _event("COMPLETE", row["committed_at"], namespace, job, run_id, facets)
    end["inputs"] = [{"namespace": namespace, "name": f"lake.{table}"} for table in stage.reads]
    end["outputs"] = [{"namespace": namespace, "name": f"lake.{table}"} for table in stage.writes]
    if len(stage.writes) == 1:
        statistics = {"_producer": _PRODUCER, "_schemaURL": _OUTPUT_SCHEMA, "rowCount": row["n_rows"]}
        end["outputs"][0]["outputFacets"] = {"outputStatistics": statistics}
    return [_event("START", started, namespace, job, run_id, facets), end]


def _event(kind: str, at: datetime, namespace: str, job: str, run_id: UUID, facets: dict[str, Any]) -> Event:
    return {
        "eventType": kind,
        "eventTime": at.isoformat(),
        "run": {"runId": str(run_id), "facets": facets},
        "job": {"namespace": namespace, "name": job},
        "inputs": [],
        "outputs": [],
        "producer": _PRODUCER,
        "schemaURL": _SCHEMA,
    }


def _own(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a facet of our own; OpenLineage wants each facet to say who made it and what it looks like."""
    return {"_producer": _PRODUCER, "_schemaURL": "urn:stargrove:facet", **facts}


def _run_id(namespace: str, *parts: str) -> UUID:
    return uuid5(NAMESPACE_URL, "\x1f".join((_PRODUCER, namespace, *parts)))
