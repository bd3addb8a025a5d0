"""Send a round's lineage to an OpenLineage server, where one is configured.

Configured by the variables that OpenLineage's own clients read: OPENLINEAGE_URL, and OPENLINEAGE_ENDPOINT, OPENLINEAGE_API_KEY
and OPENLINEAGE_NAMESPACE. Lineage is told about a run and never stops it: what could not be sent is in the ledger all the same.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from warehouse.rounds.openlineage import round_events
from warehouse.store.lake import Warehouse

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class LineageServer:
    """Where events go."""

    url: str
    namespace: str
    api_key: str | None

    @classmethod
    def configured(cls, environment: Mapping[str, str] = os.environ) -> "LineageServer | None":
        """Return the server that the environment names, None where it names none."""
        base = environment.get("OPENLINEAGE_URL", "").rstrip("/")
        if not base:
            return None
        endpoint = environment.get("OPENLINEAGE_ENDPOINT", "api/v1/lineage").strip("/")
        namespace = environment.get("OPENLINEAGE_NAMESPACE", "stargrove")
        return cls(f"{base}/{endpoint}", namespace, environment.get("OPENLINEAGE_API_KEY"))


def emit_round(lake: Warehouse, round_number: int, tell: Callable[[str], None]) -> int:
    """Return how many events of a round were sent; 0 without a server. `tell` hears about a server that cannot be reached."""
    server = LineageServer.configured()
    if server is None:
        return 0
    import httpx

    headers = {"Authorization": f"Bearer {server.api_key}"} if server.api_key else {}
    n_sent = 0
    try:
        with httpx.Client(timeout=_TIMEOUT_SECONDS, headers=headers) as client:
            for event in round_events(lake, round_number, server.namespace):
                client.post(server.url, json=event).raise_for_status()
                n_sent += 1
    except httpx.HTTPError as error:
        tell(f"lineage of round {round_number} not sent to {server.url} after {n_sent} events: {error}")
    return n_sent
