"""Displays: few lines where output is a file, a bar where it is a terminal, and the same numbers in both."""

import io
import threading

import pytest
from rich.console import Console

from flows.display.progress.base import Display
from flows.display.progress.lines import QUIET_SECONDS, LineDisplay
from flows.display.progress.stage import StageProgress, duration
from flows.display.progress.terminal import TerminalDisplay
from tasks.runtime.progress import Progress, TreeCount, TreeTally


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(clock: Clock, progress: io.StringIO, output: io.StringIO) -> LineDisplay:
    return LineDisplay(Console(file=progress, width=200), Console(file=output, width=200), clock)


@pytest.fixture
def terminal(clock: Clock, progress: io.StringIO, output: io.StringIO) -> TerminalDisplay:
    return TerminalDisplay(Console(file=progress, width=200, force_terminal=True), Console(file=output, width=200), clock)


def test_a_display_is_what_tasks_report_to(lines: LineDisplay, terminal: TerminalDisplay) -> None:
    listeners: list[Progress] = [lines, terminal]
    assert all(isinstance(listener, Display) for listener in listeners)


def test_a_short_stage_is_one_line(lines: LineDisplay, clock: Clock, progress: io.StringIO) -> None:
    lines.planned(4)
    lines.stage(2, "search", total=400)
    for n_done in range(401):
        clock.now += 0.01
        lines.trees("search", n_done, 400, n_done // 2, 100 * n_done)
    lines.stage(2, "verify")
    assert progress.getvalue() == "round 2/4 · search 400 · 200 solved (50%) · 9,975 tokens/s · 4.0 s\n"


def test_a_long_stage_speaks_now_and_then(lines: LineDisplay, clock: Clock, progress: io.StringIO) -> None:
    lines.stage(1, "search", total=100)
    for n_done in range(1, 101):
        clock.now += 1.0
        lines.trees("search", n_done, 100, 0, 0)
    assert progress.getvalue().count("\n") == 100 // QUIET_SECONDS
    assert "search 10/100 · 10 s · about 1 min 30 s left" in progress.getvalue()


def test_the_shards_of_a_search_add_up(lines: LineDisplay, clock: Clock, progress: io.StringIO) -> None:
    lines.stage(1, "search", total=200)
    clock.now = 2.0
    tally = TreeTally(lines, "search", 200)
    for shard in range(2):
        for n_done in (1, 50, 100):
            tally.count(f"{shard:03d}", TreeCount(n_done, n_done // (shard + 1), 10 * n_done))
    lines.close()
    assert progress.getvalue() == "round 1 · search 200 · 150 solved (75%) · 1,000 tokens/s · 2.0 s\n"


def test_a_training_shows_its_loss(lines: LineDisplay, progress: io.StringIO) -> None:
    lines.stage(1, "train-policy")
    lines.metric("train-policy", 7, 7, 0.125)
    lines.close()
    assert "train-policy 7 · loss 0.1250" in progress.getvalue()


def test_tables_go_to_the_output_and_progress_does_not(lines: LineDisplay, progress: io.StringIO, output: io.StringIO) -> None:
    lines.stage(0, "evaluate")
    lines.message("said")
    lines.show("a table")
    assert output.getvalue() == "a table\n"
    assert "said" in progress.getvalue()
    assert "table" not in progress.getvalue()


def test_brackets_in_a_message_are_not_markup(lines: LineDisplay, terminal: TerminalDisplay, progress: io.StringIO) -> None:
    lines.message("[bold]x[/] [1, 2]")
    terminal.message("[bold]x[/] [1, 2]")
    assert progress.getvalue().count("[bold]x[/]") == 2


def test_a_terminal_shows_rounds_a_bar_and_what_is_done(terminal: TerminalDisplay, clock: Clock, progress: io.StringIO) -> None:
    terminal.planned(4)
    terminal.stage(1, "search", total=10)
    clock.now = 3.0
    terminal.trees("search", 5, 10, 4, 300)
    terminal.stage(1, "verify")
    terminal.close()
    drawn = progress.getvalue()
    assert "✓ " in drawn
    assert "4 solved (80%) · 100 tokens/s" in drawn


def test_any_thread_may_report(lines: LineDisplay, progress: io.StringIO) -> None:
    lines.stage(1, "search", total=400)
    threads = [threading.Thread(target=lines.trees, args=("search", i, 400, 0, 0)) for i in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines.close()
    assert progress.getvalue().count("\n") == 1


def test_stages_beside_each_other_end_one_by_one(lines: LineDisplay, clock: Clock, progress: io.StringIO) -> None:
    lines.stage(1, "train-ppm")
    lines.stage(1, "answer test", total=4, beside=True)
    clock.now = 2.0
    lines.metric("train-ppm", 1, 2, 0.5)
    lines.trees("answer test", 4, 4, 0, 100)
    lines.over("answer test")
    clock.now = 3.0
    lines.metric("train-ppm", 2, 2, 0.25)
    lines.stage(1, "evaluate test")
    assert progress.getvalue().splitlines() == [
        "round 1 · answer test 4 · 50 tokens/s · 2.0 s",
        "round 1 · train-ppm 2 · loss 0.2500 · 3.0 s",
    ]


def test_a_terminal_draws_a_bar_for_each_stage_that_runs(terminal: TerminalDisplay, progress: io.StringIO) -> None:
    terminal.stage(1, "train-ppm")
    terminal.stage(1, "answer test", total=4, beside=True)
    terminal.trees("answer test", 2, 4, 0, 100)
    terminal.metric("train-ppm", 1, 2, 0.5)
    terminal.over("train-ppm")
    terminal.trees("answer test", 4, 4, 0, 100)
    terminal.close()
    over = [line for line in progress.getvalue().splitlines() if "✓" in line]
    assert ["train-ppm 1" in over[0], "answer test 4" in over[1]] == [True, True]


def test_nothing_is_said_of_a_stage_that_never_began(lines: LineDisplay, progress: io.StringIO) -> None:
    lines.trees("search", 1, 2, 1, 1)
    lines.metric("train-ppm", 1, 2, 0.5)
    lines.close()
    assert progress.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185.2, "3 min 05 s"),
        (7800.0, "2 h 10 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_no_time_left_is_guessed_without_progress() -> None:
    assert StageProgress("search", 0.0, done=0, total=10).remaining_seconds(5.0) is None
    assert StageProgress("search", 0.0, done=3).remaining_seconds(5.0) is None
    assert StageProgress("search", 0.0, done=5, total=10).remaining_seconds(5.0) == 5.0


def test_the_time_left_counts_what_is_in_flight_by_the_share_that_is_done() -> None:
    begun = StageProgress("rollout", 0.0, done=0, total=100, begun=5.0)
    assert begun.remaining_seconds(60.0) == pytest.approx(19 * 60.0)
    assert begun.line(60.0) == "rollout 0/100 · 1 min 00 s · about 19 min 00 s left"
    assert StageProgress("rollout", 0.0, done=0, total=100).remaining_seconds(60.0) is None
    assert StageProgress("rollout", 0.0, done=0, total=100, begun=0.1).remaining_seconds(14.0) is None, "engines start as well"
