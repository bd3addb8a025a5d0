"""Become a zygote: import and exercise what steps use, give up every right, then serve forks.

Started by the worker with a clean interpreter (no site, an environment of a few constants), never forked from a process
that holds anything of the user's. Two kinds exist because a fork copies page tables: `light` has a few pure modules and costs
under 1 ms to fork and end, `heavy` has numpy and sympy, exercised once, and costs 3 ms.
"""

import _random
import _socket
import array
import builtins
import gc
import json
import os
import sys
import sysconfig
from typing import Any, Final

from tasks.sandbox.guest import guest, keeper, landlock, lockdown
from tasks.sandbox.guest.drawing import NothingDrawn

LIGHT_MODULES: Final = (
    "math", "cmath", "fractions", "decimal", "itertools", "functools", "collections", "operator", "bisect", "heapq", "re",
    "random", "string",
)  # fmt: skip
THREAD_COUNTS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
REHEARSALS: Final = 20
FIRST_DUMMY_INDEX: Final = 10**6


def main(arguments: str) -> None:
    """Serve until the worker closes the socket. arguments: JSON, see Worker.start_zygote."""
    config: dict[str, Any] = json.loads(arguments)
    no_namespaces = keeper.enter_namespaces() if config["namespaces"] else "switched off"
    keeper.leave_keeper(config["fd"])
    control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, config["fd"])
    try:
        state = prepare(config)
        lock_down(config, state, control, no_namespaces)
    except Exception as error:
        control.sendmsg([guest.encode({"failed": f"{type(error).__name__}: {error}"[:500]})])
        raise
    rehearse(state)
    gc.collect()
    gc.freeze()
    gc.disable()
    guest.serve(state, control)


def prepare(config: dict[str, Any]) -> guest.Guest:
    """Return the state from which every path starts."""
    sys.path[:] = [entry for entry in sys.path if entry != config["package_path"]] + config["library_paths"]
    state = guest.Guest(config["max_output_chars"])
    state.sources.install()
    import_light(state)
    if config["kind"] == "heavy":
        import_heavy(state)
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # which `site` would have made
    sys.meta_path.append(NothingDrawn)
    os.environ.clear()
    for name in THREAD_COUNTS:
        # For C libraries that a step loads: they would start threads, and end the process when they cannot.
        os.putenv(name, "1")
    return state


def lock_down(config: dict[str, Any], state: guest.Guest, control: _socket.socket, no_namespaces: str | None) -> None:
    """Give up every right and tell the worker what holds."""
    readable = [
        *landlock.SYSTEM_PATHS,
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        *config["library_paths"],
    ]
    # Children that ended count until their parent forks again: of every snapshot, as many as may run at once.
    n_processes = (config["n_snapshots"] + 2) * (config["n_workers"] + 1) + 16
    locked = lockdown.lock_down(config["memory_mib"], n_processes, readable, no_namespaces)
    ready = guest.encode(
        {"ready": config["kind"], "level": locked.level, "missing": locked.missing, "forks": locked.listener >= 0}
    )
    if locked.listener >= 0:
        control.sendmsg([ready], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [locked.listener]))])
        os.close(locked.listener)
    else:
        state.before_steps = lockdown.forbid_forks
        control.sendmsg([ready])


def rehearse(state: guest.Guest) -> None:
    """Run harmless steps, so that the interpreter has specialised the code that every child runs.

    It writes to code objects while it does, and a page that a child writes to must be copied.
    """
    for number in range(REHEARSALS):
        for code in ("a = 7\nb = a * 3 + 1\nprint(b)", "a / 0", "import math\nmath.floor(a / 2)"):
            report = state.run(code, number, number)
            guest.encode(report | {"seconds": 0.1, "memory_mib": 0.0, "kept": False})
    state.forget()


def import_light(state: guest.Guest) -> None:
    """Import the modules that most steps need and that cost little to have."""
    register = os.register_at_fork
    # random would seed itself anew in every child, and a step on a snapshot would differ from its replay.
    os.register_at_fork = lambda **_: None
    for name in LIGHT_MODULES:
        __import__(name)
    os.register_at_fork = register
    state.sources.install_in_random()
    state.generators.append(sys.modules["random"]._inst)


def import_heavy(state: guest.Guest) -> None:
    """Import numpy and sympy, fix what they drew at random, and make sympy build its tables once."""
    import numpy
    import sympy
    from sympy.core import random as sympy_random

    sympy_generator: _random.Random = sympy_random.rng
    state.generators.append(sympy_generator)
    state.seed_numpy = numpy.random.seed
    sympy.Dummy._base_dummy_index = FIRST_DUMMY_INDEX
    x = sympy.Symbol("x")
    sympy.solve(x**2 - 3 * x + 2, x)
    sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2)
    sympy.integrate(x * sympy.sin(x), x)
