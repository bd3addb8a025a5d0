"""The settings that a home was begun with, as its lake has them."""

from collections.abc import Sequence
from pathlib import Path

from flows.settings import Settings, layered_over
from flows.settings.layers import Layered
from warehouse.errors import BadInput
from warehouse.places.location import require_evolution
from warehouse.records import RoundRow
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse


def settings_of_home(home: Path, profile: str, file: Path | None, overrides: Sequence[str]) -> Layered:
    """Return the settings of a home's last round, and what is laid over them. Raises BadInput where no round was begun."""
    return layered_over(_rounds(home)[-1].settings_json, str(home), file, overrides, profile)


def require_same(settings: Settings, home: Path) -> None:
    """Raise BadInput where the home would refuse to go on with these settings, as `stargrove evolve` does."""
    from flows.home.conduct import refuse_other_settings

    refuse_other_settings(settings, home, _rounds(home))


def _rounds(home: Path) -> list[RoundRow]:
    settings = WarehouseSettings()
    with Warehouse.at(require_evolution(home, settings), settings, read_only=True) as lake:
        numbers = lake.query("select round from rounds order by round")["round"].to_list()
        rows = [row for number in numbers if (row := lake.round_row(number)) is not None]
    if not rows:
        raise BadInput(f"no round of {home} was begun yet: it has no settings", hint="leave --home out, or name a profile")
    return rows
