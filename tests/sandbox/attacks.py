"""What hostile or broken step code tries, and how it may end. Each name says what the attack is after.

In the codes, SECRET_FILE is a file that the user can read, OPEN_DIR a directory that anyone may write, VICTIM a process id of
the user's, PORT a local TCP server, and ABSTRACT an abstract socket that somebody listens on. An attack that succeeds prints
PWNED; no output may hold the canary, which is the content of SECRET_FILE and the value of an environment variable.
"""

from dataclasses import dataclass
from typing import Final

REFUSED: Final = frozenset({"error"})
ANY_END: Final = frozenset({"ok", "error", "timeout", "out_of_memory", "killed"})
TOO_LONG: Final = frozenset({"timeout"})
TOO_BIG: Final = frozenset({"out_of_memory", "error", "timeout", "killed"})
CRASHED: Final = frozenset({"killed"})
HARMLESS: Final = frozenset({"ok"})


@dataclass(frozen=True, slots=True)
class Attack:
    """Codes of one path, and the outcomes with which the last may end."""

    name: str
    steps: tuple[str, ...]
    ends: frozenset[str]


def attack(name: str, ends: frozenset[str], *steps: str) -> Attack:
    """Return an attack."""
    return Attack(name, steps, ends)


PROCESSES: Final = (
    attack("fork once", REFUSED, "import os\nif os.fork() == 0:\n    os._exit(0)\nprint('PWNED')"),
    attack(
        "fork bomb",
        frozenset({"killed", "timeout", "error"}),
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    ),
    attack("fork bomb that believes it failed", REFUSED, "import os\nfor _ in range(50):\n    os.fork()\nprint('PWNED')"),
    attack("vfork by number", HARMLESS, "import ctypes\nif ctypes.CDLL(None).syscall(58) >= 0:\n    print('PWNED')"),
    attack(
        "clone by number",
        HARMLESS,
        "import ctypes\nlibc = ctypes.CDLL(None)\nif libc.syscall(56, 0x100 | 17, 0, 0, 0, 0) >= 0:\n    print('PWNED')",
    ),
    attack(
        "clone3 by number",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(435, b'\\0' * 88, 88) >= 0:\n    print('PWNED')",
    ),
    attack(
        "clone into new namespaces",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0:\n    print('PWNED')",
    ),
    attack("thread", REFUSED, "import threading\nthreading.Thread(target=print).start()\nprint('PWNED')"),
    attack(
        "thread bomb",
        frozenset({"timeout", "killed", "error"}),
        "import threading, time\nwhile True:\n    try:\n        threading.Thread(target=time.sleep, args=(9,)).start()\n        print('PWNED')\n"
        "    except RuntimeError:\n        pass",
    ),
    attack("subprocess", REFUSED, "import subprocess\nsubprocess.run(['/bin/true'])\nprint('PWNED')"),
    attack("os.system", ANY_END, "import os\nif os.system('true') == 0:\n    print('PWNED')"),
    attack("popen", REFUSED, "import os\nos.popen('id').read()\nprint('PWNED')"),
    attack("posix_spawn", REFUSED, "import os\nos.posix_spawn('/bin/true', ['true'], {})\nprint('PWNED')"),
    attack("execve", REFUSED, "import os\nos.execve('/bin/echo', ['echo', 'PWNED'], {})"),
    attack("execve in memory", ANY_END, "import os\nfd = os.memfd_create('x')\nprint('PWNED')"),
    attack("multiprocessing", REFUSED, "import multiprocessing\nmultiprocessing.Pool(2)\nprint('PWNED')"),
    attack("daemon", REFUSED, "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nprint('PWNED')"),
    attack("setsid", REFUSED, "import os\nos.setsid()\nprint('PWNED')"),
    attack("setpgid", REFUSED, "import os\nos.setpgid(0, 0)\nprint('PWNED')"),
    attack(
        "concurrent.futures",
        REFUSED,
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(print)\nprint('PWNED')",
    ),
    attack(
        "asyncio subprocess", REFUSED, "import asyncio\nasyncio.run(asyncio.create_subprocess_exec('true'))\nprint('PWNED')"
    ),
    attack("pty", REFUSED, "import pty\npty.fork()\nprint('PWNED')"),
)

MEMORY: Final = (
    attack("one huge list", TOO_BIG, "a = [0] * 10**10"),
    attack("growing list", TOO_BIG, "a = []\nwhile True:\n    a.append('x' * 10**6)"),
    attack("growing bytes", TOO_BIG, "b = bytearray()\nwhile True:\n    b += b'x' * 10**7"),
    attack("string doubling", TOO_BIG, "s = 'x'\nwhile True:\n    s += s"),
    attack(
        "anonymous mapping",
        TOO_BIG,
        "import mmap\nm = mmap.mmap(-1, 2**33, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nprint('PWNED')",
    ),
    attack("numpy array", TOO_BIG, "import numpy as np\na = np.ones(10**10)\nprint('PWNED')"),
    attack(
        "caught MemoryError",
        TOO_BIG,
        "a = []\nwhile True:\n    try:\n        a.append(bytearray(10**6))\n    except MemoryError:\n        pass",
    ),
    attack("nested lists", ANY_END, "a = []\nfor _ in range(10**7):\n    a = [a]"),
    attack("recursion without end", REFUSED, "def f():\n    return f()\nf()"),
    attack("recursion without limit", ANY_END, "import sys\nsys.setrecursionlimit(10**9)\ndef f():\n    return f()\nf()"),
    attack("recursion in C", ANY_END, "x = ()\nfor _ in range(10**6):\n    x = (x,)\nhash(x)"),
    attack("deep repr", ANY_END, "x = []\nfor _ in range(10**5):\n    x = [x]\nrepr(x)"),
    attack(
        "raised address space", REFUSED, "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nprint('PWNED')"
    ),
    attack(
        "malloc by ctypes",
        ANY_END,
        "import ctypes\nc = ctypes.CDLL(None)\nc.malloc.restype = ctypes.c_void_p\nif c.malloc(ctypes.c_size_t(2**34)):\n    print('PWNED')",
    ),
    attack("shared mapping", REFUSED, "import mmap\nm = mmap.mmap(-1, 4096)\nprint('PWNED')"),
    attack(
        "System V shared memory",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0:\n    print('PWNED')",
    ),
    attack(
        "POSIX shared memory",
        REFUSED,
        "from multiprocessing import shared_memory\nshared_memory.SharedMemory(create=True, size=64)\nprint('PWNED')",
    ),
    attack("huge repr of the value", ANY_END, "'x' * (10**8)"),
)

TIME: Final = (
    attack("busy loop", TOO_LONG, "while True:\n    pass"),
    attack("sleep", TOO_LONG, "import time\ntime.sleep(1000)"),
    attack(
        "sleep again and again",
        TOO_LONG,
        "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass",
    ),
    attack(
        "catch everything",
        TOO_LONG,
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    ),
    attack(
        "ignore every signal",
        TOO_LONG,
        "import signal\nfor s in range(1, 65):\n    try:\n        signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\n"
        "while True:\n    pass",
    ),
    attack(
        "block every signal",
        TOO_LONG,
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True:\n    pass",
    ),
    attack(
        "handler for the CPU limit",
        TOO_LONG,
        "import signal\nsignal.signal(signal.SIGXCPU, lambda *_: None)\nwhile True:\n    pass",
    ),
    attack("slow regular expression", TOO_LONG, "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')"),
    attack("huge power", TOO_LONG, "x = 7 ** (7 ** 12)"),
    attack("huge factorial", TOO_LONG, "import math\nmath.factorial(10**8)"),
    attack("huge integer to text", ANY_END, "str(10 ** 10**6)"),
    attack("huge range", TOO_LONG, "sum(range(10**12))"),
    attack("list of an endless iterator", TOO_BIG, "import itertools\nlist(itertools.count())"),
    attack("sum of an endless iterator", TOO_LONG, "import itertools\nsum(itertools.count())"),
    attack("endless repr", TOO_LONG, "class A:\n    def __repr__(self):\n        while True:\n            pass\nA()"),
    attack(
        "endless str of the error",
        TOO_LONG,
        "class E(Exception):\n    def __str__(self):\n        while True:\n            pass\nraise E",
    ),
    attack(
        "endless finaliser", ANY_END, "class A:\n    def __del__(self):\n        while True:\n            pass\na = A()\ndel a"
    ),
    attack("exit handlers", HARMLESS, "import atexit, time\natexit.register(time.sleep, 1000)"),
    attack(
        "sympy that never ends",
        TOO_LONG,
        "from sympy import *\nx = symbols('x')\nfactorint(2**521 - 3**300 * 7 + 2)\nfactorint((2**257 - 1) * (2**263 - 1) * 1000003)",
    ),
    attack(
        "huge sympy expansion",
        TOO_BIG,
        "from sympy import symbols, expand\na, b, c, d = symbols('a b c d')\nexpand((a + b + c + d)**400)",
    ),
    attack("pause", TOO_LONG, "import signal\nsignal.pause()"),
    attack("wait for input", REFUSED, "input()"),
    attack("deadlock on a lock", TOO_LONG, "import _thread\nl = _thread.allocate_lock()\nl.acquire()\nl.acquire()"),
    attack("compiler bomb", ANY_END, "eval('(' * 10**5 + ')' * 10**5)"),
    attack("constant folding bomb", ANY_END, "eval('1' + '+1' * 10**6)"),
)

OUTPUT: Final = (
    attack("endless output", TOO_LONG, "while True:\n    print('x' * 1000)"),
    attack("one huge line", HARMLESS, "print('x' * 10**7)"),
    attack("output to the raw descriptor", ANY_END, "import os\nfor _ in range(1000):\n    os.write(1, b'x' * 10**5)"),
    attack("closed stdout", ANY_END, "import sys\nsys.stdout.close()"),
    attack("closed descriptors", CRASHED, "import os\nos.closerange(0, 64)"),
    attack("replaced stdout", HARMLESS, "import sys\nsys.stdout = None"),
    attack("binary output", HARMLESS, "import sys\nsys.stdout.buffer.write(bytes(range(256)))"),
    attack("lone surrogates", HARMLESS, "print('\\ud800')"),
    attack("control characters", HARMLESS, "print('\\x00\\x1b[2J\\r\\n{}')"),
    attack("the word error", HARMLESS, "print('Error: Traceback (most recent call last)')"),
    attack(
        "forged report",
        CRASHED,
        "import os, json, struct\nb = json.dumps({'outcome': 'ok', 'stdout': 'PWNED', 'value': 'PWNED'}).encode()\n"
        "for fd in range(3, 64):\n    try:\n        os.write(fd, struct.pack('>I', len(b)) + b)\n    except OSError:\n        pass\nwhile True:\n    pass",
    ),
    attack(
        "garbage on every descriptor",
        CRASHED,
        "import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b'\\xff' * 100)\n    except OSError:\n        pass",
    ),
    attack(
        "endless replay marker",
        CRASHED,
        "import os\nb = b'{\"replayed\":true}'\nwhile True:\n    for fd in range(3, 64):\n        try:\n            os.write(fd, len(b).to_bytes(4, 'big') + b)\n        except OSError:\n            pass",
    ),
    attack(
        "descriptors sent to the supervisor",
        ANY_END,
        "import socket, array\nfor fd in range(3, 64):\n    try:\n        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=fd)\n        s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))])\n    except OSError:\n        pass",
    ),
    attack(
        "credentials of another process",
        ANY_END,
        "import socket, struct\nfor fd in range(3, 64):\n    try:\n        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=fd)\n        s.sendmsg([b'H'], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack('iII', VICTIM, 0, 0))])\n    except OSError:\n        pass",
    ),
    attack("huge error message", REFUSED, "raise ValueError('x' * 10**7)"),
    attack("huge error name", REFUSED, "raise type('E' * 10**6, (Exception,), {})()"),
)

FILES: Final = (
    attack("read the user's file", REFUSED, "print('PWNED', open('SECRET_FILE').read())"),
    attack("read it by descriptor", REFUSED, "import os\nprint('PWNED', os.read(os.open('SECRET_FILE', os.O_RDONLY), 100))"),
    attack(
        "map it",
        REFUSED,
        "import os, mmap\nprint('PWNED', mmap.mmap(os.open('SECRET_FILE', os.O_RDONLY), 0, prot=mmap.PROT_READ)[:])",
    ),
    attack(
        "read it by C",
        HARMLESS,
        "import ctypes\nc = ctypes.CDLL(None)\nc.fopen.restype = ctypes.c_void_p\nif c.fopen(b'SECRET_FILE', b'r'):\n    print('PWNED')",
    ),
    attack(
        "openat2 by number",
        HARMLESS,
        "import ctypes, struct\nif ctypes.CDLL(None).syscall(437, -100, b'SECRET_FILE', struct.pack('QQQ', 0, 0, 0), 24) >= 0:\n    print('PWNED')",
    ),
    attack("io_uring", HARMLESS, "import ctypes\nif ctypes.CDLL(None).syscall(425, 8, bytes(120)) >= 0:\n    print('PWNED')"),
    attack("list the user's directory", REFUSED, "import os\nprint('PWNED', os.listdir('OPEN_DIR'))"),
    attack("read /etc/passwd", REFUSED, "print('PWNED', open('/etc/passwd').read())"),
    attack("read the command lines", REFUSED, "print('PWNED', open('/proc/1/cmdline').read())"),
    attack("read its own environment", REFUSED, "print('PWNED', open('/proc/self/environ').read())"),
    attack(
        "read the supervisor's environment", REFUSED, "import os\nprint('PWNED', open(f'/proc/{os.getppid()}/environ').read())"
    ),
    attack("print the environment", HARMLESS, "import os\nprint(dict(os.environ), os.environb)"),
    attack(
        "read the environment by C",
        HARMLESS,
        "import ctypes\nc = ctypes.CDLL(None)\nc.getenv.restype = ctypes.c_char_p\nprint(c.getenv(b'STARGROVE_CANARY'))",
    ),
    attack(
        "search its memory for the environment",
        HARMLESS,
        "import ctypes\ne = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\ni = 0\nwhile e and e[i]:\n    print(e[i])\n    i += 1",
    ),
    attack("write a file", REFUSED, "open('OPEN_DIR/pwned', 'w').write('x')\nprint('PWNED')"),
    attack("append to a file", REFUSED, "open('SECRET_FILE', 'a').write('x')\nprint('PWNED')"),
    attack("create by os.open", REFUSED, "import os\nos.open('OPEN_DIR/pwned', os.O_CREAT)\nprint('PWNED')"),
    attack("nameless file", REFUSED, "import os\nos.open('OPEN_DIR', os.O_TMPFILE | os.O_RDWR)\nprint('PWNED')"),
    attack("temporary file", REFUSED, "import tempfile\ntempfile.NamedTemporaryFile(dir='OPEN_DIR')\nprint('PWNED')"),
    attack("write to /dev/shm", REFUSED, "open('/dev/shm/stargrove-pwned', 'w')\nprint('PWNED')"),
    attack("write to /tmp", REFUSED, "open('/tmp/stargrove-pwned', 'w')\nprint('PWNED')"),
    attack("delete", REFUSED, "import os\nos.remove('SECRET_FILE')\nprint('PWNED')"),
    attack("rename", REFUSED, "import os\nos.rename('SECRET_FILE', 'OPEN_DIR/pwned')\nprint('PWNED')"),
    attack("make a directory", REFUSED, "import os\nos.mkdir('OPEN_DIR/pwned')\nprint('PWNED')"),
    attack("symbolic link", REFUSED, "import os\nos.symlink('SECRET_FILE', 'OPEN_DIR/pwned')\nprint('PWNED')"),
    attack("hard link", REFUSED, "import os\nos.link('SECRET_FILE', 'OPEN_DIR/pwned')\nprint('PWNED')"),
    attack("named pipe", REFUSED, "import os\nos.mkfifo('OPEN_DIR/pwned')\nprint('PWNED')"),
    attack("change the mode", REFUSED, "import os\nos.chmod('SECRET_FILE', 0o777)\nprint('PWNED')"),
    attack("change the owner", REFUSED, "import os\nos.chown('SECRET_FILE', 1, 1)\nprint('PWNED')"),
    attack("change the dates", REFUSED, "import os\nos.utime('SECRET_FILE', (0, 0))\nprint('PWNED')"),
    attack("extended attribute", REFUSED, "import os\nos.setxattr('SECRET_FILE', 'user.x', b'x')\nprint('PWNED')"),
    attack("truncate", REFUSED, "import os\nos.truncate('SECRET_FILE', 0)\nprint('PWNED')"),
    attack(
        "sqlite file",
        REFUSED,
        "import sqlite3\nsqlite3.connect('OPEN_DIR/pwned').execute('create table t (a)')\nprint('PWNED')",
    ),
    attack("numpy save", REFUSED, "import numpy\nnumpy.save('OPEN_DIR/pwned', numpy.ones(3))\nprint('PWNED')"),
    attack("change the libraries", REFUSED, "import sympy\nopen(sympy.__file__, 'a')\nprint('PWNED')"),
    attack("change root", REFUSED, "import os\nos.chroot('/')\nprint('PWNED')"),
    attack(
        "mount",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0:\n    print('PWNED')",
    ),
    attack("read a device", REFUSED, "print('PWNED', open('/dev/kmsg', 'rb').read(10))"),
    attack(
        "file handles by number",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(304, -100, bytes(32), 0) >= 0:\n    print('PWNED')",
    ),
)

NETWORK: Final = (
    attack("TCP connection", REFUSED, "import socket\nsocket.create_connection(('127.0.0.1', PORT), 1)\nprint('PWNED')"),
    attack(
        "UDP packet",
        REFUSED,
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))\nprint('PWNED')",
    ),
    attack("abstract socket", REFUSED, "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0ABSTRACT')\nprint('PWNED')"),
    attack(
        "listening socket", REFUSED, "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\nprint('PWNED')"
    ),
    attack("raw socket", REFUSED, "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nprint('PWNED')"),
    attack("netlink socket", REFUSED, "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprint('PWNED')"),
    attack(
        "kernel crypto socket", REFUSED, "import socket\nsocket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)\nprint('PWNED')"
    ),
    attack("socket pair", REFUSED, "import socket\nsocket.socketpair()\nprint('PWNED')"),
    attack(
        "urllib", REFUSED, "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:PORT', timeout=1)\nprint('PWNED')"
    ),
    attack("name lookup", REFUSED, "import socket\nprint('PWNED', socket.gethostbyname('example.com'))"),
    attack(
        "message queue",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(240, b'/x', 0o102, 0o600, 0) >= 0:\n    print('PWNED')",
    ),
)

OTHERS: Final = (
    attack("kill the supervisor", REFUSED, "import os\nos.kill(os.getppid(), 9)\nprint('PWNED')"),
    attack("kill the user's process", REFUSED, "import os\nos.kill(VICTIM, 9)\nprint('PWNED')"),
    attack("kill everybody", REFUSED, "import os\nos.kill(-1, 9)\nprint('PWNED')"),
    attack("kill its group", REFUSED, "import os\nos.killpg(0, 9)\nprint('PWNED')"),
    attack("kill itself", ANY_END, "import os\nos.kill(os.getpid(), 9)"),
    attack("raise a signal", ANY_END, "import signal\nsignal.raise_signal(signal.SIGKILL)"),
    attack("alarm", CRASHED, "import signal, time\nsignal.alarm(1)\ntime.sleep(1.5)\nprint('PWNED')"),
    attack("signal by pidfd", REFUSED, "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(VICTIM), 9)\nprint('PWNED')"),
    attack(
        "queued signal by number",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(129, VICTIM, 9, bytes(128)) >= 0:\n    print('PWNED')",
    ),
    attack("ptrace", HARMLESS, "import ctypes\nif ctypes.CDLL(None).ptrace(16, VICTIM, 0, 0) >= 0:\n    print('PWNED')"),
    attack(
        "ptrace the supervisor",
        HARMLESS,
        "import ctypes, os\nif ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) >= 0:\n    print('PWNED')",
    ),
    attack(
        "read another process's memory",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(310, VICTIM, None, 0, None, 0, 0) >= 0:\n    print('PWNED')",
    ),
    attack(
        "steal a descriptor", HARMLESS, "import ctypes\nif ctypes.CDLL(None).syscall(438, 3, 0, 0) >= 0:\n    print('PWNED')"
    ),
    attack("priority", REFUSED, "import os\nos.setpriority(os.PRIO_PROCESS, 0, -20)\nprint('PWNED')"),
    attack("scheduler", REFUSED, "import os\nos.sched_setaffinity(0, {0})\nprint('PWNED')"),
    attack(
        "limits of another process",
        REFUSED,
        "import resource\nresource.prlimit(VICTIM, resource.RLIMIT_CPU, (1, 1))\nprint('PWNED')",
    ),
    attack("become root", REFUSED, "import os\nos.setuid(0)\nprint('PWNED')"),
    attack("new namespaces", HARMLESS, "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000) == 0:\n    print('PWNED')"),
    attack(
        "kernel keys",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(248, b'user', b'x', b'y', 1, -3) >= 0:\n    print('PWNED')",
    ),
    attack("bpf", HARMLESS, "import ctypes\nif ctypes.CDLL(None).syscall(321, 0, bytes(72), 72) >= 0:\n    print('PWNED')"),
    attack("userfaultfd", HARMLESS, "import ctypes\nif ctypes.CDLL(None).syscall(323, 1) >= 0:\n    print('PWNED')"),
    attack(
        "perf events",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).syscall(298, bytes(112), 0, -1, -1, 0) >= 0:\n    print('PWNED')",
    ),
    attack(
        "prctl",
        HARMLESS,
        "import ctypes\nif ctypes.CDLL(None).prctl(1, 0) == 0 or ctypes.CDLL(None).prctl(36, 1) == 0:\n    print('PWNED')",
    ),
    attack("another filter", HARMLESS, "import ctypes\nif ctypes.CDLL(None).prctl(22, 2, bytes(16)) == 0:\n    print('PWNED')"),
    attack("32-bit calls", ANY_END, "import ctypes\nif ctypes.CDLL(None).syscall(0x40000000 + 39) >= 0:\n    print('PWNED')"),
    attack("reboot", HARMLESS, "import ctypes\nif ctypes.CDLL(None).reboot(0x89ABCDEF) == 0:\n    print('PWNED')"),
    attack("set the clock", REFUSED, "import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)\nprint('PWNED')"),
    attack("set the host's name", REFUSED, "import socket\nsocket.sethostname('pwned')\nprint('PWNED')"),
    attack(
        "file size limit raised",
        REFUSED,
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (10**9, 10**9))\nprint('PWNED')",
    ),
    attack(
        "CPU limit raised", REFUSED, "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))\nprint('PWNED')"
    ),
)

INTERPRETER: Final = (
    attack("exit", CRASHED, "import os\nos._exit(0)"),
    attack("exit with a status", CRASHED, "import os\nos._exit(3)"),
    attack("sys.exit", REFUSED, "import sys\nsys.exit(0)"),
    attack("KeyboardInterrupt", REFUSED, "raise KeyboardInterrupt"),
    attack("segmentation fault", CRASHED, "import ctypes\nctypes.string_at(0)"),
    attack("write to null", CRASHED, "import ctypes\nctypes.memset(0, 1, 1)"),
    attack("abort", CRASHED, "import os\nos.abort()"),
    attack(
        "broken object",
        CRASHED,
        "import ctypes\nctypes.memset(id(()), 0, 64)\nx = ((), ())\ndel x\nimport gc\ngc.collect()\nx = tuple([])\nprint(type(x))",
    ),
    attack(
        "builtins deleted",
        ANY_END,
        "import builtins\nfor n in list(vars(builtins)):\n    if not n.startswith('__'):\n        delattr(builtins, n)",
    ),
    attack(
        "builtins replaced",
        HARMLESS,
        "import builtins\nbuiltins.len = builtins.isinstance = builtins.repr = builtins.str = lambda *_: None",
    ),
    attack("print replaced", HARMLESS, "import builtins\nbuiltins.print = None"),
    attack("import replaced", HARMLESS, "import builtins\nbuiltins.__import__ = None"),
    attack(
        "json replaced", HARMLESS, "import json, sys\njson.dumps = json.loads = json.encoder.encode_basestring_ascii = None"
    ),
    attack(
        "os emptied",
        HARMLESS,
        "import os, posix\nfor n in ('fork', '_exit', 'read', 'write', 'wait4'):\n    setattr(os, n, None)\n    setattr(posix, n, None)",
    ),
    attack("modules emptied", ANY_END, "import sys\nsys.modules.clear()"),
    attack("module search path", HARMLESS, "import sys\nsys.path[:] = ['OPEN_DIR']"),
    attack("trace function", ANY_END, "import sys\nsys.settrace(lambda *_: 1 / 0)"),
    attack("audit hook", ANY_END, "import sys\ndef h(*_):\n    raise OSError\nsys.addaudithook(h)"),
    attack("recursion limit of one", ANY_END, "import sys\nsys.setrecursionlimit(60)"),
    attack("frames of the runner", HARMLESS, "import sys\nf = sys._getframe(1)\nf.f_locals.clear()"),
    attack(
        "report in the runner's frame",
        ANY_END,
        "import sys\nf = sys._getframe(1)\nf.f_locals['report']['outcome'] = ['not a text']",
    ),
    attack("hash that lies", HARMLESS, "class A(str):\n    __hash__ = None\nx = A('x')"),
    attack("exception without text", REFUSED, "class E(Exception):\n    def __str__(self):\n        raise self\nraise E"),
    attack(
        "exception with a hostile name",
        REFUSED,
        "class M(type):\n    __name__ = property(lambda self: 1 / 0)\nclass E(Exception, metaclass=M):\n    pass\nraise E",
    ),
    attack(
        "value with a hostile class",
        HARMLESS,
        "class A:\n    __class__ = property(lambda self: 1 / 0)\n    def __repr__(self):\n        return 5\nA()",
    ),
    attack(
        "value that compares as None",
        HARMLESS,
        "class A:\n    def __eq__(self, o):\n        return True\n    def __bool__(self):\n        raise OSError\nA()",
    ),
    attack("null bytes", REFUSED, "x = 1\0"),
    attack("not Python", REFUSED, "<output>5<end_of_output>"),
    attack("empty", HARMLESS, ""),
    attack("a huge program", ANY_END, "x = 1\n" * 200_000),
)

ACROSS_STEPS: Final = (
    attack("pipe between branches", REFUSED, "import os\nos.pipe()\nprint('PWNED')"),
    attack("event between branches", REFUSED, "import os\nos.eventfd(0)\nprint('PWNED')"),
    attack(
        "file position between branches",
        HARMLESS,
        "import os\nf = open(os.__file__)\ns = sum(i * i for i in range(200_000))",
        "assert f.tell() == 0\nf.read(10)",
        "assert f.tell() >= 10",
    ),
    attack(
        "poisoned snapshot forks more",
        ANY_END,
        "s = sum(i * i for i in range(300_000))\nimport sys, os\n",
        "import tasks.sandbox.guest as g\nPWN = os.fork",
    ),
    attack(
        "snapshot that forks a survivor",
        ANY_END,
        "import sys, os, time\ns = sum(i * i for i in range(300_000))\n"
        "g = sys.modules.get('tasks.sandbox.guest')\nreal = os.fork\n"
        "def fork():\n    pid = real()\n    if pid == 0:\n        time.sleep(3600)\n    return pid\n"
        "if g:\n    g._fork = fork",
        "print('next')",
    ),
    attack(
        "snapshot that never answers",
        ANY_END,
        "import sys, time\ns = sum(i * i for i in range(300_000))\ng = sys.modules.get('tasks.sandbox.guest')\n"
        "if g:\n    g._fork = lambda: 12345",
        "print('next')",
    ),
    attack(
        "snapshot that lies about its child",
        ANY_END,
        "import sys\ns = sum(i * i for i in range(300_000))\ng = sys.modules.get('tasks.sandbox.guest')\n"
        "if g:\n    g.Children.status_of = lambda self, n: {'code': -9, 'cpu': 1e9, 'memory_mib': -1.0}",
        "import os\nos._exit(7)",
    ),
    attack(
        "alarm that kills the snapshot",
        ANY_END,
        "import signal\ns = sum(i * i for i in range(300_000))\nsignal.setitimer(signal.ITIMER_REAL, 0.05)",
        "print('next')",
    ),
)

ATTACKS: Final = (*PROCESSES, *MEMORY, *TIME, *OUTPUT, *FILES, *NETWORK, *OTHERS, *INTERPRETER, *ACROSS_STEPS)
