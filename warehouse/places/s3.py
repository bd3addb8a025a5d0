"""How this process reaches S3: credentials and endpoint from the standard environment variables, and from nowhere else.

AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN     who
AWS_REGION, else AWS_DEFAULT_REGION                             where; us-east-1 where neither is set
AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL                      another server that speaks S3: MinIO, Ceph, R2 ...
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from warehouse.errors import BadInput, WarehouseError

SCHEME: Final = "s3://"


@dataclass(frozen=True, slots=True)
class S3Access:
    """What a client of S3 needs. endpoint is a URL, "" for Amazon's own."""

    key_id: str
    secret: str
    session_token: str
    region: str
    endpoint: str

    def __repr__(self) -> str:
        return f"S3Access({self.key_id}, endpoint={self.endpoint or 'AWS'})"


def s3_access(environment: Mapping[str, str] = os.environ) -> S3Access:
    """Return the access that the environment grants. Raises WarehouseError without credentials, BadInput for a bad endpoint."""
    missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not environment.get(name)]
    if missing:
        raise WarehouseError(f"no credentials for S3: {' and '.join(missing)} not set", hint="export both, then run it again")
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    if endpoint and (urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).netloc):
        raise BadInput(f"the endpoint of S3 is {endpoint!r}", hint="AWS_ENDPOINT_URL_S3 is http://HOST:PORT or https://HOST")
    return S3Access(
        key_id=environment["AWS_ACCESS_KEY_ID"],
        secret=environment["AWS_SECRET_ACCESS_KEY"],
        session_token=environment.get("AWS_SESSION_TOKEN", ""),
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1",
        endpoint=endpoint,
    )


def duckdb_secret(access: S3Access) -> str:
    """Return the statement that lets a DuckDB connection read and write with this access; nothing of it is stored."""
    options = {"key_id": access.key_id, "secret": access.secret, "region": access.region}
    if access.session_token:
        options["session_token"] = access.session_token
    if access.endpoint:
        # A server other than Amazon's has no host name per bucket.
        options |= {"endpoint": urlsplit(access.endpoint).netloc, "url_style": "path"}
        options["use_ssl"] = str(urlsplit(access.endpoint).scheme == "https").lower()
    listed = ", ".join(f"{name} '{value.replace(chr(39), chr(39) * 2)}'" for name, value in options.items())
    return f"create or replace secret stargrove (type s3, provider config, {listed})"
