"""What a field of the settings says of itself where it decides no row of a round, or none with one of its values. A field that
says nothing decides data.

Written beside its type: `window: Annotated[int, SPEED] = 128`. A run may be resumed with another value of such a field, and
the fingerprint leaves it out. It stands here because the settings of every package need it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from pydantic import BaseModel


class NoData(Enum):
    """Why a setting decides no data."""

    SPEED = "how fast, where or under which name a run happens"
    OUTSIDE = "read outside the rounds: by other commands than evolve, to judge a round, or to say how many there are"


SPEED: Final = NoData.SPEED
OUTSIDE: Final = NoData.OUTSIDE


@dataclass(frozen=True, slots=True)
class Later:
    """Said of a setting that was added after homes were begun: with the value `neutral` a round does what it did before there
    was the setting, so that the fingerprint leaves it out and those homes go on."""

    neutral: object


def neutral_fields(settings: BaseModel) -> set[str]:
    """Return the names of fields that came later and have their neutral value: nothing is other than without them."""
    return {name for name, field in type(settings).model_fields.items() if Later(getattr(settings, name)) in field.metadata}
