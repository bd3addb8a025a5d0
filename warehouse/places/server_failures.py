"""What Postgres and S3 say when they refuse or are away, and what a user does about it. Importable without duckdb."""

import re
from typing import Final

from warehouse.errors import WarehouseError

SERVER_CAUSES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"password authentication failed|no password supplied|role \"[^\"]*\" does not exist|no pg_hba.conf entry",
        "Postgres refuses who asks",
        "set PGPASSWORD or PGPASSFILE, and the user in warehouse.catalog",
    ),
    (
        r"database \"[^\"]*\" does not exist",
        "Postgres has no such database",
        "create it, or correct warehouse.catalog",
    ),
    (
        r"Unable to connect to Postgres|could not translate host name|Name or service not known"
        r"|server closed the connection|connection to server .* lost|terminating connection"
        r"|database system is (shutting|starting)"
        r"|Connect call failed|connection was closed in the middle|connection is closed|SSL connection has been closed"
        r"|no connection to the server",
        "Postgres does not answer",
        "start it, or correct warehouse.catalog, and run the same command again: what is committed is kept",
    ),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|HTTP 403|AccessDenied|HTTP code 403|Forbidden",
        "S3 refuses the credentials",
        "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what they may do in the bucket",
    ),
    (r"NoSuchBucket", "there is no such bucket", "create it, or correct warehouse.data"),
    (
        r"Could not (establish|connect)|Could not resolve|HTTP 50[0-9]|HTTP code 50[0-9]|Timeout was reached|error for HTTP",
        "S3 does not answer",
        "check AWS_ENDPOINT_URL_S3 and the server, and run the same command again: what is committed is kept",
    ),
    (
        r"does not exist.*and creating is disabled|creating a new DuckLake is explicitly disabled|CREATE_IF_NOT_EXISTS",
        "there is no lake yet",
        "create one with: stargrove evolve",
    ),
    (
        r"DATA_PATH parameter .* does not match",
        "the catalog keeps its files in another place",
        "correct warehouse.data, or leave it empty to use the place that the catalog knows",
    ),
)
"""Pattern of a message, what it means, what to do."""


def server_failure(error: Exception, where: str) -> WarehouseError:
    """Return the error of ours for what a session with a server met at `where`."""
    text = str(error) or type(error).__name__
    known = ((what, hint) for pattern, what, hint in SERVER_CAUSES if re.search(pattern, text))
    what, hint = next(known, ("the server failed", "run the command with --debug for the traceback"))
    return WarehouseError(f"{where}: {what} ({first_line(text)})", hint=hint)


def first_line(text: str) -> str:
    """Return the beginning of a message."""
    return text.splitlines()[0][:300] if text else "no message"
