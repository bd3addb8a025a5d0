"""Files of a data set hub that a user names: hf://datasets/OWNER/NAME@REVISION/PATH, and without PATH all tables of a data set.

A revision is a branch, a tag or a commit; what is kept in the lake is always the commit, since names move on. A path that went
through pathlib has lost a slash (`hf:/datasets/...`); both spellings mean the same.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from warehouse.errors import BadInput, Unavailable

_ADDRESS: Final = re.compile(r"hf:/+datasets/(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[^/@]+))?(?:/(?P<path>.+))?")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_TABLES: Final = ["*.parquet", "*.arrow", "*.feather", "*.csv*", "*.tsv*", "*.json", "*.json.*", "*.jsonl*", "*.ndjson*"]
"""What is fetched of a whole data set: no scripts, no pictures, no card."""
_DESCRIPTIONS: Final = "*dataset_info*.json"


@dataclass(frozen=True, slots=True)
class HubFiles:
    """A file or a folder of a data set at a revision; path "" is all of it."""

    repository: str
    revision: str
    path: str

    @property
    def address(self) -> str:
        """The address as people write it."""
        return f"hf://datasets/{self.repository}@{self.revision}{'/' if self.path else ''}{self.path}"


def hub_files(path: Path | str) -> HubFiles | None:
    """Return what a path names on a hub, or None for a path that is none of a hub. Raises BadInput without a revision."""
    text = str(path)
    if not text.startswith("hf:/"):
        return None
    found = _ADDRESS.fullmatch(text)
    if found is None or not found["revision"]:
        raise BadInput(
            f"{text!r} names no files of a data set at a revision",
            hint="write hf://datasets/OWNER/NAME@REVISION/PATH; the revision is a commit, a tag or a branch, for instance main",
        )
    return HubFiles(found["repository"], found["revision"], (found["path"] or "").rstrip("/"))


def pinned(path: Path) -> Path:
    """Return a path of a hub with the commit that its revision is now; any other path as it is."""
    files = hub_files(path)
    if files is None or _COMMIT.fullmatch(files.revision):
        return path
    from huggingface_hub import HfApi

    with _reported(files):
        commit = HfApi().dataset_info(files.repository, revision=files.revision).sha
    return Path(replace(files, revision=str(commit)).address)


def download_from_hub(files: HubFiles, directory: Path) -> Path:
    """Return the file or folder below a directory that holds what was named. Raises Unavailable, BadInput."""
    from huggingface_hub import snapshot_download

    wanted = [files.path, f"{files.path}/**"] if files.path else _TABLES
    place = directory / files.repository.rpartition("/")[2]
    with _reported(files):
        snapshot_download(
            files.repository,
            repo_type="dataset",
            revision=files.revision,
            local_dir=place,
            allow_patterns=wanted,
            ignore_patterns=_DESCRIPTIONS,
        )
    found = place / files.path
    # Where the library keeps what it fetched: no part of the data set.
    shutil.rmtree(place / ".cache", ignore_errors=True)
    if not found.exists() or (found.is_dir() and not any(found.rglob("*"))):
        raise BadInput(f"{files.address}: there is no such file", hint="check the path: it is relative to the data set")
    return found


@contextmanager
def _reported(files: HubFiles) -> Iterator[None]:
    import httpx2
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        yield
    except (HFValidationError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise BadInput(
            f"{files.address} is no data set of the hub: {error}", hint="check owner, name, revision and the token, HF_TOKEN"
        ) from error
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise Unavailable(f"the hub refused {files.address}: {error}", hint="check the token, HF_TOKEN") from error
    except (httpx2.HTTPError, ConnectionError) as error:
        hint = "check HF_ENDPOINT, or name a file or a folder of this machine"
        raise Unavailable(f"the hub cannot be reached: {error}", hint=hint) from error
