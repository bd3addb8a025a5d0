"""A real HTTP server on loopback that speaks OpenAI's protocol and vLLM's /classify, and misbehaves as it is told.

Its policy's candidate is a function of prompt and seed, and its PPM's logit one of the prefix, so that any server of a fleet
gives the same answer.
"""

import asyncio
import hashlib
import json
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

CONTEXT = 256


@dataclass
class Reply:
    """What to answer once instead of the right thing. hang: never."""

    status: int = 200
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    hang: bool = False


@dataclass
class FakeServer:
    """How a server behaves, and what it was asked."""

    use: str = "policy"
    model: str = "policy"
    key: str | None = None
    context: int | None = CONTEXT
    dev_mode: bool = True
    device: str = "cuda"
    tells_stop: bool = True
    empties_cache: bool = True
    logit_of: Callable[[str], float | None] = lambda prefix: number(prefix) / 10
    seconds: float = 0.0
    script: deque[Reply] = field(default_factory=deque)
    """Replies to the next requests for work, before it answers rightly."""
    always: Reply | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: Counter[str] = field(default_factory=Counter)
    weights: str = "default"
    loaded: list[str] = field(default_factory=list)
    n_at_once: int = 0
    most_at_once: int = 0
    url: str = ""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        content = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            content += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.paths[scope["path"]] += 1
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        reply = await self._reply(scope["path"], json.loads(content) if content else {}, headers)
        while reply.hang:
            await asyncio.sleep(0.05)
        raw = [(name.encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": reply.content})

    async def _reply(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Reply:
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            return error(401, "invalid api key")
        work: dict[str, Callable[[dict[str, Any]], Awaitable[Reply]]] = {"/v1/completions": self._complete}
        if self.use == "ppm":
            work = {"/classify": self._classify}
        if path in work:
            self.asked.append(body)
            if self.always is not None or self.script:
                reply = self.script.popleft() if self.script else self.always
                assert reply is not None
                await asyncio.sleep(reply.seconds)
                if reply.status != 200 or reply.content or reply.hang:
                    return reply
            self.n_at_once += 1
            self.most_at_once = max(self.most_at_once, self.n_at_once)
            try:
                await asyncio.sleep(self.seconds)
                return await work[path](body)
            finally:
                self.n_at_once -= 1
        if path == "/v1/models":
            return ok({"object": "list", "data": [{"id": self.model, "max_model_len": self.context}]})
        if path in ("/weight_info", "/collective_rpc", "/reset_prefix_cache", "/update_weight_version") and self.dev_mode:
            if path == "/collective_rpc":
                self.loaded.append(body["kwargs"]["weights_path"])
            if path == "/update_weight_version":
                self.weights = body["new_version"]
            return ok({"weight_version": self.weights, "success": self.empties_cache})
        if path == "/server_info" and self.dev_mode:
            return ok({"vllm_config": {"device_config": {"device": self.device}}})
        return error(404, "Not Found")

    async def _complete(self, body: dict[str, Any]) -> Reply:
        if len(body["prompt"]) >= CONTEXT:
            return error(400, f"This model's maximum context length is {CONTEXT} tokens.")
        value = number(f"{body['prompt']}/{body.get('seed')}")
        choice: dict[str, Any] = {"index": 0, "text": f"step {value}", "finish_reason": "length"}
        marks = body.get("stop") or []
        if marks and value % 2:
            choice |= {"finish_reason": "stop"}
        if self.tells_stop:
            choice["stop_reason"] = marks[0] if choice["finish_reason"] == "stop" else None
        usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": 3}
        return ok({"model": body["model"], "choices": [choice], "usage": usage})

    async def _classify(self, body: dict[str, Any]) -> Reply:
        if len(body["input"]) > CONTEXT:
            return error(400, f"This model's maximum context length is {CONTEXT} tokens.")
        return ok({"data": [{"index": 0, "label": "LABEL_0", "probs": [self.logit_of(body["input"])], "num_classes": 1}]})


def number(text: str) -> int:
    """Return a number below 100 that is a function of the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 100


def ok(content: object) -> Reply:
    return Reply(200, json.dumps(content).encode())


def error(status: int, message: str, **headers: str) -> Reply:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status, json.dumps({"error": {"message": message}}).encode(), named)


@contextmanager
def running(server: FakeServer, port: int = 0) -> Iterator[FakeServer]:
    """Serve until the block ends; connections that hang are cut."""
    config = uvicorn.Config(
        server, host="127.0.0.1", port=port, log_level="critical", lifespan="off", timeout_graceful_shutdown=0
    )
    http = uvicorn.Server(config)
    thread = threading.Thread(target=http.run, daemon=True)
    thread.start()
    while not http.started:
        assert thread.is_alive(), "the fake server could not start"
        threading.Event().wait(0.01)
    server.url = f"http://127.0.0.1:{http.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        http.should_exit = True
        thread.join()
