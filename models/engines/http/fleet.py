"""Several servers of one model as if they were one: turns, retries, health.

A request waits for its turn, is sent to the server that has its problem's prefix cached while that one has room, else to the
least busy one, and goes to another when its server fails. A server that fails again and again is only looked at until it is
well. What no retry can mend is EngineUnavailable, with the reason of every server.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx

from models.engines.homes import Homes
from models.engines.http.server import HEALTH_SECONDS, MAX_FAILURES, PATHS, Server, Use, backoff_seconds
from models.engines.http.wire import Busy, Failing, Refused
from models.engines.settings import EngineSettings
from warehouse.errors import EngineUnavailable

T = TypeVar("T")

_QUEUE_TICK_SECONDS = 1.0
_HINT = "see that the servers run, then run the same command again: what is committed is not repeated"


class Fleet:
    """The servers of the policy, or those of the PPM. Used by one event loop."""

    def __init__(self, use: Use, settings: EngineSettings, client: httpx.AsyncClient, rng: random.Random) -> None:
        self.use = use
        self.model = ""
        self._settings = settings
        self._directory: Path | None = None
        urls = settings.policy_urls if use == "policy" else settings.ppm_urls
        self._servers = [Server(url, use, client) for url in urls]
        self._homes = Homes()
        self._rng = rng
        self._waiting: deque[tuple[str, Server | None, asyncio.Future[Server]]] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._next_send = 0.0
        self._moved = 0.0
        self._n_refused = 0

    async def serve(self, directory: Path) -> None:
        """Serve this checkpoint from now on. Raises EngineUnavailable when no server can; those that cannot are retried."""
        named = self._settings.policy_model if self.use == "policy" else self._settings.ppm_model
        self.model = directory.name if self._settings.weights == "served" else named
        self._directory = directory if self._settings.weights == "reload" else None
        await asyncio.gather(*(self._look(server) for server in self._servers))
        if all(server.down for server in self._servers):
            raise EngineUnavailable(f"no server of the {self.use} can serve {directory}: {self._reasons()}", hint=_HINT)

    async def ask(self, body: dict[str, Any], prefix: str, read: Callable[[bytes], T]) -> T:
        """Return what `read` makes of a server's reply. Raises Refused for a request at fault, else EngineUnavailable."""
        n_failures = 0
        bounced = False
        avoided: Server | None = None
        while True:
            server = await self._turn(prefix, avoided, bounced=bounced)
            try:
                return await self._send(server, body, read)
            except Busy:
                bounced = True
            except Failing as failing:
                bounced, avoided = False, server
                n_failures += 1
                if failing.refuses_key or n_failures == self._settings.max_attempts:
                    raise self._gave_up(server, n_failures, failing) from failing
                await asyncio.sleep(backoff_seconds(n_failures, self._rng))

    def watches(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield what looks after the servers, each to be run until it is cancelled.

        They raise EngineUnavailable when requests wait for too long.
        """
        yield self._watch_queue()
        for server in self._servers:
            yield self._watch_server(server)

    async def _send(self, server: Server, body: dict[str, Any], read: Callable[[bytes], T]) -> T:
        """Send to a server whose turn was given, and note how that went."""
        now = asyncio.get_running_loop().time
        try:
            answer = read(await server.post(PATHS[self.use], body, self._settings.generation_timeout_seconds))
        except Refused as refused:
            self._answered(server)
            self._note_refusal(server, refused)
            raise
        except Busy as busy:
            server.n_busy += 1
            pause = backoff_seconds(server.n_busy, self._rng) if busy.seconds is None else busy.seconds
            server.resting_until = now() + pause
            server.last_words = str(busy)
            raise
        except Failing as failing:
            server.n_failures += 1
            server.last_words = str(failing)
            if server.n_failures >= MAX_FAILURES:
                server.down = str(failing)
            raise
        else:
            self._answered(server)
            self._n_refused = 0
            return answer
        finally:
            server.n_open -= 1
            self._give_turns()

    def _answered(self, server: Server) -> None:
        server.n_failures = server.n_busy = 0
        self._moved = asyncio.get_running_loop().time()

    def _note_refusal(self, server: Server, refused: Refused) -> None:
        """Raise where the servers refuse one request after the other: then the way of asking is at fault, not a prompt."""
        self._n_refused += not refused.too_long
        if self._n_refused >= MAX_FAILURES:
            raise EngineUnavailable(
                f"the {self.use} refuses {self._n_refused} requests in a row, the last one at {server.url}: {refused}",
                hint="serve it with vLLM's server, or another one that knows the same parameters",
            ) from refused

    def _turn(self, prefix: str, avoided: Server | None, *, bounced: bool) -> "asyncio.Future[Server]":
        """Return the server to send to, when it is this request's turn: another than `avoided`, where one can be had.

        A request that was turned away keeps its place in front.
        """
        loop = asyncio.get_running_loop()
        if not (self._waiting or bounced):
            self._moved = loop.time()
        turn: asyncio.Future[Server] = loop.create_future()
        (self._waiting.appendleft if bounced else self._waiting.append)((prefix, avoided, turn))
        self._give_turns()
        return turn

    def _give_turns(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._waiting and now >= self._next_send:
            usable = [server for server in self._servers if server.can_take(now, self._settings.max_num_seqs)]
            if not usable:
                break
            prefix, avoided, turn = self._waiting.popleft()
            if turn.cancelled():
                continue
            server = self._choose(prefix, [server for server in usable if server is not avoided] or usable)
            server.n_open += 1
            if self._settings.requests_per_second:
                self._next_send = max(now, self._next_send) + 1.0 / self._settings.requests_per_second
            turn.set_result(server)
        self._wake(now)

    def _wake(self, now: float) -> None:
        """Come back when a rest or the rate's pause is over, if somebody waits for that."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        times = [time for time in (self._next_send, *(server.resting_until for server in self._servers)) if time > now]
        if self._waiting and times:
            self._alarm = asyncio.get_running_loop().call_at(min(times), self._give_turns)

    def _choose(self, prefix: str, usable: Sequence[Server]) -> Server:
        least = min(usable, key=lambda server: server.n_open)
        home = self._servers[self._homes.of(prefix, lambda: self._servers.index(least))]
        return home if home in usable else least

    async def _watch_queue(self) -> None:
        while True:
            await asyncio.sleep(_QUEUE_TICK_SECONDS)
            self._complain_when_stuck()

    async def _watch_server(self, server: Server) -> None:
        n_looks = 0
        while True:
            n_looks = n_looks + 1 if server.down else 0
            await asyncio.sleep(backoff_seconds(n_looks, self._rng) if n_looks else HEALTH_SECONDS)
            await self._look(server)

    async def _look(self, server: Server) -> None:
        try:
            await server.check(self.model, self._directory)
        except Failing as failing:
            server.down = str(failing)
            return
        if server.down is not None:
            server.down = None
            server.n_failures = 0
            self._give_turns()

    def _complain_when_stuck(self) -> None:
        limit = self._settings.queue_timeout_seconds
        if any(server.n_open for server in self._servers):
            limit += self._settings.generation_timeout_seconds
        if self._waiting and asyncio.get_running_loop().time() - self._moved > limit:
            raise EngineUnavailable(
                f"{len(self._waiting)} requests wait for the {self.use}, and no server took one for {limit:g} s: "
                f"{self._reasons()}",
                hint=_HINT,
            )

    def _gave_up(self, server: Server, n_failures: int, failing: Failing) -> EngineUnavailable:
        if failing.refuses_key:
            variable = f"STARGROVE_{self.use.upper()}_API_KEY"
            return EngineUnavailable(
                f"{server.url} refuses the {self.use}'s key: {failing}", hint=f"set {variable} to a valid one"
            )
        return EngineUnavailable(
            f"a request to the {self.use} failed {n_failures} times, the last time at {server.url}: {failing}", hint=_HINT
        )

    def _reasons(self) -> str:
        return "; ".join(f"{server.url} {server.down or server.last_words or 'is well'}" for server in self._servers)
