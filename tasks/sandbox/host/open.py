"""The one way to get a sandbox, and to see what isolation this machine gives it."""

from contextlib import closing

from tasks.sandbox.host.pool import ForkSandbox
from tasks.sandbox.isolation import Isolation
from tasks.sandbox.settings import SandboxSettings


def open_sandbox(settings: SandboxSettings) -> ForkSandbox:
    """Return a sandbox that is ready for steps; `isolation` says what holds.

    Raises SandboxUnavailable when no worker can be started, or below settings.minimum_isolation.
    """
    return ForkSandbox(settings, settings.minimum_isolation)


def detect_isolation(settings: SandboxSettings) -> Isolation:
    """Return the isolation that a sandbox reaches here, whatever the minimum. Raises SandboxUnavailable."""
    with closing(ForkSandbox(settings.model_copy(update={"n_workers": 1}), "none")) as sandbox:
        return sandbox.isolation
