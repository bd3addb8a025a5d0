"""A new client of Prefect's waits for a server that is away for a moment, as one that was connected before does."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from prefect.client.base import PrefectHttpxAsyncClient, PrefectHttpxSyncClient
from prefect.client.orchestration import SyncPrefectClient

from flows.home.prefect_patience import be_patient
from tests.flows.test_server_watch import STAND_IN
from tests.servers import free_port


@pytest.fixture
def patience() -> Iterator[None]:
    be_patient()
    yield
    for client in (PrefectHttpxAsyncClient, PrefectHttpxSyncClient):
        del client._has_connected


@pytest.mark.usefixtures("patience")
def test_a_client_that_was_never_connected_waits_for_the_server() -> None:
    port = free_port()
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        started.append(subprocess.Popen([sys.executable, "-c", STAND_IN, str(port)], stderr=subprocess.DEVNULL))

    # Later than the connection's own three attempts, which are over within 2 s.
    late = threading.Timer(3.0, start)
    late.start()
    try:
        with SyncPrefectClient(f"http://127.0.0.1:{port}/api") as client:
            assert client.hello().status_code == 200
    finally:
        late.join()
        started[0].kill()
        started[0].wait()
