"""Who is lent the machinery of a process, and when."""

import threading
from pathlib import Path
from typing import ClassVar

import pytest

from models.engines.base import IdleEngine
from models.engines.settings import EngineSettings
from tasks.domains.mathematics.domain import Mathematics
from tasks.grading.grader import grade_all
from tasks.grading.settings import GradingSettings
from tasks.runtime import resources as module
from tasks.runtime.plan import Site
from tasks.runtime.progress import Silence
from tasks.runtime.resources import Resources
from tasks.sandbox.settings import SandboxSettings
from tasks.search.driver import Driver
from tasks.search.sampling import Plan, attempt_problem
from tests.search.fakes import FakeGrader
from warehouse.errors import EngineUnavailable, Interrupted
from warehouse.places.location import Location
from warehouse.settings import WarehouseSettings


class CountedEngine(IdleEngine):
    """Serves nothing; counts how many were opened and closed."""

    opened: ClassVar[list["CountedEngine"]] = []

    def __init__(self) -> None:
        self.is_closed = False
        self.loaded: list[tuple[Path, Path | None]] = []
        self.opened.append(self)

    def load(self, policy: Path, ppm: Path | None) -> None:
        self.loaded.append((policy, ppm))

    def close(self) -> None:
        self.is_closed = True


class Place:
    """A checkpoint store that knows every id."""

    def get(self, checkpoint_id: str) -> "Place":
        self.path = Path(checkpoint_id)
        return self


@pytest.fixture
def resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resources:
    monkeypatch.setattr(module, "open_engine", lambda *_: CountedEngine())
    monkeypatch.setattr(module, "open_sandbox", lambda settings: FakeGrader())
    monkeypatch.setattr(Mathematics, "open_grader", lambda self, settings, sandbox: FakeGrader())
    CountedEngine.opened = []
    site = Site(
        location=Location(tmp_path),
        warehouse=WarehouseSettings(),
        engine=EngineSettings(),
        sandbox=SandboxSettings(),
        grading=GradingSettings(),
    )
    found = Resources(site, Silence())
    found.checkpoints = Place()  # type: ignore[assignment]
    return found


def test_those_who_share_get_the_same_machinery_and_others_wait(resources: Resources) -> None:
    order: list[str] = []

    def exclusive() -> None:
        with resources.machinery("policy", "ppm"):
            order.append("exclusive")

    with resources.machinery("policy", None, shared=True) as first:
        with resources.machinery("policy", None, shared=True) as second:
            assert first is second
            waiting = threading.Thread(target=exclusive)
            waiting.start()
            waiting.join(0.05)
            order.append("second is back")
        order.append("first is back")
    waiting.join()
    assert order == ["second is back", "first is back", "exclusive"]
    with resources.machinery("policy", None, shared=True) as later:
        assert later is not first
    assert len(CountedEngine.opened) == 1


def test_nobody_shares_an_engine_that_serves_other_checkpoints(resources: Resources) -> None:
    with resources.machinery("policy", None, shared=True):
        waiting = threading.Thread(target=lambda: resources.machinery("other", None, shared=True).__enter__(), daemon=True)
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        assert CountedEngine.opened[0].loaded == []
    waiting.join()
    assert CountedEngine.opened[0].loaded == [(Path("other"), None)]


def test_an_engine_that_gave_up_is_closed_and_the_next_borrower_gets_another(resources: Resources) -> None:
    with pytest.raises(EngineUnavailable), resources.machinery("policy", None, shared=True):
        raise EngineUnavailable("3 engine processes in a row were lost")
    assert CountedEngine.opened[0].is_closed
    with resources.machinery("policy", None):
        assert [engine.is_closed for engine in CountedEngine.opened] == [True, False]


def test_work_that_is_stopped_lends_nothing_any_more_and_interrupts_whoever_waits(resources: Resources) -> None:
    interrupted: list[str] = []

    def wait_for_machinery() -> None:
        try:
            with resources.machinery("other", None):
                pass
        except Interrupted:
            interrupted.append("waiting")

    with resources.machinery("policy", None) as lent:
        waiting = threading.Thread(target=wait_for_machinery)
        waiting.start()
        resources.stop()
        with pytest.raises(Interrupted):
            next(Driver(lent, window=1).run([("p", attempt_problem("p", "1+1", None, Plan(1, 0.0, 9, 9)))]))
        with pytest.raises(Interrupted):
            grade_all([("1", "2")], lent.grader)
    waiting.join()
    assert interrupted == ["waiting"]
    with pytest.raises(Interrupted):
        _ = resources.trainer_host
