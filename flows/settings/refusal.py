"""Say in one line why settings cannot be used: the key, the value, where it was set, and what is allowed."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flows.settings.composition import RoundSettings, Settings
from warehouse import similar
from warehouse.errors import BadInput

_TYPES = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text, in quotes",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a table of settings",
    "model_attributes_type": "a table of settings",
    "dict_type": "a table of settings",
    "missing": "a list with one value per level",
}


def refusal(error: ValidationError, origins: Mapping[str, str]) -> BadInput:
    """Return the first thing wrong as one line; how many more there are stands at its end."""
    problems = _stated(error.errors(include_url=False), origins)
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if not first["loc"]:
        return BadInput(f"impossible settings: {first['msg'].removeprefix('Value error, ')}{more}", hint=_HINT)
    location = first["loc"] if first["loc"][0] == "rounds" else tuple(part for part in first["loc"] if isinstance(part, str))
    key = dotted(location)
    where = f" (from {origins[key]})" if key in origins else ""
    if first["type"] == "extra_forbidden":
        return BadInput(f"unknown setting {key}{where}{closest(key, known_keys(location))}{more}", hint=_HINT)
    if first["type"] == "value_error":
        return BadInput(f"{key}{where}: {first['msg'].removeprefix('Value error, ')}{more}", hint=_HINT)
    return BadInput(f"{key} = {first['input']!r}{where}: must be {allowed(first)}{more}", hint=_HINT)


def _stated(problems: list[ErrorDetails], origins: Mapping[str, str]) -> list[ErrorDetails]:
    """Return the problems without those that a round has because its section has them."""
    return [
        problem
        for problem in problems
        if problem["loc"][:1] != ("rounds",) or any(origin.startswith(dotted(problem["loc"])) for origin in origins)
    ] or problems


def allowed(problem: ErrorDetails) -> str:
    """Return what a value may be, for the kinds of refusal that settings have."""
    context = problem.get("ctx", {})
    kind = problem["type"]
    bounds = {
        "greater_than_equal": f"at least {context.get('ge')}",
        "greater_than": f"more than {context.get('gt')}",
        "less_than_equal": f"at most {context.get('le')}",
        "less_than": f"less than {context.get('lt')}",
        "literal_error": f"one of {context.get('expected')}",
        "string_pattern_mismatch": f"text that matches {context.get('pattern')}",
        "string_too_short": f"text of at least {context.get('min_length')} characters",
        "string_too_long": f"text of at most {context.get('max_length')} characters",
        "too_short": f"a list of at least {context.get('min_length')}",
        "too_long": f"a list of at most {context.get('max_length')}",
    }
    return bounds.get(kind) or _TYPES.get(kind) or f"as in the profile: {problem['msg']}"


def dotted(location: Sequence[int | str]) -> str:
    """Return a key as the user writes it; rounds count from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location)


def closest(key: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" where some known key is close to this one, else nothing."""
    meant = similar.closest(key, known, cutoff=0.75)
    return f"; did you mean {meant}?" if meant else ""


def known_keys(location: Sequence[int | str]) -> list[str]:
    """Return the dotted key of every setting; of the rounds, those of the round in question."""
    round_number = location[1] + 1 if location[0] == "rounds" and isinstance(location[1], int) else 1
    return [*_fields_of(Settings, ""), *_fields_of(RoundSettings, f"rounds.{round_number}.")]


def _fields_of(table: type[BaseModel], prefix: str) -> list[str]:
    return [
        f"{prefix}{section}.{name}"
        for section, field in table.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for name in field.annotation.model_fields
    ]


_HINT = "all settings with their values: stargrove config show"
