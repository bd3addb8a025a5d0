"""A folder of this machine or of S3 that files are kept in for long, each with its SHA-256.

A file appears whole or not at all. On S3 its hash is kept beside it as metadata, so that nothing is fetched to compare it.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from warehouse.errors import WarehouseError
from warehouse.places.objects import object_uri, s3_files, s3_reported, sizes_below
from warehouse.places.s3 import S3Access, s3_access

if TYPE_CHECKING:
    from s3fs import S3FileSystem

_METADATA: Final = "sha256"


class Folder(Protocol):
    """A folder. Names are paths below it, with slashes."""

    @property
    def address(self) -> str:
        """What people call it."""

    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of each file."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a small file, None where it is not there."""

    def write(self, name: str, content: bytes) -> None:
        """Put a small file there, in place of the one that has its name."""

    def sha256(self, name: str) -> str | None:
        """Return the hash of a file; None where it is not there, or where nobody knows its hash."""

    def put(self, local: Path, name: str, sha256: str) -> None:
        """Put a file there. Raises WarehouseError where its content has another hash."""

    def get(self, name: str, local: Path) -> None:
        """Copy a file from there. Raises BadInput or WarehouseError where that is not possible."""

    def remove(self, names: Iterable[str]) -> None:
        """Delete files."""


def folder_at(address: str | Path) -> Folder:
    """Return the folder at a path or at s3://BUCKET/PREFIX."""
    uri = object_uri(address)
    return LocalFolder(Path(address).absolute()) if uri is None else S3Folder(uri.rstrip("/"))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


class LocalFolder:
    """A folder of this machine, or of a disk that is mounted."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def address(self) -> str:
        """What people call it."""
        return str(self._root)

    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of each file."""
        return sizes_below(str(self._root))

    def read(self, name: str) -> bytes | None:
        """Return the content of a small file, None where it is not there."""
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, name: str, content: bytes) -> None:
        """Put a small file there, in place of the one that has its name."""
        with self._appearing(name) as part:
            part.write_bytes(content)

    def sha256(self, name: str) -> str | None:
        """Return the hash of a file; None where it is not there."""
        path = self._root / name
        return sha256_of(path) if path.is_file() else None

    def put(self, local: Path, name: str, sha256: str) -> None:
        """Put a file there. What was written is read back."""
        with self._appearing(name) as part:
            shutil.copyfile(local, part)
            if sha256_of(part) != sha256:
                raise WarehouseError(f"{local} changed while it was copied", hint="run the same command again")

    def get(self, name: str, local: Path) -> None:
        """Copy a file from there."""
        shutil.copyfile(self._root / name, local)

    def remove(self, names: Iterable[str]) -> None:
        """Delete files."""
        for name in names:
            (self._root / name).unlink(missing_ok=True)

    @contextmanager
    def _appearing(self, name: str) -> Iterator[Path]:
        """Return a context with a path to write; what it holds at the end has its name, also after the power fails."""
        path = self._root / name
        part = path.with_name(f".{path.name}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(path)


class S3Folder:
    """A prefix of a bucket."""

    def __init__(self, uri: str) -> None:
        self.address = uri
        self._client: tuple[S3Access, S3FileSystem] | None = None

    @property
    def _files(self) -> "S3FileSystem":
        # Hours may pass, and the keys may be others by then.
        access = s3_access()
        if self._client is None or self._client[0] != access:
            self._client = (access, s3_files())
        return self._client[1]

    def _uri(self, name: str) -> str:
        return f"{self.address}/{name}"

    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of each file."""
        return sizes_below(self.address)

    def read(self, name: str) -> bytes | None:
        """Return the content of a small file, None where it is not there."""
        with s3_reported(self.address):
            return bytes(self._files.cat_file(self._uri(name))) if self._files.exists(self._uri(name)) else None

    def write(self, name: str, content: bytes) -> None:
        """Put a small file there, in place of the one that has its name."""
        with s3_reported(self._uri(name)):
            self._files.pipe_file(self._uri(name), content)

    def sha256(self, name: str) -> str | None:
        """Return the hash that a file was put there with; None where it is not there, or came there otherwise."""
        with s3_reported(self._uri(name)):
            try:
                found = self._files.metadata(self._uri(name)).get(_METADATA)
            except FileNotFoundError:
                return None
        return None if found is None else str(found)

    def put(self, local: Path, name: str, sha256: str) -> None:
        """Put a file there, with its hash beside it."""
        with s3_reported(self._uri(name)):
            self._files.put_file(str(local), self._uri(name), Metadata={_METADATA: sha256})

    def get(self, name: str, local: Path) -> None:
        """Copy a file from there."""
        with s3_reported(self._uri(name)):
            self._files.get_file(self._uri(name), str(local))

    def remove(self, names: Iterable[str]) -> None:
        """Delete files."""
        with s3_reported(self.address):
            for name in names:
                self._files.rm_file(self._uri(name))
