"""What a path holds: one file, compressed or not, or those of a folder or a ZIP archive that rows can be read from."""

import gzip
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from tasks.problems.files.parts import chosen_part, part_of
from warehouse.errors import BadInput

COMPRESSIONS: Final = (".gz", ".zst")
_NOT_ROWS: Final = frozenset(
    {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "metadata.json", "config.json"}
)
_NUMBER: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Member:
    """A file with rows. name: its path within the folder or archive, without the ending of a compression; opened: its bytes."""

    name: str
    opened: Callable[[], BinaryIO]

    @property
    def suffix(self) -> str:
        """The ending that says which form the rows have."""
        return PurePosixPath(self.name).suffix.lower()


@contextmanager
def members(path: Path, suffixes: Sequence[str], part: str | None) -> Iterator[list[Member]]:
    """Return a context with the files of a path that end in one of suffixes, in order; a file alone may end as it likes.

    part: the split that is wanted, where there are files of several. Raises BadInput where that is unclear.
    """
    if path.is_dir():
        within = [(str(file.relative_to(path)), file) for file in path.rglob("*") if file.is_file()]
        yield _with_rows([_member(name, partial(_of_folder, file)) for name, file in within], suffixes, part, path)
    elif path.suffix.lower() == ".zip":
        try:
            archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise BadInput(f"problem file {path} is no whole ZIP archive: {error}") from error
        with archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            yield _with_rows([_member(name, partial(_of_archive, archive, name)) for name in names], suffixes, part, path)
    else:
        yield [_member(path.name, partial(_of_folder, path))]


def _member(name: str, opened: Callable[[], BinaryIO]) -> Member:
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".gz":
        return Member(name[: -len(ending)], lambda: _gunzipped(opened()))
    if ending == ".zst":
        return Member(name[: -len(ending)], lambda: _unzstd(opened()))
    return Member(name, opened)


def _of_folder(path: Path) -> BinaryIO:
    return path.open("rb")


def _of_archive(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    return archive.open(name)  # type: ignore[return-value]


def _gunzipped(file: BinaryIO) -> BinaryIO:
    return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]


def _unzstd(file: BinaryIO) -> BinaryIO:
    import io

    import pyarrow as pa

    return io.BufferedReader(pa.CompressedInputStream(file, "zstd"))


def _with_rows(found: list[Member], suffixes: Sequence[str], part: str | None, path: Path) -> list[Member]:
    """Return the files of one split that rows can be read from, 2 before 10."""
    usable = [member for member in found if member.suffix in suffixes and not _is_aside(PurePosixPath(member.name))]
    if not usable:
        raise BadInput(f"{path} has no file that ends in {', '.join(suffixes)}", hint="name a file, or a folder of such files")
    parts = {part_of(member.name) or "others" for member in usable}
    chosen = chosen_part(parts, part, str(path)) if len(parts) > 1 else None
    kept = [member for member in usable if chosen is None or (part_of(member.name) or "others") == chosen]
    return sorted(kept, key=lambda member: _natural(member.name))


def _is_aside(name: PurePosixPath) -> bool:
    """Return whether a file is no data: what describes the data set, what a tool caches, what is hidden."""
    is_hidden = any(piece.startswith((".", "__MACOSX")) for piece in name.parts)
    return is_hidden or name.name.lower() in _NOT_ROWS or name.name.startswith("cache-")


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in _NUMBER.split(name)]
