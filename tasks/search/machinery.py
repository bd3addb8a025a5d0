"""What drivers drive, together with the exchange where the searches of all who share it meet."""

from collections.abc import Callable

from models.engines.base import Engine
from tasks.grading.base import Grader
from tasks.sandbox.base import Sandbox
from tasks.search.exchange import Exchange


class Machinery:
    """An engine, a sandbox and a grader. clock: seconds, for costs and deadlines. cancelled: asked every turn whether to
    give up.

    Drivers that are given one Machinery share it; one thread each.
    """

    def __init__(
        self,
        engine: Engine,
        sandbox: Sandbox,
        grader: Grader,
        clock: Callable[[], float],
        cancelled: Callable[[], bool],
    ) -> None:
        self.engine = engine
        self.sandbox = sandbox
        self.grader = grader
        self.exchange = Exchange(engine, sandbox, grader, clock, cancelled)
