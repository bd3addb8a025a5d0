"""What runs among the code of steps: fork on command, run codes, report. Executed inside the locked-down process only.

The zygote is the snapshot of the empty path, so zygote and snapshots serve the same two commands on their socket:

    fork      with a socket attached: a child reads what to run from that socket and reports there
    status    say how a child ended (exit status and CPU), for one that ended without a report

A child runs the codes it was sent, reports on the last one, and either ends or stays as a snapshot that serves in turn.
Step code shares this interpreter and may replace anything in it. Hence: no attribute of a Python module is looked up after
step code ran, this module has builtins of its own, and nothing it says is believed about anybody but itself.
"""

import _ast
import _random
import _socket
import builtins
import gc
import io
import json
import mmap
import posix
import resource
import signal
import struct
import sys
import time
import types
from collections.abc import Callable
from typing import Any, Final, NoReturn

from tasks.sandbox.guest.sources import Sources

# Functions take their builtins from here when they are defined: step code that replaces builtins.len breaks only itself.
globals()["__builtins__"] = dict(vars(builtins))

FORK: Final = b"F"
STATUS: Final = b"W"
COMMAND: Final = struct.Struct(">cQ")
HELLO: Final = b"H"
_LENGTH: Final = struct.Struct(">I")
_ONLY_AST: Final = 0x400  # ast.PyCF_ONLY_AST, whose module would cost 2 ms of start-up
_MAX_MESSAGE_CHARS: Final = 2_000
_MAX_NAME_CHARS: Final = 200
_BALLAST_BYTES: Final = 1 << 20
_N_ENDED: Final = 64
_WNOHANG: Final = 1

# The C functions themselves: json's Python parts look names up in modules that step code can change.
_quote = json.encoder.encode_basestring_ascii
_scan: Callable[[str, int], tuple[Any, int]] = json.scanner.make_scanner(json.JSONDecoder())  # type: ignore[attr-defined]
_read, _write, _fork, _exit, _close, _wait4 = (
    posix.read,
    posix.write,
    posix.fork,
    posix._exit,
    posix.close,
    posix.wait4,
)
_setrlimit, _getrusage, _usage_of_self, _cpu_limit = (
    resource.setrlimit,
    resource.getrusage,
    resource.RUSAGE_SELF,
    resource.RLIMIT_CPU,
)
_getrlimit, _unlimited = resource.getrlimit, resource.RLIM_INFINITY
_process_time, _perf_counter = time.process_time, time.perf_counter
_settrace, _setprofile = sys.settrace, sys.setprofile
# Where C keeps them, whatever properties a class of step code puts in front.
_class_name: Callable[[type], str] = type.__dict__["__name__"].__get__
_traceback_of: Callable[[object], types.TracebackType | None] = BaseException.__dict__["__traceback__"].__get__
_status_of_exit: Callable[[object], object] = SystemExit.__dict__["code"].__get__
_line_of_syntax_error: Callable[[object], object] = SyntaxError.__dict__["lineno"].__get__
_file_of_syntax_error: Callable[[object], object] = SyntaxError.__dict__["filename"].__get__
_setitimer, _timers = signal.setitimer, (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_getrecursionlimit, _setrecursionlimit = sys.getrecursionlimit, sys.setrecursionlimit
_seed_generator = _random.Random.seed
_enable_gc = gc.enable
_family, _stream = _socket.AF_UNIX, _socket.SOCK_STREAM
_socket_type, _rights, _level, _space = _socket.socket, _socket.SCM_RIGHTS, _socket.SOL_SOCKET, _socket.CMSG_SPACE(4)


class Captured(io.RawIOBase):
    """Where sys.stdout ends: keeps the first bytes and counts the rest."""

    def __init__(self, max_chars: int) -> None:
        self.max_chars = max_chars
        self.kept = bytearray()
        self.n_dropped = 0

    def writable(self) -> bool:
        """Return True: text streams ask before they write."""
        return True

    def write(self, data: Any) -> int:
        """Return how many bytes were taken: always all of them."""
        size = len(data)
        room = self.max_chars * 4 - len(self.kept)
        if room > 0:
            self.kept += data[:room]
        self.n_dropped += max(0, size - max(room, 0))
        return size

    def take(self) -> str:
        """Return what was written since the last call, capped, with a marker where it was cut."""
        text = self.kept.decode("utf-8", "replace")
        was_cut = self.n_dropped > 0 or len(text) > self.max_chars
        self.kept = bytearray()
        self.n_dropped = 0
        return cut(text, self.max_chars, was_cut)


def cut(text: str, max_chars: int, was_cut: bool) -> str:  # noqa: FBT001
    """Return the text, or its beginning and a marker."""
    return f"{text[:max_chars]}\n[output cut at {max_chars} characters]" if was_cut else text


class Guest:
    """The interpreter state of one path: namespace, captured stdout, and the generators that each step finds seeded.

    has_ended: a step ended the program, as exit() does. The path is one program, so what comes after it is not run.
    """

    def __init__(self, max_output_chars: int) -> None:
        self.max_chars = max_output_chars
        self.captured = Captured(max_output_chars)
        self.stdout = io.TextIOWrapper(io.BufferedWriter(self.captured), "utf-8", "backslashreplace", newline="\n")
        self._flush = self.stdout.flush
        sys.stdout = self.stdout
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.namespace = main.__dict__
        self.namespace["__builtins__"] = builtins
        # Address space that a step which ran out of memory gives back, so that there is room for its report. Never touched.
        ballast = mmap.mmap(-1, _BALLAST_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._free_ballast = ballast.close
        self.has_ended = False
        self.sources = Sources()
        self.generators: list[_random.Random] = []
        self.seed_numpy: Callable[[int], object] | None = None
        self.before_steps: Callable[[], None] | None = None

    def forget(self) -> None:
        """Empty the namespace and begin anew."""
        self.has_ended = False
        self.sources.begin_path()
        for name in [name for name in self.namespace if not name.startswith("__")]:
            del self.namespace[name]

    def run(self, source: str, number: int, seed: int) -> dict[str, Any]:
        """Run one code and return what became of it. number: its place in the path, which names it in tracebacks."""
        self.sources.begin_step(seed)
        for generator in self.generators:
            _seed_generator(generator, seed)
            generator.gauss_next = None  # type: ignore[attr-defined]
        if self.seed_numpy is not None:
            self.seed_numpy(seed & 0xFFFFFFFF)
        report: dict[str, Any] = {"outcome": "ok", "value": None, "type": None, "message": None, "line": None}
        file_name = f"<step {number}>"
        try:
            if not self.has_ended:
                self._execute(source, file_name, report)
        except MemoryError:
            self._free_ballast()
            report["outcome"] = "out_of_memory"
        except BaseException as error:  # noqa: BLE001 - whatever step code raises is its outcome
            self.has_ended = is_end(error)
            if not self.has_ended:
                self._free_ballast()
                report.update(
                    outcome="error",
                    value=None,
                    type=name_of(error),
                    message=self._text(error, str),
                    line=line_of(error, file_name),
                )
        _settrace(None)
        _setprofile(None)
        for timer in _timers:
            # Else a timer would hit whatever runs on this state next, which a replay does at another time.
            _setitimer(timer, 0)
        if _getrecursionlimit() < 200:
            _setrecursionlimit(200)
        try:  # noqa: SIM105
            self._flush()
        except BaseException:  # noqa: BLE001 - step code closed what is below sys.stdout; what came so far stands
            pass
        report["stdout"] = self.captured.take()
        return report

    def _execute(self, source: str, file_name: str, report: dict[str, Any]) -> None:
        tree: Any = compile(source, file_name, "exec", _ONLY_AST, True)
        body = tree.body
        last = body.pop() if body and isinstance(body[-1], _ast.Expr) else None
        if body:
            exec(compile(tree, file_name, "exec", dont_inherit=True), self.namespace)
        if last is not None:
            value = eval(compile(_ast.Expression(last.value), file_name, "eval", dont_inherit=True), self.namespace)
            if value is not None:
                report["value"] = self._text(value, repr)

    def _text(self, thing: object, convert: Callable[[object], str]) -> str:
        limit = self.max_chars if convert is repr else _MAX_MESSAGE_CHARS
        try:
            text = "".join((convert(thing),))  # a plain str, of whatever subclass it was
            return cut(text[: limit + 1], limit, len(text) > limit)
        except MemoryError:
            raise
        except BaseException:  # noqa: BLE001 - a __repr__ or __str__ of step code; its failure is no failure of the step
            return f"<unprintable {name_of(thing)}>"


def name_of(thing: object) -> str:
    """Return the name of a thing's class, whatever its metaclass says."""
    return _class_name(type(thing))[:_MAX_NAME_CHARS]


def is_end(error: BaseException) -> bool:
    """Return whether an exception is the end of a program that says all went well: exit(), quit(), sys.exit(0)."""
    if not issubclass(type(error), SystemExit):
        return False
    status = _status_of_exit(error)
    return status is None or status is False or (type(status) is int and status == 0)


def line_of(error: BaseException, file_name: str) -> int | None:
    """Return the line of the step's own code where the error left it, None where it never was in it."""
    if issubclass(type(error), SyntaxError):
        file, line = _file_of_syntax_error(error), _line_of_syntax_error(error)
        if type(file) is str and file == file_name:
            return line if type(line) is int else None
    line = None
    traceback = _traceback_of(error)
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file_name:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def encode(report: dict[str, Any]) -> bytes:
    """Return a flat report as one frame."""
    parts = []
    for key, value in report.items():
        if value is None:
            text = "null"
        elif value is True or value is False:
            text = "true" if value else "false"
        elif isinstance(value, str):
            text = _quote(value)
        else:
            text = repr(value)
        parts.append(f"{_quote(key)}:{text}")
    body = ("{" + ",".join(parts) + "}").encode()
    return _LENGTH.pack(len(body)) + body


def send(fd: int, data: bytes) -> None:
    """Write all of `data`."""
    while data:
        data = data[_write(fd, data) :]


def receive(fd: int, size: int) -> bytes:
    """Return exactly `size` bytes; ends the process when the other side is gone."""
    data = b""
    while len(data) < size:
        piece = _read(fd, size - len(data))
        if not piece:
            _exit(0)
        data += piece
    return data


def limit_cpu(n_codes: int, cpu_seconds: int) -> None:
    """Let this process use cpu_seconds for each of n_codes more codes. The kernel kills; no code can raise it again."""
    wanted = int(_process_time()) + n_codes * cpu_seconds + 1
    hard = _getrlimit(_cpu_limit)[1]
    if hard == _unlimited or wanted < hard:
        _setrlimit(_cpu_limit, (wanted, wanted))


def run_request(guest: Guest, fd: int) -> bool:
    """Run what the socket asks for and report. Return whether this process stays as a snapshot."""
    send(fd, HELLO)
    (length,) = _LENGTH.unpack(receive(fd, 4))
    request, _ = _scan(receive(fd, length).decode(), 0)
    codes, seeds, first = request["codes"], request["seeds"], request["first"]
    if guest.before_steps is not None:
        guest.before_steps()
        guest.before_steps = None
    _enable_gc()
    limit_cpu(len(codes), request["cpu_seconds"])
    cpu_before = _process_time()
    for place in range(len(codes) - 1):
        replayed = guest.run(codes[place], first + place, seeds[place])
        if replayed["outcome"] != "ok":
            replayed.update(replay_failed=first + place, kept=False)
            send(fd, encode(replayed))
            return False
    if len(codes) > 1:
        send(fd, encode({"replayed": True}))
    limit_cpu(1, request["cpu_seconds"])
    memory_before = _getrusage(_usage_of_self).ru_maxrss
    start = _perf_counter()
    report = guest.run(codes[-1], first + len(codes) - 1, seeds[-1])
    seconds = _perf_counter() - start
    memory_mib = (_getrusage(_usage_of_self).ru_maxrss - memory_before) / 1024
    kept: bool = report["outcome"] == "ok" and _process_time() - cpu_before >= request["keep_after_seconds"]
    report.update(seconds=seconds, memory_mib=memory_mib, kept=kept)
    send(fd, encode(report))
    return kept


class Children:
    """The processes that this one forked, by the number that the supervisor gave them, and how the latest ended."""

    def __init__(self) -> None:
        self.running: dict[int, int] = {}
        self.ended: dict[int, dict[str, Any]] = {}

    def reap(self) -> None:
        """Take everything that ended off the process table: children, and orphans that fell to this process."""
        while True:
            try:
                pid, status, usage = _wait4(-1, _WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            number = self.running.pop(pid, None)
            if number is not None:
                self.ended[number] = ending(status, usage)

    def status_of(self, number: int) -> dict[str, Any]:
        """Return how a child ended; its code is None when that is not known here."""
        for pid, other in list(self.running.items()):
            if other == number:
                _, status, usage = _wait4(pid, 0)
                del self.running[pid]
                return ending(status, usage)
        return self.ended.pop(number, {"code": None})

    def forget_old(self) -> None:
        """Keep the endings of the latest children only."""
        for number in list(self.ended)[:-_N_ENDED]:
            del self.ended[number]


def ending(status: int, usage: resource.struct_rusage) -> dict[str, Any]:
    """Return how a child ended: code (negative: the signal), CPU seconds and peak memory."""
    code = -(status & 0x7F) if status & 0x7F else status >> 8
    return {"code": code, "cpu": usage.ru_utime + usage.ru_stime, "memory_mib": usage.ru_maxrss / 1024}


def serve(guest: Guest, control: _socket.socket) -> NoReturn:
    """Fork children and tell how they ended, for ever. The process ends with the other side of its socket."""
    children = Children()
    while True:
        data, ancillary, _, _ = control.recvmsg(COMMAND.size, _space)
        if len(data) < COMMAND.size:
            _exit(0)
        command, number = COMMAND.unpack(data)
        if command == STATUS:
            send(control.fileno(), encode({"number": number} | children.status_of(number)))
            continue
        fd = int.from_bytes(ancillary[0][2][:4], sys.byteorder)
        children.reap()
        children.forget_old()
        pid = _fork()
        if pid:
            _close(fd)
            children.running[pid] = number
            continue
        control.close()
        control = _socket_type(_family, _stream, 0, fd)
        children = Children()
        if not run_request(guest, fd):
            _exit(0)
