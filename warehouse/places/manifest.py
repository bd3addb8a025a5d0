"""What a backup holds: every file with its size and hash, written last, so that a torn backup is told from a whole one."""

from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from warehouse.errors import BadInput

NAME: Final = "backup.json"
FOLDERS: Final = ("lake", "checkpoints", "models", "prefect")
"""The folders of a backup, which are those of a home."""


class BackedUpFile(BaseModel):
    """A file. path: where it is in a home; stored: where it is in the backup; sha256: 64 hex digits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    stored: str
    n_bytes: int
    sha256: str

    @field_validator("path", "stored")
    @classmethod
    def _inside(cls, value: str) -> str:
        parts = PurePosixPath(value).parts
        if not parts or parts[0] not in FOLDERS or ".." in parts:
            raise ValueError(f"{value!r} lies outside of a backup")
        return value


class Manifest(BaseModel):
    """A backup. finished: False where it was begun and never came to its end; then nothing but lake_id is known.

    lake_id: the identity of the lake, kept by a restored one. n_rows: of each table at the snapshot.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    finished: bool
    lake_id: str
    stargrove: str = ""
    schema_version: int = 0
    taken_at: str = ""
    snapshot_id: int = 0
    n_rows: dict[str, int] = {}
    files: tuple[BackedUpFile, ...] = ()
    checksum: str = ""
    """SHA-256 of all the rest, so that a changed manifest is told, too."""

    @property
    def n_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.n_bytes for file in self.files)

    def sealed(self) -> Self:
        """Return the same manifest with its checksum."""
        return self.model_copy(update={"checksum": self._checksum()})

    def text(self) -> str:
        """Return the manifest as it is written."""
        return self.model_dump_json(indent=1) + "\n"

    def _checksum(self) -> str:
        return sha256(self.model_copy(update={"checksum": ""}).model_dump_json().encode()).hexdigest()

    @classmethod
    def parsed(cls, content: bytes, where: str) -> Self:
        """Return what a manifest says. Raises BadInput for one that is torn or changed, or that a later version wrote."""
        try:
            manifest = cls.model_validate_json(content)
        except ValidationError as error:
            raise BadInput(
                f"{where} cannot be read ({error.errors()[0]['msg']})",
                hint="it is damaged, or written by a later Stargrove; take another backup",
            ) from error
        if manifest.checksum != manifest._checksum():
            raise BadInput(f"{where} was changed since it was written", hint="take another backup")
        return manifest
