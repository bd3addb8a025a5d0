"""What stands in an exported directory: `export.json`, from which the card of all its exports is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from flows.data.exports.files import write_text
from warehouse.errors import BadInput

INDEX: Final = "export.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """One export. name: its file or folder in the directory; config: what it is called as a part of a data set.

    data_files: the files, as a pattern. n_bytes: on disk. snapshot_id: the lake as it was read. features: its columns as data
    set hubs describe them; none where every row has its own, so that no loader can read it. counts: rows and problems by source
    and level.
    """

    name: str
    config: str
    kind: str
    form: str
    split: str
    round: int
    snapshot_id: int
    data_files: str
    n_files: int
    n_rows: int
    n_bytes: int
    sha256: str
    features: Sequence[Mapping[str, Any]]
    counts: Sequence[Mapping[str, Any]]


def loadable(exports: Sequence[Exported]) -> list[Exported]:
    """Return the exports that `load_dataset` can be asked for: those in Parquet where there are any, else the JSON files.

    It reads a whole directory with one loader.
    """
    tables = [one for one in exports if one.features]
    return [one for one in tables if one.data_files != one.name] or tables


def recorded(exported: Exported, directory: Path) -> list[Exported]:
    """Return every export of a directory, by name, after one more was recorded there."""
    others = [one for one in read_index(directory) if one.name != exported.name]
    exports = sorted([*others, exported], key=lambda one: one.name)
    write_text(directory / INDEX, json.dumps([asdict(one) for one in exports], indent=2, ensure_ascii=False) + "\n")
    return exports


def read_index(directory: Path) -> list[Exported]:
    """Return the exports that stand in a directory. Raises BadInput where another version of Stargrove wrote them."""
    path = directory / INDEX
    if not path.exists():
        return []
    try:
        return [Exported(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"{path} is not of this version of Stargrove ({error})", hint="name another --output, or remove that directory"
        ) from error
