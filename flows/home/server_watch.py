"""Watches the Prefect server while flows report to it: they would wait for minutes for one that is gone, or hangs.

The home's own server is started again on its port, over the same history, and the flows go on: Prefect's client repeats what it
did not get rid of. A server of somebody else's ends the work, which goes on from the ledger when it is called again.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flows.home.prefect_server import START_TIMEOUT_SECONDS, PrefectServer, is_healthy, is_listening, restart
from flows.home.signals import HINT
from warehouse.errors import StargroveError, Unavailable

PAUSE_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 3.0
SILENCE_SECONDS: Final = 6.0
"""Since the last answer. With a pause and an answer that does not come, a server that hangs is noticed within 10 s."""

BUSY_SECONDS: Final = 60.0
"""How long a server may be silent while its machine is busy: the home's own while it computes, for a new one would be as slow;
another's while it takes connections, after saying that it is silent. Ten hours of work do not end for a minute of load."""

IDLE_CPU_SECONDS: Final = 0.05
"""A process that hangs uses less than this while it owes an answer."""

MAX_RESTARTS: Final = 3
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


class ServerWatch:
    """A thread that asks the server for its health. Mutable; fail: what ends the work of this process with an error."""

    def __init__(self, server: PrefectServer, say: Callable[[str], None], fail: Callable[[StargroveError], None]) -> None:
        self._server = server
        self._say = say
        self._fail = fail
        self._n_restarts = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="Prefect watch", daemon=True)

    def start(self) -> None:
        """Watch from now on: the server has answered."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more. A server that was started again stays."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        patience_seconds, answered_at, cpu_seconds = SILENCE_SECONDS, time.monotonic(), self._cpu_seconds()
        is_said = False
        while not self._stopping.wait(PAUSE_SECONDS):
            is_answering = is_healthy(self._server.url, ANSWER_SECONDS)
            cpu_before, cpu_seconds = cpu_seconds, self._cpu_seconds()
            if is_answering:
                patience_seconds, answered_at, is_said = SILENCE_SECONDS, time.monotonic(), False
                continue
            silent_seconds = time.monotonic() - answered_at
            how = "was killed"
            if self._server.is_running:
                is_computing = cpu_seconds - cpu_before > IDLE_CPU_SECONDS
                is_busy = is_computing if self._server.process_id else is_listening(self._server.url)
                how = f"has not answered for {silent_seconds:.0f} s"
                if silent_seconds < patience_seconds:
                    continue
                if is_busy and silent_seconds < BUSY_SECONDS:
                    if self._server.process_id is None and not is_said:
                        self._say(f"the Prefect server at {self._server.ui_url} {how}, and is waited for")
                        is_said = True
                    continue
            if not self._is_started_again(how):
                return
            patience_seconds, answered_at, cpu_seconds = START_TIMEOUT_SECONDS, time.monotonic(), self._cpu_seconds()

    def _is_started_again(self, how: str) -> bool:
        """Return whether the server starts again, after saying so; else the work has been told to end."""
        if self._server.process_id is None or self._n_restarts == MAX_RESTARTS:
            often = f", after {MAX_RESTARTS} new starts" if self._n_restarts else ""
            message = f"the Prefect server at {self._server.ui_url} {how}{often}"
            self._fail(Unavailable(message, hint=f"{self._server.hint}; {HINT}"))
            return False
        self._n_restarts += 1
        self._say(f"the Prefect server at {self._server.ui_url} {how}: it is started again, and the work goes on")
        self._server = restart(self._server)
        return True

    def _cpu_seconds(self) -> float:
        """Return the CPU time of the server's process; 0 of one that is not ours, or gone."""
        if self._server.process_id is None:
            return 0.0
        try:
            fields = Path(f"/proc/{self._server.process_id}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
