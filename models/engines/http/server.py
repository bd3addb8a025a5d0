"""One server of a fleet: what is asked of it, whether it can be used now, and why not."""

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import httpx

from models.engines.http.wire import (
    CLASSIFY,
    COMPLETIONS,
    Busy,
    Failing,
    Refused,
    probe_body,
    raise_for_status,
    read_completion,
    read_logit,
    read_models,
    read_success,
    read_weight_version,
)

Use = Literal["policy", "ppm"]

PATHS: Final[dict[Use, str]] = {"policy": COMPLETIONS, "ppm": CLASSIFY}
"""What a server of either use must have."""

MAX_FAILURES: Final = 3
"""Failures in a row, with no answer in between, after which a server is asked nothing but whether it is well."""
HEALTH_SECONDS: Final = 5.0
"""Between two looks at a server that is well. vLLM needs more to start, so no restart goes unseen."""
_LOOK_SECONDS: Final = 10.0
"""Longest time for one look. A server at its limit answers late, which is no reason to give it up."""
_PROBE_SECONDS: Final = 30.0
"""Longest time for one token or one score of a server that is at work for others."""
_LOAD_SECONDS: Final = 600.0
"""Longest time for other weights: a 7B model over a slow network drive."""
_FIRST_DELAY_SECONDS: Final = 0.25
_LAST_DELAY_SECONDS: Final = 30.0


def backoff_seconds(n_failures: int, rng: random.Random) -> float:
    """Return how long to wait after so many failures in a row: doubled each time, up to 30 s, of which half is by chance.

    The chance keeps clients that failed together from coming back together.
    """
    longest = min(_LAST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2.0 ** max(n_failures - 1, 0))
    return longest * rng.uniform(0.5, 1.0)


class Server:
    """A server and what is known of it. Mutable; used by one event loop."""

    def __init__(self, url: str, use: Use, client: httpx.AsyncClient) -> None:
        self.url = url
        self.use = use
        self.n_open = 0
        self.n_failures = 0
        self.n_busy = 0
        self.resting_until = 0.0
        self.down: str | None = "was not looked at yet"
        self.last_words = ""
        self._client = client
        self._looking = asyncio.Lock()

    def can_take(self, now: float, max_open: int) -> bool:
        """Return whether another request may be sent at the event loop's time `now`."""
        return self.down is None and self.resting_until <= now and self.n_open < max_open

    async def post(self, path: str, body: dict[str, Any], timeout_seconds: float) -> bytes:
        """Return the content of a reply with status 200. Raises Refused, Busy or Failing."""
        return await self._request("POST", path, timeout_seconds, body)

    async def get(self, path: str) -> bytes:
        """Return what a look at the server finds. Raises Refused, Busy or Failing."""
        return await self._request("GET", path, _LOOK_SECONDS)

    async def describe(self) -> bytes:
        """Return how a vLLM server was configured, which it takes seconds to write the first time. Raises as `get` does."""
        return await self._request("GET", "/server_info?config_format=json", _PROBE_SECONDS)

    async def probe(self, model: str) -> bytes:
        """Return the reply to a request for one token or one score. Raises Refused, Busy or Failing."""
        path = PATHS[self.use]
        content = await self.post(path, probe_body(path, model), _PROBE_SECONDS)
        if self.use == "policy":
            read_completion(content, ())
        else:
            read_logit(content)
        return content

    async def check(self, model: str, directory: Path | None) -> None:
        """Return where the server serves the model and, where a directory is given, its weights, which are loaded if need be.

        Raises Failing with what is wrong instead.
        """
        async with self._looking:
            try:
                served = read_models(await self.get("/v1/models"))
                if model not in served:
                    raise Failing(f"serves {', '.join(map(repr, served)) or 'no model'}, not {model!r}")
                if directory is not None:
                    await self._hold(directory)
                if self.n_failures >= MAX_FAILURES:
                    # It may look well and serve nothing; it is trusted again once it has served one token.
                    await self.probe(model)
            except (Refused, Busy) as error:
                raise Failing(str(error)) from error

    async def _hold(self, directory: Path) -> None:
        """Make the server hold these weights. A server that was started again has lost the name of those it held."""
        name = str(directory)
        if read_weight_version(await self.get("/weight_info")) == name:
            return
        await self.post("/collective_rpc", {"method": "reload_weights", "kwargs": {"weights_path": name}}, _LOAD_SECONDS)
        if not read_success(await self.post("/reset_prefix_cache", {}, _LOOK_SECONDS)):
            raise Failing("holds on to prefixes of the weights it had before, because somebody still uses them")
        await self.post("/update_weight_version", {"new_version": name}, _LOOK_SECONDS)

    async def _request(self, method: str, path: str, timeout_seconds: float, body: dict[str, Any] | None = None) -> bytes:
        try:
            # httpx limits each read; a server that sends a byte now and then is stopped by the clock around it.
            async with asyncio.timeout(timeout_seconds):
                reply = await self._client.request(method, f"{self.url}{path}", json=body)
        except TimeoutError as error:
            raise Failing(f"{path}: no answer within {timeout_seconds:g} s") from error
        except httpx.HTTPError as error:
            raise Failing(f"{path}: {type(error).__name__} {error}".strip()) from error
        try:
            raise_for_status(reply.status_code, reply.headers, reply.content, datetime.now(UTC))
        except Failing as failing:
            raise Failing(f"{path}: {failing}", failing.status) from failing
        return reply.content
