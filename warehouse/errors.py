"""Errors that Stargrove raises on purpose, each saying what went wrong, where, and what to do.

    StargroveError                 exit code 1
    |-- BadInput                   exit code 2: a file, a setting or an argument of the user's is wrong
    |-- GateRefused                exit code 3: a data-quality gate refused the promotion
    |-- RoundHeld                  exit code 4: a round passed its gates, and a person decides about its promotion
    |-- Unavailable                a machine, a process or a service failed: nothing was labelled because of it
    |   |-- SandboxUnavailable     no process that runs step code can be started
    |   |-- EngineUnavailable      the policy or the PPM cannot be served
    |   `-- GraderUnavailable      no grading worker can be started
    |-- Interrupted                exit code 130: the user stopped the work; what is committed stays
    |   `-- Terminated             exit code 143: the same, by SIGTERM
    |-- WarehouseError             the lake cannot be opened, read or written
    |   |-- ServerAway             Postgres or S3 does not answer: the same may succeed later
    |   `-- LeaseLost              another process conducts the rounds of this lake now
    `-- TrainingFailed             a training process ended without a checkpoint

The command line turns each into one line and its exit code; of everything else it says as much as can be told
(flows/cli/failures.py).
"""

from typing import ClassVar


class StargroveError(Exception):
    """A failure that a user can act on. `hint` says what to do; it is printed after the message."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class BadInput(StargroveError):
    """A file, a setting or an argument that the user gave cannot be used."""

    exit_code = 2


class GateRefused(StargroveError):
    """A gate's expectations did not hold, so the round stops or is not promoted."""

    exit_code = 3


class RoundHeld(StargroveError):
    """A round passed its gates and waits until a person promotes or rejects it. Nothing went wrong."""

    exit_code = 4


class Unavailable(StargroveError):
    """Machinery failed. Work can be repeated; no label was derived from the failure."""


class SandboxUnavailable(Unavailable):
    """No process that runs step code can be started, or it failed several times in a row."""


class EngineUnavailable(Unavailable):
    """The policy or the PPM cannot be loaded or served."""


class GraderUnavailable(Unavailable):
    """No grading worker can be started, or it failed several times in a row."""


class Interrupted(StargroveError):
    """The user stopped the work. What is committed stays, and the same command goes on from there."""

    exit_code = 130


class Terminated(Interrupted):
    """The system stopped the work with SIGTERM: a scheduler, a spot instance that goes away, a shutdown."""

    exit_code = 143


class WarehouseError(StargroveError):
    """The lake cannot be opened, read or written."""


class ServerAway(WarehouseError):
    """Postgres or S3 does not answer. Nothing is wrong with what was asked, so that it may be asked again later."""


class LeaseLost(WarehouseError):
    """Another process conducts the rounds of this lake now: nothing of this one is committed any more."""


class TrainingFailed(StargroveError):
    """A training process ended without publishing a checkpoint."""
