"""A process at work on a home: its flows report to Prefect, its tasks share machinery, and signals end both."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.display.progress import Display
from flows.home.prefect_server import PrefectServer, open_server
from flows.home.server_watch import ServerWatch
from flows.home.signals import heeded
from flows.settings import Settings
from warehouse.places.location import Location
from warehouse.places.postgres_lease import PostgresLease

if TYPE_CHECKING:
    from tasks.runtime.resources import Resources


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with. The server may still be starting: await_server() before the first flow."""

    server: PrefectServer
    resources: "Resources"
    watch: ServerWatch

    def await_server(self) -> None:
        """Return once the server answers; from then on it is watched. Raises Unavailable where it does not answer."""
        from flows.home.prefect_patience import be_patient

        self.server.wait()
        be_patient()
        self.watch.start()


@contextmanager
def session(settings: Settings, location: Location, display: Display, lease: PostgresLease | None = None) -> Iterator[Session]:
    """Yield the opened machinery of a home, and the Prefect server that its flows report to.

    lease: of whoever conducts rounds, kept from here on. The server is that of PREFECT_API_URL, or the home's own, which is
    left running for review. Raises Interrupted or Terminated after a signal, Unavailable where the server is lost, and
    LeaseLost where the lease is, within seconds, when nothing that was opened runs any more.
    """
    with heeded() as signals:
        if lease is not None:
            lease.keep(display.message, signals.fail)
        server = open_server(location.home)
        os.environ.update(server.client_environment)
        # Prefect reads its environment when it is imported, so nothing that imports it may be imported before this line.
        from flows.home.plans import site_of
        from tasks.runtime.resources import opened

        with opened(site_of(settings, location, lease.token if lease else None), display) as resources:
            signals.tell(resources.stop)
            watch = ServerWatch(server, display.message, signals.fail)
            try:
                yield Session(server, resources, watch)
            except BaseException:
                # Whatever else is still running can no longer be of use, and would keep the process alive.
                resources.stop()
                raise
            finally:
                watch.stop()
