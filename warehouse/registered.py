"""Settings that name an entry of a registry: whatever was added to the registry is allowed, all else is refused by name."""

from collections.abc import Mapping

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def registered(registry: Mapping[str, object]) -> AfterValidator:
    """Return what annotates a text that must be a key of `registry` by the time it is read; the error is that of a Literal."""

    def known(name: str) -> str:
        if name not in registry:
            *others, last = map(repr, registry)
            expected = f"{', '.join(others)} or {last}" if others else last
            raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
        return name

    return AfterValidator(known)
