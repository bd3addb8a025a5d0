"""A machine that conducts rounds, or would: it does what is asked of it on stdin, a line at a time, and says what came of it.

python -m tests.warehouse.conducting_process HOME CATALOG DATA BEAT_SECONDS LAPSE_SECONDS

take            the lease, and from then on keep it
commit SHARD    a batch of seven nodes
open SHARD      the same, but stay in the middle of the transaction
close           and end it
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.warehouse.trees import batch, small_tree
from warehouse.errors import StargroveError
from warehouse.lease import Rhythm
from warehouse.places.location import Location
from warehouse.places.postgres_lease import PostgresLease
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse
from warehouse.store.ledger import insert_rows, write_ledger
from warehouse.store.staging import staged


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def asked() -> str:
    return sys.stdin.readline().strip()


@contextmanager
def refusals_are_said() -> Iterator[None]:
    try:
        yield
    except StargroveError as error:
        say(f"{type(error).__name__} {error}")


def commit(lake: Warehouse, shard: str) -> None:
    lake.commit(batch(1, "rollout", shard), {"nodes": small_tree(shard)})
    say("committed")


def commit_slowly(lake: Warehouse, shard: str) -> None:
    written = batch(1, "rollout", shard)
    with lake.transaction("slowly", {}) as cursor:
        insert_rows(cursor, written, "nodes", staged("nodes", small_tree(shard)))
        write_ledger(cursor, written, 7)
        say("in the middle")
        assert asked() == "close"
    say("committed")


def main(home: Path, catalog: str, data: str, rhythm: Rhythm) -> None:
    lease = PostgresLease(catalog, rhythm=rhythm)
    say("ready")
    assert asked() == "take"
    with refusals_are_said():
        lease.take()
        say(f"token {lease.token}")
        lease.keep(say, lambda error: say(f"lost {error}"))
    settings = WarehouseSettings(catalog=catalog, data=data)
    with Warehouse.at(Location(home, catalog, data), settings, token=lease.token) as lake:
        while line := asked():
            verb, shard = line.split()
            with refusals_are_said():
                (commit if verb == "commit" else commit_slowly)(lake, shard)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Rhythm(float(sys.argv[4]), float(sys.argv[5])))
