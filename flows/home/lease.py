"""One evolution per lake: on servers that several machines share, whoever conducts its rounds holds its lease."""

from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.places.location import Location
from warehouse.places.postgres_lease import PostgresLease


@contextmanager
def leased(location: Location) -> Iterator[PostgresLease | None]:
    """Yield the lease of a lake in Postgres, and give it back at the end; None in a home, whose lock says it all.

    Raises BadInput, naming the holder, where another process has it.
    """
    if not location.catalog:
        yield None
        return
    lease = PostgresLease(location.catalog)
    lease.take()
    try:
        yield lease
    finally:
        lease.release()
