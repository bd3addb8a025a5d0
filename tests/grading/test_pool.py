"""Trouble with worker processes never becomes a verdict."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.grading.equality.decision import Decision
from tasks.grading.grader import FORMULAS
from tasks.grading.pool import WorkerPool
from tasks.grading.settings import GradingSettings
from warehouse.errors import GraderUnavailable

SLOW = "+".join(rf"\ln(\ln(\ln(\ln(x+{n}))))^{{90}}" for n in range(20))


def test_workers_that_cannot_start_make_the_grader_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    pool = WorkerPool(GradingSettings(), FORMULAS)
    pool.submit(1, "x", "y")
    with pytest.raises(GraderUnavailable, match="while starting"):
        for _ in range(20):
            pool.poll(1.0)
    pool.close()


def test_a_comparison_that_takes_every_worker_down_is_unknown_and_the_next_is_decided() -> None:
    pool = WorkerPool(GradingSettings(timeout_seconds=100), FORMULAS)
    pool.submit(1, SLOW, f"{SLOW}+0")
    finished: list[tuple[int, Decision]] = []
    while not finished:
        finished = pool.poll(0.2)
        for worker in pool._workers:
            if worker.job is not None:
                os.kill(worker.process.pid, signal.SIGKILL)
    assert [(job_id, decision.equal, decision.method) for job_id, decision in finished] == [(1, None, "died")]
    pool.close()


def test_workers_end_when_their_parent_is_killed() -> None:
    program = (
        "from tasks.grading.grader import *\n"
        "from tasks.grading.settings import GradingSettings\n"
        "grader = open_grader(GradingSettings(timeout_seconds=1))\n"
        "grade_all([('x+y', 'y+x')], grader)\n"
        "print(grader.pool.worker_pids[0], flush=True)\n"
        "import time; time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as parent:
        assert parent.stdout is not None
        worker_pid = int(parent.stdout.readline())
        parent.kill()
    give_up = time.monotonic() + 20
    while Path(f"/proc/{worker_pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{worker_pid}/status").read_text():
        assert time.monotonic() < give_up, "the worker outlived its parent"
        time.sleep(0.1)


def test_a_worker_refuses_to_evaluate_text_and_to_start_programs() -> None:
    attacks = ["eval('1+1')", "exec('import os')", "__import__('builtins').eval('2')", "__import__('os').system('true')",
               "__import__('os').fork()", "__import__('subprocess').run(['true'])"]  # fmt: skip
    program = (
        "from tasks.grading.worker import *\n"
        "attacks = [compile(attack, 'attack', 'eval') for attack in __import__('sys').argv[1:]]\n"
        "forbid_evaluation()\n"
        "for attack in attacks:\n"
        "    try:\n        eval(attack)\n        print('done')\n"
        "    except EvaluationForbidden:\n        print('refused')\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program, *attacks], capture_output=True, text=True, cwd=root, check=False)
    assert done.stdout.split() == ["refused"] * len(attacks), done.stderr


def test_an_answer_that_is_python_code_has_no_effect(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    pool = WorkerPool(GradingSettings(timeout_seconds=2), FORMULAS)
    code = f"__import__('os').system('touch {canary}')"
    for job_id, answer in enumerate((code, rf"\operatorname{{{code}}}", f"{{{code}}}^2", f"[x for x in ({code},)]")):
        pool.submit(job_id, answer, "x+1")
    finished: list[tuple[int, Decision]] = []
    while len(finished) < 4:
        finished += pool.poll(1.0)
    pool.close()
    assert not canary.exists()
