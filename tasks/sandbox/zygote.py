"""Become a zygote: import and exercise what steps use, give up every right, then serve forks.

Started by the worker with a clean interpreter (no site, an environment of a few constants), never forked from a process
that holds anything of the user's. Two kinds exist because a fork copies page tables: `light` has a few pure modules and costs
under 1 ms to fork and end, `heavy` has numpy and sympy, exercised once, and costs 3 ms.
"""

import _random
import _socket
import gc
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

from tasks.sandbox import guest

FIXED_SEED: Final = 20240104
LIGHT_MODULES: Final = (
    "math",
    "cmath",
    "fractions",
    "decimal",
    "itertools",
    "functools",
    "collections",
    "operator",
    "bisect",
    "heapq",
    "re",
    "random",
    "string",
)


def main(arguments: str) -> None:
    """Serve until the worker closes the socket. arguments: JSON, see worker.zygote_arguments."""
    config: dict[str, Any] = json.loads(arguments)
    control = _socket.socket(fileno=config["fd"])
    sys.path[:] = [entry for entry in sys.path if entry != config["package_path"]] + config["library_paths"]
    state = guest.Guest(config["max_output_chars"])
    import_light(state)
    if config["kind"] == "heavy":
        import_heavy(state)
    limit_resources(config["memory_mib"])
    os.environ.clear()
    gc.collect()
    gc.freeze()
    gc.disable()
    control.sendall(guest.encode({"ready": config["kind"], "pid": os.getpid()}))
    guest.serve(state, control)


def import_light(state: guest.Guest) -> None:
    """Import the modules that most steps need and that cost little to have."""
    register = os.register_at_fork
    # random would seed itself anew in every child, and a step on a snapshot would differ from its replay.
    os.register_at_fork = lambda **_: None
    for name in LIGHT_MODULES:
        __import__(name)
    os.register_at_fork = register
    state.generators.append(sys.modules["random"]._inst)


def import_heavy(state: guest.Guest) -> None:
    """Import numpy and sympy, fix what they drew at random, and make sympy build its tables once."""
    import numpy
    import sympy
    from sympy.core import random as sympy_random

    sympy_generator: _random.Random = sympy_random.rng
    state.generators.append(sympy_generator)
    state.seed_numpy = numpy.random.seed
    sympy.Dummy._base_dummy_index = 10**6
    x = sympy.Symbol("x")
    sympy.solve(x**2 - 3 * x + 2, x)
    sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2)
    sympy.integrate(x * sympy.sin(x), x)


def limit_resources(memory_mib: int) -> None:
    """Set hard limits that every child inherits and none can raise."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    address_space = pages * resource.getpagesize() + (memory_mib << 20)
    for limit, value in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(limit, (value, value))
