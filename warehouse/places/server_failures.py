"""What Postgres and S3 say when they refuse or are away, and what a user does about it. Importable without duckdb."""

import re
from dataclasses import dataclass
from typing import Final

from warehouse.errors import LeaseLost, ServerAway, WarehouseError

FENCED: Final = "stargrove_fence refuses token"
"""How Postgres refuses a commit of an evolution that was replaced."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A pattern of messages, what they mean, what to do, and which error of ours says so."""

    pattern: str
    what: str
    hint: str
    kind: type[WarehouseError] = WarehouseError

    def is_of(self, text: str) -> bool:
        """Return whether a message, in capitals or not, is of this kind."""
        return re.search(self.pattern, text, re.IGNORECASE) is not None

    def error(self, text: str, where: str) -> WarehouseError:
        """Return the error that says what happened at `where`."""
        return self.kind(f"{where}: {self.what} ({first_line(text)})", hint=self.hint)


REPLACED: Final = Cause(
    FENCED,
    "this evolution was silent for too long, and another one has its place: nothing of this one is committed any more",
    "what it committed before is kept; run the same command again once the other one has ended",
    LeaseLost,
)

SERVER_CAUSES: Final = (
    REPLACED,
    Cause(
        r"password authentication failed|no password supplied|role \"[^\"]*\" does not exist|no pg_hba.conf entry",
        "Postgres refuses who asks",
        "set PGPASSWORD or PGPASSFILE, and the user in warehouse.catalog",
    ),
    Cause(
        r"database \"[^\"]*\" does not exist",
        "Postgres has no such database",
        "create it, or correct warehouse.catalog",
    ),
    Cause(
        r"Unable to connect to Postgres|could not translate host name|Name or service not known"
        r"|server closed the connection|connection to server .* lost|terminating connection"
        r"|database system is (shutting|starting)"
        r"|Connect call failed|connection was closed in the middle|connection is closed|SSL connection has been closed"
        r"|no connection to the server|SSL SYSCALL|Connection reset by peer|Broken pipe|^TimeoutError",
        "Postgres does not answer",
        "start it, or correct warehouse.catalog, and run the same command again: what is committed is kept",
        ServerAway,
    ),
    Cause(
        r"InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|HTTP 403|AccessDenied|HTTP code 403|Forbidden",
        "S3 refuses the credentials",
        "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what they may do in the bucket",
    ),
    Cause(r"NoSuchBucket", "there is no such bucket", "create it, or correct warehouse.data"),
    Cause(
        r"Could not (establish|connect)|Could not resolve|HTTP 50[0-9]|HTTP code 50[0-9]|Timeout was reached|error for HTTP",
        "S3 does not answer",
        "check AWS_ENDPOINT_URL_S3 and the server, and run the same command again: what is committed is kept",
        ServerAway,
    ),
    Cause(
        r"does not exist.*and creating is disabled|creating a new DuckLake is explicitly disabled|CREATE_IF_NOT_EXISTS",
        "there is no lake yet",
        "create one with: stargrove evolve",
    ),
    Cause(
        r"DATA_PATH parameter .* does not match",
        "the catalog keeps its files in another place",
        "correct warehouse.data, or leave it empty to use the place that the catalog knows",
    ),
)
"""The first that a message is of decides."""

_UNKNOWN: Final = Cause("", "the server failed", "run the command with --debug for the traceback")


def server_failure(error: Exception, where: str) -> WarehouseError:
    """Return the error of ours for what a session with a server met at `where`."""
    text = str(error) or type(error).__name__
    cause = next((cause for cause in SERVER_CAUSES if cause.is_of(text)), _UNKNOWN)
    return cause.error(text, where)


def first_line(text: str) -> str:
    """Return the beginning of a message."""
    return text.splitlines()[0][:300] if text else "no message"
