"""Signals and lost readers: who is told, what is raised, and that output nobody reads ends nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from flows.home.signals import heeded
from warehouse.errors import Interrupted, Terminated, Unavailable


@pytest.fixture(autouse=True)
def python_hears_ctrl_c() -> Iterator[None]:
    """A shell that starts tests in the background lets them ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated)])
def test_a_signal_is_told_once_and_ends_the_block(number: signal.Signals, error: type[Interrupted]) -> None:
    told: list[str] = []
    before = signal.getsignal(number)
    with pytest.raises(error) as raised, heeded() as signals:
        signals.tell(lambda: told.append(threading.current_thread().name))
        os.kill(os.getpid(), number)
        threading.Event().wait(60)
    assert type(raised.value) is error
    assert told == ["signals"], "by a thread of its own, for the main one may be busy for minutes"
    assert signal.getsignal(number) is before


def test_whoever_comes_after_the_signal_is_told_at_once() -> None:
    told: list[str] = []
    with pytest.raises(Interrupted), heeded() as signals:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(60)
        finally:
            while signals.first is None:
                threading.Event().wait(0.01)
            signals.tell(lambda: told.append("late"))
    assert told == ["late"]


def test_work_that_was_told_to_stop_ends_as_what_stopped_it() -> None:
    with pytest.raises(Terminated), heeded():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(60)
        except KeyboardInterrupt:
            raise Interrupted("the work was stopped") from None


def test_an_interruption_without_a_signal_stays_what_it_is() -> None:
    with pytest.raises(Interrupted, match="by somebody else"), heeded():
        raise Interrupted("by somebody else")


def waiting() -> None:
    threading.Event().wait(60)


def interrupted_late() -> None:
    try:
        threading.Event().wait(60)
    except KeyboardInterrupt:
        raise Interrupted("the work was stopped") from None


def failing_late() -> None:
    try:
        threading.Event().wait(60)
    except KeyboardInterrupt:
        raise ConnectionError("nobody takes the report") from None


@pytest.mark.parametrize("work", [waiting, interrupted_late, failing_late])
def test_a_failure_that_no_task_sees_ends_the_work_as_a_signal_does(work: Callable[[], None]) -> None:
    told: list[str] = []
    failure = Unavailable("the server is gone", hint="start it")
    before = signal.getsignal(signal.SIGUSR1)
    with pytest.raises(Unavailable) as raised, heeded() as signals:
        signals.tell(lambda: told.append(threading.current_thread().name))
        threading.Thread(target=signals.fail, args=(failure,)).start()
        work()
    assert raised.value is failure
    assert told == ["signals"]
    assert signal.getsignal(signal.SIGUSR1) is before


def test_a_signal_that_came_first_counts() -> None:
    with pytest.raises(Interrupted, match="interrupted"), heeded() as signals:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            while signals.first is None:
                time.sleep(0.01)
            signals.fail(Unavailable("the server is gone"))


WITHOUT_READERS = """
import logging, sys
from rich.console import Console
from flows.display.progress import open_display

with open_display() as display:
    sys.stdin.readline()
    for number in range(100):
        display.message(f"line {number}")
        display.show(f"table {number}")
        Console(stderr=True).print("as Prefect logs")
"""


def test_a_run_outlives_the_readers_of_its_output() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_READERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stderr.close()
    process.stdin.close()
    assert process.wait(timeout=120) == 0
