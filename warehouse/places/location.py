"""Where a lake lives: its catalog and its files, in the home or on servers.

A home remembers servers in `lake/location.json`, so that no command has to be told again. It holds addresses, never secrets.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import BadInput, WarehouseError
from warehouse.settings import WarehouseSettings, checked_catalog, checked_data

_RECORD: Final = "location.json"


@dataclass(frozen=True, slots=True)
class Location:
    """A lake's place. catalog: postgresql://..., "" for the SQLite file of the home; data: s3://..., "" for the home."""

    home: Path
    catalog: str = ""
    data: str = ""

    @property
    def name(self) -> str:
        """The catalog, as messages name the lake."""
        return self.catalog or str(catalog_path(self.home))

    @property
    def data_path(self) -> str:
        """The folder of the Parquet files, with a slash at its end."""
        return f"{self.data}/lake/data/" if self.data else f"{(lake_directory(self.home) / 'data').absolute()}/"

    @property
    def checkpoints(self) -> str:
        """The folder in the bucket that every machine finds the checkpoints in; "" where they are in the home alone."""
        return f"{self.data}/checkpoints" if self.data else ""

    @property
    def described(self) -> str:
        """Both places, as one says them."""
        return f"catalog {self.name}, files {self.data_path}"


def lake_directory(home: Path) -> Path:
    """Return the directory of the lake in a home directory."""
    return home / "lake"


def catalog_path(home: Path) -> Path:
    """Return the catalog file of an embedded lake in a home directory."""
    return lake_directory(home) / "catalog.sqlite"


def located(home: Path, settings: WarehouseSettings) -> Location:
    """Return where the lake of a home is: where the home remembers it, else where the settings name it.

    Raises BadInput where both are there and differ, for two lakes under one home would each hold half of the rounds.
    """
    wanted = Location(home, settings.catalog, settings.data)
    found = _remembered(home)
    if found is None:
        if wanted == Location(home) or not _has_rows(catalog_path(home)):
            return wanted
        found = Location(home)
    differs = (settings.catalog and settings.catalog != found.catalog) or (settings.data and settings.data != found.data)
    if differs:
        raise BadInput(
            f"{home} has its lake elsewhere ({found.described}) than the settings say ({wanted.described})",
            hint="carry it there with: stargrove warehouse move, or name another --home",
        )
    return found


def remember(location: Location) -> None:
    """Write down where the lake of a home is. The file appears by a rename, so it is there whole or not at all."""
    if location == Location(location.home):
        (lake_directory(location.home) / _RECORD).unlink(missing_ok=True)
        return
    directory = lake_directory(location.home)
    part = directory / f"{_RECORD}.{os.getpid()}.part"
    content = {name: value for name, value in asdict(location).items() if name != "home"}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        part.replace(directory / _RECORD)
    except OSError as error:
        raise WarehouseError(f"{directory}: cannot be written ({error.strerror})", hint="name a writable --home") from error


def is_remembered(location: Location) -> bool:
    """Return whether the home knows its lake's place without being told."""
    return (_remembered(location.home) or Location(location.home)) == location


def existing(home: Path, settings: WarehouseSettings) -> Location | None:
    """Return where the lake of a home is, None where there is none yet. On servers, another machine may have begun one.

    Raises as `located` does.
    """
    location = located(home, settings)
    return location if location.catalog or _remembered(home) is not None or _has_rows(catalog_path(home)) else None


def require_evolution(home: Path, settings: WarehouseSettings) -> Location:
    """Return where the lake of a home is. Raises BadInput where there is none yet, and as `located` does."""
    location = existing(home, settings)
    if location is None:
        raise BadInput(f"there is no evolution in {home}", hint="grow one first: stargrove evolve, or name another --home")
    return location


def _remembered(home: Path) -> Location | None:
    path = lake_directory(home) / _RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Location(home, checked_catalog(content["catalog"]), checked_data(content["data"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise WarehouseError(
            f"{path} cannot be read ({error})",
            hint='it is {"catalog": "postgresql://...", "data": "s3://..."}; write it again as the other machines have it',
        ) from error
    except OSError as error:
        raise WarehouseError(f"{path} cannot be read ({error.strerror})", hint="check its owner and mode") from error


def _has_rows(catalog: Path) -> bool:
    """Return whether a catalog file is more than what a killed creation leaves."""
    return catalog.is_file() and catalog.stat().st_size > 0
