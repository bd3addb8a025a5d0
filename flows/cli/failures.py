"""What an error that nobody expected looks like to a user: what happened, where, and what to do. Imports nothing heavy.

    a StargroveError        says all of it by itself
    an OSError              what the system refused, for which file or address, and a hint by its number
    an error of a library   its text, the place in our code, and a hint by its class
    anything else           the same; it is a defect of ours

The traceback of the last two is kept in a file: a failure at hour three is not made to happen again with --debug.
"""

import errno
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import StargroveError

MAX_MESSAGE_CHARS: Final = 300

_ROOT: Final = Path(__file__).resolve().parents[2]
_OURS: Final = ("flows", "tasks", "models", "warehouse")

_FREE_SPACE: Final = "free some space and run the same command again; what is committed to the lake stays whole"
_USE_LESS: Final = "close other programs, or use smaller values (search.window, sandbox.n_workers, engine.kv_cache_mib)"
_REACH: Final = "check the address and that the service runs, then run the same command again: what is committed stays"
_LOOK_AT_PATH: Final = "check that path"

_OS_HINTS: Final = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EROFS: "choose a writable place with --home",
    errno.EACCES: "check the permissions, or choose another place with --home",
    errno.EPERM: "check the permissions, or choose another place with --home",
    errno.ENOMEM: _USE_LESS,
    errno.ENOENT: _LOOK_AT_PATH,
    errno.ENOTDIR: _LOOK_AT_PATH,
    errno.EISDIR: _LOOK_AT_PATH,
    errno.EEXIST: _LOOK_AT_PATH,
    errno.EMFILE: "raise the limit of open files, as with: ulimit -n 8192",
    errno.EIO: "look at the disk, as with dmesg; what is committed to the lake can be copied elsewhere",
    errno.EADDRINUSE: "stop what uses that port, or choose another one",
    errno.ECONNREFUSED: _REACH,
    errno.ECONNRESET: _REACH,
    errno.ECONNABORTED: _REACH,
    errno.ETIMEDOUT: _REACH,
    errno.EHOSTUNREACH: _REACH,
    errno.ENETUNREACH: _REACH,
}

_LAKE: Final = "run: stargrove doctor, which looks at the home as well"
_HINTS: Final = {
    "builtins.MemoryError": _USE_LESS,
    "torch.OutOfMemoryError": _USE_LESS,
    "builtins.ImportError": "install the locked requirements again, as with: make install; then run: stargrove doctor",
    "builtins.UnicodeError": "save that text as UTF-8",
    "builtins.RecursionError": "something is nested too deeply: leave it out, or flatten it",
    "builtins.TimeoutError": _REACH,
    "json.decoder.JSONDecodeError": "a file or an answer is no JSON: write it anew",
    "pydantic_core._pydantic_core.ValidationError": "a file or an answer has other fields than this version expects",
    "subprocess.SubprocessError": "run that command by hand to see what it lacks",
    "_duckdb.Error": _LAKE,
    "sqlite3.Error": _LAKE,
    "httpx.HTTPError": _REACH,
    "http.client.HTTPException": _REACH,
    "urllib.error.URLError": _REACH,
    "botocore.exceptions.BotoCoreError": _REACH,
    "botocore.exceptions.ClientError": "check the credentials and the address of the bucket",
}
"""By the class, or the nearest one above it, named so that nothing need be imported."""

_DEFECT: Final = "this is a defect of Stargrove"


@dataclass(frozen=True, slots=True)
class Failure:
    """What a command ends with: one line, in two parts, and its exit code."""

    message: str
    hint: str
    exit_code: int


def failure_of(error: Exception) -> Failure:
    """Return what to say of an error; of a group of errors, what to say of the first."""
    raised = error
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, StargroveError):
        return Failure(error.message, error.hint, error.exit_code)
    if isinstance(error, OSError) and error.errno in _OS_HINTS:
        return Failure(_os_message(error, place_of(raised)), _OS_HINTS[error.errno], 1)
    path = kept_traceback(raised)
    kept = f"its traceback is in {path}" if path else "run the same command with --debug to see its traceback"
    text = str(error)[:MAX_MESSAGE_CHARS]
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Failure(f"{message} (at {place_of(raised)})", f"{_hint_of(error)}; {kept}", 1)


def place_of(error: Exception) -> str:
    """Return the deepest place of our own code that an error came through."""
    place = "the start of the command line"
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _OURS:
            place = f"{path.relative_to(_ROOT)}:{line}"
    return place


def kept_traceback(error: Exception) -> str | None:
    """Return the file that holds the error's traceback from now on; None where none can be written."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="stargrove-", suffix=".txt", delete=False, encoding="utf-8") as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return None
    return file.name


def _hint_of(error: Exception) -> str:
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((_HINTS[name] for name in names if name in _HINTS), _DEFECT)


def _os_message(error: OSError, place: str) -> str:
    """Return what the operating system refused, for which file where it says so, else at which place of ours."""
    where = f": {error.filename}" if error.filename else f" (at {place})"
    return f"{(error.strerror or str(error)).lower()}{where}"
