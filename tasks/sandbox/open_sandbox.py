"""The one way to get a sandbox."""

from tasks.sandbox.base import Sandbox
from tasks.sandbox.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings


def open_sandbox(settings: SandboxSettings) -> Sandbox:
    """Return a sandbox that is ready for steps. Raises SandboxUnavailable when no worker can be started."""
    return ForkSandbox(settings)
