"""From a directory that nobody taught anything to the checkpoints of a home, and to whoever searches with them."""

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from flows.data.bases import base_checkpoint, bootstrap_checkpoint
from flows.display.progress.lines import LineDisplay
from flows.home.plans import plan_of, site_of
from flows.settings import load
from models.catalogue.catalogue import ROOT_VARIABLE, Catalogue, models_root
from models.engines.base import Generation, GenerationRequest
from models.engines.served import served_model_of
from models.tiny import BASE
from tasks.bootstrap.budget import BudgetSpent, TokenBudget
from tasks.bootstrap.prompting import PROMPTING_FILE, prompting_of
from tasks.runtime.progress import Silence
from tasks.runtime.resources import Resources
from tasks.search.format import END_OF_STEP, MARKERS, STEP_STOPS, prompt
from tests.models.fake_server import FakeServer, Reply, error, running
from tests.models.real_shapes import write_model
from warehouse.errors import BadInput, EngineUnavailable
from warehouse.places.location import Location
from warehouse.records import CheckpointRow
from warehouse.rounds.line import Turn

SILENT = Console(file=io.StringIO())
DISPLAY = LineDisplay(SILENT, SILENT, clock=lambda: 0.0)
LONG = ("engine.max_model_len=4096", "engine.kind=transformers", "engine.n_processes=0")


@pytest.fixture(scope="module")
def untaught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "qwen2", "qwen2")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def opened(home: Path, *overrides: str) -> Resources:
    return Resources(site_of(load(overrides=[*LONG, *overrides]), Location(home)), Silence())


def ids(resources: Resources, *overrides: str) -> tuple[str, str]:
    """Return the ids of the base and of who searches first."""
    settings = load(overrides=[*LONG, *overrides])
    plan = plan_of(settings, resources.site, Turn(0), "test")
    base_id = base_checkpoint(settings, plan, resources, DISPLAY)
    return base_id, bootstrap_checkpoint(settings, base_id, plan, resources, DISPLAY)


@pytest.fixture
def resources(home: Path) -> Iterator[Resources]:
    found = opened(home)
    yield found
    found.close()


def test_a_base_that_nobody_taught_carries_its_prompting_and_searches_first(resources: Resources, untaught: Path) -> None:
    base_id, first_id = ids(resources, f"run.base={untaught}")
    assert first_id == base_id
    prompting = prompting_of(resources.checkpoints.get(base_id, "base").path)
    assert prompting is not None
    assert prompting.head.startswith("<|user|>:")
    assert not (untaught / PROMPTING_FILE).exists()


def test_a_base_that_stargrove_made_is_not_prompted(resources: Resources) -> None:
    base_id, _ = ids(resources, f"run.base={BASE}")
    assert prompting_of(resources.checkpoints.get(base_id).path) is None


@pytest.mark.parametrize(
    ("override", "prompted"),
    [
        ("bootstrap.template=chat", "<|im_start|>assistant"),
        ("bootstrap.examples=competition", "sympy"),
        ("bootstrap.examples=none", None),
    ],
)
def test_the_settings_decide_how_a_base_is_prompted(
    resources: Resources, untaught: Path, override: str, prompted: str | None
) -> None:
    base_id, _ = ids(resources, f"run.base={untaught}", override)
    prompting = prompting_of(resources.checkpoints.get(base_id).path)
    assert (prompting is None) if prompted is None else (prompting is not None and prompted in prompting.head)


def test_a_base_that_nobody_taught_is_shown_the_examples_of_its_problems_domain(home: Path, untaught: Path) -> None:
    with closing(opened(home, "problems.domain=programs")) as resources:
        base_id, _ = ids(resources, f"run.base={untaught}", "problems.domain=programs")
        prompting = prompting_of(resources.checkpoints.get(base_id).path)
    assert prompting is not None
    assert "Write a Python function" in prompting.head


def test_a_model_that_was_added_by_name_is_prompted_as_its_check_found_better(
    resources: Resources, untaught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    catalogue = Catalogue(models_root(resources.site.home), MARKERS)
    catalogue.add("mine", str(untaught))
    catalogue.note_template("mine", "chat")
    base_id, _ = ids(resources, "run.base=mine")
    prompting = prompting_of(resources.checkpoints.get(base_id).path)
    assert prompting is not None
    assert "<|im_start|>assistant" in prompting.head


def test_examples_that_leave_no_room_are_refused_with_the_context_that_would(resources: Resources, untaught: Path) -> None:
    with pytest.raises(BadInput, match="512") as refused:
        ids(resources, f"run.base={untaught}", "engine.max_model_len=512")
    assert "engine.max_model_len" in (refused.value.hint or "")


def test_another_model_may_search_first_and_the_base_stays_the_base(
    resources: Resources, untaught: Path, tmp_path: Path
) -> None:
    larger = write_model(tmp_path / "larger", "llama", seed=1)
    base_id, first_id = ids(resources, f"run.base={untaught}", f"bootstrap.model={larger}")
    assert base_id.startswith("base-")
    assert first_id.startswith("bootstrap-")
    assert prompting_of(resources.checkpoints.get(first_id, "bootstrap").path) is not None
    current = resources.lake.current_checkpoint("base")
    assert current is not None
    assert current.checkpoint_id == base_id
    kinds = resources.lake.query("select kind, status from checkpoints order by kind").rows()
    assert kinds == [("base", "current"), ("bootstrap", "current")]


def asked(resources: Resources, checkpoint_id: str, n_candidates: int = 2) -> Generation:
    request = GenerationRequest(1, prompt("What is 1 + 2?"), tuple(range(n_candidates)), 1.0, STEP_STOPS, 8)
    with resources.machinery(checkpoint_id) as machinery:
        machinery.engine.submit(request)
        while True:
            for answer in machinery.engine.poll(0.1):
                assert isinstance(answer, Generation)
                return answer


def test_the_untaught_base_is_asked_after_its_examples(resources: Resources, untaught: Path) -> None:
    base_id, _ = ids(resources, f"run.base={untaught}")
    prompting = prompting_of(resources.checkpoints.get(base_id).path)
    assert prompting is not None
    answer = asked(resources, base_id)
    assert answer.n_prompt_tokens > 400
    assert len(answer.candidates) == 2


class Lending(FakeServer):
    """A server of OpenAI's protocol and of nothing else, which writes a step and forgets its mark."""

    async def _complete(self, body: dict[str, object]) -> Reply:
        from tests.models.fake_server import ok

        if "skip_special_tokens" in body:
            return error(400, "unknown parameter skip_special_tokens")
        choice = {"index": 0, "text": " Add\nx = 1 + 2", "finish_reason": "stop"}
        return ok({"choices": [choice], "usage": {"prompt_tokens": 900, "completion_tokens": 7}})


def test_a_server_that_knows_the_protocol_alone_may_search_first(home: Path, untaught: Path) -> None:
    with running(Lending(model="large-instruct", context=None, dev_mode=False)) as server:
        overrides = (f"run.base={untaught}", f"bootstrap.model={server.url}/")
        resources = opened(home, *overrides)
        _, first_id = ids(resources, *overrides)
        served = served_model_of(resources.checkpoints.get(first_id, "bootstrap").path)
        assert served is not None
        assert (served.url, served.model) == (server.url, "large-instruct")
        answer = asked(resources, first_id)
        assert {candidate.text for candidate in answer.candidates} == {f"\n# Add\nx = 1 + 2\n{END_OF_STEP}"}
        assert {candidate.repairs for candidate in answer.candidates} == {("marker",)}
        assert resources.kv_capacity(first_id) is None
        sent = server.asked[-1]
        assert sent["model"] == "large-instruct"
        assert sent["prompt"].endswith("<code>\n#")
        resources.close()


def test_a_server_that_is_gone_holds_up_no_home_that_has_a_policy(
    home: Path, untaught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Lending(model="large", context=None, dev_mode=False)) as server:
        overrides = (f"run.base={untaught}", f"bootstrap.model={server.url}")
        resources = opened(home, *overrides)
        first = ids(resources, *overrides)
    with pytest.raises(EngineUnavailable):
        ids(resources, *overrides)
    policy = CheckpointRow("policy-1", "policy", 1, first[0], None, "f", "file:///x", "current")
    resources.lake.record_checkpoint(policy)
    assert ids(resources, *overrides) == first
    resources.close()


def test_a_paid_server_is_asked_nothing_more_once_its_tokens_are_spent(home: Path, untaught: Path) -> None:
    with running(Lending(model="large", context=None, dev_mode=False)) as server:
        overrides = (f"run.base={untaught}", f"bootstrap.model={server.url}", "bootstrap.max_tokens=2000")
        resources = opened(home, *overrides)
        _, first_id = ids(resources, *overrides)
        asked(resources, first_id)
        with pytest.raises(BudgetSpent, match="max_tokens"):
            asked(resources, first_id)
        resources.close()


def test_the_engine_that_a_server_was_gives_way_to_one_that_serves_here(home: Path, untaught: Path) -> None:
    with running(Lending(model="large", context=None, dev_mode=False)) as server:
        overrides = (f"run.base={untaught}", f"bootstrap.model={server.url}")
        resources = opened(home, *overrides)
        base_id, first_id = ids(resources, *overrides)
        assert asked(resources, first_id).n_prompt_tokens == 900
        assert asked(resources, base_id).n_prompt_tokens != 900
        resources.close()


def test_a_budget_of_zero_is_no_limit() -> None:
    budget = TokenBudget(0)
    budget.spend(10**12)
    assert budget.spent == 10**12
