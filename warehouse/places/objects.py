"""Files that a user names by path, by s3:// or, to be read, on a data set hub: read from a local copy, written locally first
and then uploaded whole.

A path that went through pathlib has lost a slash (`s3:/bucket/key`); both spellings mean the same object.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warehouse.errors import BadInput, WarehouseError
from warehouse.places.hub import download_from_hub, hub_files
from warehouse.places.s3 import SCHEME, s3_access
from warehouse.places.server_failures import server_failure

if TYPE_CHECKING:
    from s3fs import S3FileSystem

_S3: Final = re.compile(r"s3:/+(?=[^/])")
_CONNECT_LIMIT_SECONDS: Final = 10
_N_TRIES: Final = 3


def object_uri(path: Path | str) -> str | None:
    """Return the s3:// address that a path spells, or None for one of this machine."""
    text = str(path)
    return _S3.sub(SCHEME, text, count=1) if _S3.match(text) else None


def spelled(path: Path | str) -> str:
    """Return a path, an s3:// address or one of a hub as people write it."""
    files = hub_files(path)
    return files.address if files is not None else object_uri(path) or str(path)


@contextmanager
def fetched(path: Path | str) -> Iterator[Path]:
    """Return a context with a local path of the same name and content: the path itself, or a copy of what the address names.

    Raises BadInput where there is no such object, WarehouseError where S3 refuses or does not answer, Unavailable for a hub.
    """
    files = hub_files(path)
    if files is not None:
        with tempfile.TemporaryDirectory(prefix="stargrove-") as directory:
            yield download_from_hub(files, Path(directory))
        return
    uri = object_uri(path)
    if uri is None:
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="stargrove-") as directory:
        copy = Path(directory) / Path(uri).name
        download(uri, copy)
        yield copy


@contextmanager
def placed(path: Path | str, index: str = "") -> Iterator[Path]:
    """Return a context with a local path to write a file or a directory to; an s3:// path receives it where all went well.

    index: a file of the directory that is read before it is written, and is brought here where it stands there already.
    """
    uri = object_uri(path)
    if uri is None:
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="stargrove-") as directory:
        copy = Path(directory) / Path(uri).name
        if index and exists(f"{uri.rstrip('/')}/{index}"):
            download(f"{uri.rstrip('/')}/{index}", copy / index)
        yield copy
        upload(copy, uri)


def exists(path: Path | str) -> bool:
    """Return whether there is a file, a directory, an object or anything below a prefix."""
    uri = object_uri(path)
    if uri is None:
        return Path(path).exists()
    with s3_reported(uri):
        return bool(s3_files().exists(uri))


def download(uri: str, place: Path) -> None:
    """Copy an object to a file, or everything below a prefix to a directory."""
    with s3_reported(uri):
        files = s3_files()
        names = [uri.removeprefix(SCHEME)] if files.isfile(uri) else files.find(uri)
        if not names:
            raise BadInput(f"{uri}: there is no such object", hint="check the bucket and the key")
        root = uri.removeprefix(SCHEME).rstrip("/")
        for name in names:
            local = place / name.removeprefix(root).lstrip("/") if name != root else place
            local.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(name, str(local))


def upload(place: Path, uri: str, last: str = "") -> None:
    """Copy a file to an object, or every file below a directory below a prefix; the file called `last` comes last."""
    with s3_reported(uri):
        files = s3_files()
        if place.is_file():
            files.put_file(str(place), uri)
            return
        paths = sorted(path for path in place.rglob("*") if path.is_file())
        for path in sorted(paths, key=lambda path: path.name == last):
            files.put_file(str(path), f"{uri.rstrip('/')}/{path.relative_to(place).as_posix()}")


def copy_files(source: str, destination: str, sizes: Mapping[str, int]) -> None:
    """Copy files by their paths below two folders, each of this machine or of S3; what is there in full is not copied again."""
    if source == destination:
        return
    there = sizes_below(destination)
    for path in sorted(path for path, size in sizes.items() if there.get(path) != size):
        with fetched(f"{source}{path}") as local, _placed_as(f"{destination}{path}", local) as place:
            if place != local:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(local, place)


@contextmanager
def _placed_as(path: str, local: Path) -> Iterator[Path]:
    """Return a context with the local path that is to hold the content; for S3 that is the file that has it already."""
    uri = object_uri(path)
    yield Path(path) if uri is None else local
    if uri is not None:
        upload(local, uri)


def sizes_below(folder: str) -> dict[str, int]:
    """Return the size in bytes of each file below a folder of this machine or of S3, by its path relative to the folder."""
    if object_uri(folder) is None:
        root = Path(folder)
        return {path.relative_to(root).as_posix(): path.stat().st_size for path in root.rglob("*") if path.is_file()}
    with s3_reported(folder):
        root_key = folder.removeprefix(SCHEME).rstrip("/")
        found = s3_files().find(folder, detail=True)
        return {name.removeprefix(root_key).lstrip("/"): int(entry["size"]) for name, entry in found.items()}


def s3_files() -> "S3FileSystem":
    """Return the objects of S3 as a file system, with the access that the environment grants."""
    from s3fs import S3FileSystem

    access = s3_access()
    return S3FileSystem(
        key=access.key_id,
        secret=access.secret,
        token=access.session_token or None,
        client_kwargs={"endpoint_url": access.endpoint or None, "region_name": access.region},
        config_kwargs={
            "connect_timeout": _CONNECT_LIMIT_SECONDS,
            "retries": {"max_attempts": _N_TRIES},
            **({"s3": {"addressing_style": "path"}} if access.endpoint else {}),
        },
        use_listings_cache=False,
        skip_instance_cache=True,
    )


@contextmanager
def s3_reported(uri: str) -> Iterator[None]:
    """Return a context in which what S3 refuses at an address leaves as an error of ours."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except FileNotFoundError as error:
        raise BadInput(f"{uri}: there is no such bucket or object ({error})", hint="check the bucket and the key") from error
    except PermissionError as error:
        raise WarehouseError(
            f"{uri}: S3 refuses the credentials ({error})",
            hint="check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what they may do in the bucket",
        ) from error
    except (BotoCoreError, ClientError, OSError) as error:
        raise server_failure(error, uri) from error
