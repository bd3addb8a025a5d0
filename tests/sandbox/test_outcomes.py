"""Each way a step can end is its own outcome, and says what the policy and the reader need to know."""

import pytest

from tasks.sandbox.base import CodeError
from tests.sandbox.conftest import Bench


def test_stdout_is_that_of_the_last_step_alone(bench: Bench) -> None:
    execution = bench.run("print('first')\nx = 20", "print(x + 1)")
    assert (execution.outcome, execution.stdout, execution.value) == ("ok", "21\n", None)


def test_the_value_of_the_last_expression_is_apart_from_stdout(bench: Bench) -> None:
    execution = bench.run("x = 6\nprint('shown')\nx * 7")
    assert (execution.stdout, execution.value) == ("shown\n", "42")


def test_a_value_of_none_is_no_value(bench: Bench) -> None:
    assert bench.run("print(1)").value is None


def test_an_error_has_its_type_message_and_line_in_the_step(bench: Bench) -> None:
    execution = bench.run("def half(x):\n    return x / 0", "y = 1\nz = half(3)\ny = 2")
    assert execution.outcome == "error"
    assert execution.error == CodeError("ZeroDivisionError", "division by zero", 2)


def test_the_line_is_the_deepest_within_the_step_itself(bench: Bench) -> None:
    assert bench.run("def f():\n    raise ValueError('no')\n\nf()").error == CodeError("ValueError", "no", 2)


def test_a_syntax_error_has_its_line(bench: Bench) -> None:
    error = bench.run("x = 1\ny = (").error
    assert error is not None
    assert (error.type, error.line) == ("SyntaxError", 2)


def test_what_was_printed_before_an_error_is_kept(bench: Bench) -> None:
    execution = bench.run("print('so far')\nraise ValueError")
    assert (execution.outcome, execution.stdout) == ("error", "so far\n")


def test_the_word_error_in_the_output_is_not_an_error(bench: Bench) -> None:
    assert bench.run("print('Error: the relative error is 3 %')").outcome == "ok"


@pytest.mark.parametrize("end", ["exit()", "quit()", "exit(0)", "import sys\nsys.exit()", "raise SystemExit(False)"])
def test_an_exit_is_an_end_with_what_was_printed(bench: Bench, end: str) -> None:
    execution = bench.run(f"print('so far')\n{end}\nprint('not run')")
    assert (execution.outcome, execution.stdout, execution.error) == ("ok", "so far\n", None)


def test_what_comes_after_an_exit_is_not_run(bench: Bench) -> None:
    outcomes = [(one.outcome, one.stdout) for one in bench.grow("print(5)\nexit()", "print(6)", "1 / 0", tree_id="exit")]
    assert outcomes == [("ok", "5\n"), ("ok", ""), ("ok", "")]
    assert bench.run("print(7)", tree_id="exit").stdout == "7\n", "another path is another program"


@pytest.mark.parametrize(("status", "message"), [("3", "3"), ("'no solution'", "no solution"), ("True", "True")])
def test_an_exit_with_a_status_is_an_error(bench: Bench, status: str, message: str) -> None:
    execution = bench.run(f"print('so far')\nexit({status})")
    assert (execution.outcome, execution.stdout) == ("error", "so far\n")
    assert execution.error == CodeError("SystemExit", message, 2)


def test_whoever_wants_to_draw_is_told_what_to_do_instead(bench: Bench) -> None:
    error = bench.run("import matplotlib.pyplot as plt").error
    message = "No module named 'matplotlib': nothing can be drawn here, compute and print instead"
    assert error == CodeError("ModuleNotFoundError", message, 1)
    assert bench.run("import nonsense").error == CodeError("ModuleNotFoundError", "No module named 'nonsense'", 1)


def test_long_output_is_cut_with_a_marker(bench: Bench) -> None:
    execution = bench.run("for i in range(10_000):\n    print('é' * 50)")
    assert len(execution.stdout) < 1100
    assert execution.stdout.endswith("[output cut at 1000 characters]")


def test_output_of_exactly_the_limit_is_whole(bench: Bench) -> None:
    assert bench.run("print('é' * 999)").stdout == "é" * 999 + "\n"


def test_a_long_value_is_cut_with_a_marker(bench: Bench) -> None:
    value = bench.run("'x' * 10**5").value
    assert value is not None
    assert value.endswith("[output cut at 1000 characters]")


@pytest.mark.parametrize(
    ("code", "outcome", "limit"),
    [
        ("import time\ntime.sleep(60)", "timeout", "wall"),
        ("while True: pass", "timeout", None),
        ("x = bytearray(10**9)", "out_of_memory", "memory"),
        ("import os\nos._exit(7)", "killed", "exit status 7"),
        ("import ctypes\nctypes.string_at(0)", "killed", "signal SIGSEGV"),
        ("import os, time\nos.closerange(3, 64)\ntime.sleep(60)", "killed", "protocol"),
        ("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass", "killed", "processes"),
    ],
)
def test_a_limit_is_named(bench: Bench, code: str, outcome: str, limit: str | None) -> None:
    execution = bench.run(code)
    assert execution.outcome == outcome
    assert limit is None or execution.limit == limit


def test_a_limit_hit_after_a_snapshot_is_named_as_well(bench: Bench) -> None:
    first = "s = sum(i * i for i in range(300_000))"
    assert bench.run(first, tree_id="after").outcome == "ok"
    assert bench.run(first, "import os\nos._exit(5)", tree_id="after").limit == "exit status 5"
    assert bench.run(first, "x = bytearray(10**9)", tree_id="after").outcome == "out_of_memory"


def test_a_step_that_makes_the_kernel_kill_it_each_time_is_killed_and_no_fault_of_the_sandbox(bench: Bench) -> None:
    execution = bench.run("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True:\n    pass")
    assert (execution.outcome, execution.limit) == ("killed", "signal SIGKILL")
    assert bench.run("print(1)").outcome == "ok"


def test_memory_counts_along_the_path(bench: Bench) -> None:
    outcomes = [
        execution.outcome for execution in bench.grow(*[f"x{i} = bytearray(40 << 20)" for i in range(4)], tree_id="memory")
    ]
    assert outcomes == ["ok", "ok", "ok", "out_of_memory"]


def test_duration_and_memory_are_those_of_the_step(bench: Bench) -> None:
    execution = bench.run("import time\ntime.sleep(0.2)\nx = b'x' * (30 << 20)")
    assert 0.2 <= execution.duration_seconds < 2.0
    assert 25 < execution.peak_memory_mib < 60


def test_a_failed_candidate_does_not_touch_its_siblings(bench: Bench) -> None:
    prefix = ("items = [1, 2, 3]",)
    ids = {}
    for code in ("items.clear()\n1 / 0", "items.append(4)\nlen(items)", "import builtins\nbuiltins.len = None", "len(items)"):
        ids[code] = bench.start((*prefix, code))
    finished = bench.wait()
    assert finished[ids["items.append(4)\nlen(items)"]].value == "4"
    assert finished[ids["len(items)"]].value == "3"


def test_steps_run_in_one_module_namespace(bench: Bench) -> None:
    steps = (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int",
        "def f(p):\n    return p.x + y",
        "y = 5\nf(P(3))",
    )
    assert bench.run(*steps).value == "8"


def test_a_prefix_that_fails_when_it_is_run_again_is_told_apart(bench: Bench) -> None:
    error = bench.run("1 / 0", "print(1)", tree_id="never ran").error
    assert error is not None
    assert error.type == "ReplayFailed"


def test_code_that_no_message_can_hold_as_text_still_gets_an_answer(bench: Bench) -> None:
    assert bench.run("x = '\ud800'").outcome == "error"


@pytest.mark.parametrize(
    "code",
    [
        "class E(BaseException):\n    __getattribute__ = lambda self, name: 1 / 0\nraise E",
        "class E(Exception):\n    __class__ = __traceback__ = property(lambda self: 1 / 0)\nraise E",
        "class E(SyntaxError):\n    filename = lineno = property(lambda self: 1 / 0)\nraise E",
        "class E(Exception):\n    __str__ = lambda self: type('T', (str,), {'__getitem__': None})('x')\nraise E",
        "class L(int):\n    __repr__ = None\nclass E(SyntaxError):\n    pass\nraise E('x', ('<step 1>', L(3), 1, ''))",
    ],
)
def test_an_error_that_hides_what_it_is_is_an_error_all_the_same(bench: Bench, code: str) -> None:
    execution = bench.run(code)
    assert execution.outcome == "error"
    assert execution.error is not None
    assert execution.error.type == "E"


def test_a_value_whose_text_is_of_a_class_of_its_own_is_plain_text(bench: Bench) -> None:
    code = "class T(str):\n    __getitem__ = __len__ = __str__ = None\nclass A:\n    __repr__ = lambda self: T('plain')\nA()"
    assert bench.run(code).value == "plain"


def test_the_environment_is_empty(bench: Bench) -> None:
    assert bench.run("import os\nlen(os.environ)").value == "0"
