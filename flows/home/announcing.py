"""Tell a home's Prefect server what a person decided, so that its automations hear of it; without importing Prefect.

Where no server runs nobody listens, and the decision stands in the lake all the same.
"""

import base64
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from flows.home.prefect_server import running_server
from warehouse.records import PromotionDecision

_TIMEOUT_SECONDS = 10.0


def announce(home: Path, event: str, decision: PromotionDecision, tell: Callable[[str], None]) -> bool:
    """Return whether the event reached the server of PREFECT_API_URL or of the home. `tell` hears about one that did not."""
    url = api_of(home)
    if url is None:
        return False
    content = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": event,
        "resource": {"prefect.resource.id": f"stargrove.round.{decision.round}"},
        "payload": asdict(decision),
    }
    headers = {"Content-Type": "application/json", **_credentials(os.environ)}
    request = urllib.request.Request(f"{url}/events", json.dumps([content]).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
            return True
    except (urllib.error.URLError, OSError) as error:
        tell(f"the Prefect server at {url} was not told of it, so that no automation will hear: {error}")
        return False


def api_of(home: Path) -> str | None:
    """Return the address of the API that would hear an event: that of PREFECT_API_URL, or of the home's running server."""
    if named := os.environ.get("PREFECT_API_URL"):
        return named.rstrip("/")
    running = running_server(home)
    return None if running is None else running.url


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the header that Prefect's own client would send."""
    if key := environment.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if pair := environment.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}
