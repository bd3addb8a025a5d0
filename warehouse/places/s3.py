"""How this process reaches S3: credentials and endpoint from the standard environment variables, and from nowhere else.

AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN     who
AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE                        or a file that says who, read anew for each use
AWS_REGION, else AWS_DEFAULT_REGION                             where; us-east-1 where neither is set
AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL                      another server that speaks S3: MinIO, Ceph, R2 ...
"""

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from warehouse.errors import BadInput, WarehouseError

SCHEME: Final = "s3://"
_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


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
    """Return the access that the environment grants now. Keys in a file may change while the process runs.

    Raises WarehouseError without credentials, BadInput for a bad endpoint.
    """
    keys = {name: environment.get(name, "") for name in _KEYS}
    file = environment.get("AWS_SHARED_CREDENTIALS_FILE")
    if file and not any(keys.values()):
        keys = _keys_in_file(file, environment.get("AWS_PROFILE") or "default")
    missing = [name for name in _KEYS[:2] if not keys[name]]
    if missing:
        raise WarehouseError(
            f"no credentials for S3: {' and '.join(missing)} not set",
            hint="export both, or name a file of them in AWS_SHARED_CREDENTIALS_FILE, then run it again",
        )
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    if endpoint and (urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).netloc):
        raise BadInput(f"the endpoint of S3 is {endpoint!r}", hint="AWS_ENDPOINT_URL_S3 is http://HOST:PORT or https://HOST")
    return S3Access(
        key_id=keys["AWS_ACCESS_KEY_ID"],
        secret=keys["AWS_SECRET_ACCESS_KEY"],
        session_token=keys["AWS_SESSION_TOKEN"],
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1",
        endpoint=endpoint,
    )


def _keys_in_file(path: str, profile: str) -> dict[str, str]:
    """Return the keys of a profile of a credentials file, by the names of their variables; "" for those that it lacks."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with Path(path).expanduser().open(encoding="utf-8") as file:
            parser.read_file(file)
    except (OSError, configparser.Error) as error:
        # What the file says is a secret, also where it is wrong.
        raise WarehouseError(
            f"no credentials for S3: {path} cannot be read ({type(error).__name__})", hint="correct AWS_SHARED_CREDENTIALS_FILE"
        ) from None
    return {name: parser.get(profile, name.lower(), fallback="") for name in _KEYS}


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
