"""Start a clean interpreter that becomes a zygote."""

import json
import socket
import subprocess
import sys
from typing import Any, Final

from tasks.sandbox.worker.processes import Kind

ENVIRONMENT: Final = {
    "PYTHONHASHSEED": "0",
    "LD_BIND_NOW": "1",  # else each child resolves, and so writes and copies, the same pages of the linker's tables
    "OMP_NUM_THREADS": "1",  # zygote.THREAD_COUNTS: numpy reads these when it is imported
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


def launch_zygote(config: dict[str, Any], kind: Kind) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """Return our end of a new zygote's socket, and the process that becomes its keeper."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    arguments = json.dumps(config | {"fd": theirs.fileno(), "kind": kind})
    boot = "import sys; sys.path.append(sys.argv[1]); from tasks.sandbox.guest.zygote import main; main(sys.argv[2])"
    keeper = subprocess.Popen(
        # Not -I, which would ignore PYTHONHASHSEED; together these keep out the same: user site, site, current directory.
        [sys.executable, "-P", "-s", "-S", "-B", "-c", boot, config["package_path"], arguments],
        env=ENVIRONMENT,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    theirs.close()
    return ours, keeper
