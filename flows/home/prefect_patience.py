"""Let Prefect's clients wait for a server that is started again."""

from prefect.client.base import PrefectHttpxAsyncClient, PrefectHttpxSyncClient


def be_patient() -> None:
    """Let every client of this process repeat requests whose connection is refused.

    A client does so only once it was connected itself: before, it takes the address for a wrong one. New clients are made all
    the time, as for each artifact; here the server has answered at this address, so the address is right.
    """
    for client in (PrefectHttpxAsyncClient, PrefectHttpxSyncClient):
        client._has_connected = property(lambda _: True, lambda _, value: None)  # type: ignore[assignment]
