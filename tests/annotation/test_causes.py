"""What verification says of a step that is not reproducible."""

import time
from contextlib import closing

import pytest

from models.engines.base import IdleEngine
from tasks.annotation.causes import cause_of_difference
from tasks.annotation.replay import ReplayReport, StoredStep, StoredTrajectory, replay
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.run_file import execute
from tasks.sandbox.settings import SandboxSettings
from tasks.search.driver import Driver, Machinery
from tasks.search.format import END_OF_CODE
from tests.search.fakes import FakeGrader, never


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("x = []\nprint(id(x))", "step 1 asks for an address in memory (id)"),
        ("print(*map(id, [1]))", "step 1 asks for an address in memory (id)"),
        ("from datetime import datetime as d\nprint(d.now())", "step 1 asks for the true clock (now)"),
        ("import uuid\nprint(uuid.uuid1())", "step 1 asks for the true clock (uuid1)"),
        ("import os\nprint(os.getpid())", "step 1 asks for its process (getpid)"),
        ("id = 3\nprint(id + )", "no step asks for anything known"),
        ("identity = 3\nprint({1, 2})", "no step asks for anything known"),
    ],
)
def test_the_cause_is_read_off_the_code(code: str, cause: str) -> None:
    assert cause_of_difference((code,), "", "ok").startswith(cause)


def test_a_cause_may_lie_in_an_earlier_step() -> None:
    assert cause_of_difference(("x = 1", "key = id(x)", "print(key)"), "7", "ok").startswith("step 2 asks for an address")


def test_a_printed_address_and_a_limit_are_causes() -> None:
    assert cause_of_difference(("x = 1", "print(f)"), "<function f at 0x7ff5c2>", "ok") == "step 2 prints an address in memory"
    assert cause_of_difference(("f(9)",), "", "timeout").startswith("a limit of the sandbox was hit")


DRAWS = {
    "random": "import random\nrandom.seed()\nprint(random.random(), random.Random().random())",
    "secrets": "import secrets\nprint(secrets.token_hex(), secrets.randbelow(10**9), secrets.choice(range(10**9)))",
    "uuid": "import uuid\nprint(uuid.uuid4())",
    "numpy": "import numpy as np\nprint(np.random.default_rng().random(3))",
    "time": "import time\nprint(time.time(), time.perf_counter_ns(), time.ctime())",
    "hash order": "print({'pear', 'apple', 'plum'}, hash('pear'), set('hello world'))",
}
CHANGES = {
    "id": ("print(id(object()))", "asks for an address in memory (id)"),
    "object": ("class A: pass\nprint(A())", "prints an address in memory"),
    "clock": ("from datetime import datetime\nprint(datetime.now())", "asks for the true clock (now)"),
}


def searched_and_verified(programs: dict[str, str]) -> dict[str, ReplayReport]:
    """Return what verification says of programs that a search ran in another sandbox."""
    settings = SandboxSettings(n_workers=2)
    found = {
        name: StoredStep(f"{code}\n{END_OF_CODE}", "ok", execute(code, settings).stdout) for name, code in programs.items()
    }
    searches = (
        (name, replay(StoredTrajectory(name, "p", "What is it?", 1, (step,), "2", "2"))) for name, step in found.items()
    )
    with closing(open_sandbox(settings)) as sandbox:
        driver: Driver[ReplayReport] = Driver(
            Machinery(IdleEngine(), sandbox, FakeGrader(), time.perf_counter, never), window=4
        )
        return dict(driver.run(searches))


def test_what_a_step_draws_and_when_follow_from_its_path() -> None:
    reports = searched_and_verified(DRAWS)
    assert {name: report.detail for name, report in reports.items()} == dict.fromkeys(DRAWS)
    assert {report.verification for report in reports.values()} == {"verified"}


def test_what_does_not_is_marked_with_its_cause() -> None:
    reports = searched_and_verified({name: code for name, (code, _) in CHANGES.items()})
    for name, (_, cause) in CHANGES.items():
        report = reports[name]
        assert report.verification == "replay_differs"
        assert report.detail is not None and report.detail.endswith(f"; not reproducible: step 1 {cause}")
