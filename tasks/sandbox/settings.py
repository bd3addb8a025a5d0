"""Settings of the sandbox: how much one step may use, and how many run at once."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.no_data import SPEED


class SandboxSettings(BaseModel):
    """The section [sandbox]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_workers: Annotated[int, SPEED] = Field(default=2, ge=1, le=256)
    """Steps that run at once. More than the cores only helps code that sleeps."""

    timeout_seconds: float = Field(default=10.0, gt=0, le=3600)
    """Wall clock of one step; it is killed from outside. Long enough that a busy machine does not fail honest code."""

    cpu_seconds: int = Field(default=5, ge=1, le=3600)
    """CPU of one step, enforced by the kernel. The limit that decides on honest machines, for it does not depend on load."""

    memory_mib: int = Field(default=512, ge=16, le=65536)
    """Address space that the code of one path may take beyond what the interpreter and its libraries have."""

    max_output_chars: int = Field(default=10_000, ge=100, le=1_000_000)
    """What is kept of a step's stdout, and of the value of its last expression."""

    n_snapshots: Annotated[int, SPEED] = Field(default=256, ge=0, le=8192)
    """Suspended processes kept per 8 workers, so that no prefix runs twice; least recently used go first."""

    snapshot_memory_mib: Annotated[int, SPEED] = Field(default=1024, ge=0)
    """Private memory of those processes, per 8 workers."""

    snapshot_after_ms: Annotated[float, SPEED] = Field(default=1.0, ge=0)
    """A step becomes a snapshot when running its path again would cost more CPU than this. At 1 ms steps cost the same at every
    depth: above it, running paths again shows; below it, forks of forks do, for each carries its ancestors' page tables."""

    minimum_isolation: Annotated[Literal["seccomp", "landlock", "namespaces"], SPEED] = "landlock"
    """Refuse to start below this. seccomp: no process, network or file can be made, but files can be read; landlock: nothing
    outside Python's own directories can be read; namespaces: own users, processes, network and IPC as well."""

    namespaces: Annotated[bool, SPEED] = True
    """Whether namespaces are tried at all; some container hosts log or punish the attempt."""
