"""vLLM with policy and PPM in processes of their own: the answers of one in this process, and no process left behind."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import active_children
from pathlib import Path

import psutil
import pytest

from models.engines.base import Answer, Engine
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tests.models.engine_contract import MIXED, answers_of
from tests.models.random_model import write_torn
from warehouse.errors import EngineUnavailable

pytestmark = pytest.mark.integration

SETTINGS = EngineSettings(
    kind="vllm-async",
    n_processes=1,
    max_model_len=256,
    max_num_seqs=32,
    kv_cache_mib=64,
    ppm_kv_cache_mib=64,
    stall_seconds=5.0,
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that holds all that the engine's processes wrote to stdout and stderr until they had started."""
    return tmp_path_factory.mktemp("async") / "said"


@pytest.fixture(scope="module")
def engine(random_policy: Path, random_ppm: Path, said: Path) -> Iterator[Engine]:
    """One engine for all tests; when it is closed, no process of it is left."""
    with written_to(said):
        opened = open_engine(SETTINGS, random_policy, random_ppm)
    with closing(opened) as engine:
        yield engine
        started = [host(), *host().children(recursive=True)]
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not alive


@contextmanager
def written_to(file: Path) -> Iterator[None]:
    """Let stdout and stderr of this process, and of those that it starts meanwhile, be a file."""
    before = [os.dup(number) for number in (1, 2)]
    with file.open("w") as out:
        for number in (1, 2):
            os.dup2(out.fileno(), number)
        try:
            yield
        finally:
            for number, own in zip((1, 2), before, strict=True):
                os.dup2(own, number)
                os.close(own)


def host() -> psutil.Process:
    """Return the process that holds the two models."""
    (child,) = (child for child in active_children() if child.name == "stargrove engine")
    return psutil.Process(child.pid)


def model_processes() -> list[psutil.Process]:
    """Return the vLLM processes: what the host started, but for the tracker that Python starts beside them."""
    return [child for child in host().children() if "resource_tracker" not in " ".join(child.cmdline())]


def test_a_user_of_the_models_sees_nothing_of_vllm(engine: Engine, said: Path) -> None:
    assert len(model_processes()) == 2
    assert said.read_text() == ""


def test_policy_and_ppm_have_a_process_each_and_answer_as_one_in_this_process_does(
    engine: Engine, expected: dict[int, Answer]
) -> None:
    assert answers_of(engine, MIXED) == expected
    assert len(model_processes()) == 2


def test_other_weights_answer_as_in_an_engine_that_never_served_any_before(
    engine: Engine,
    random_policy: Path,
    random_ppm: Path,
    others: tuple[Path, Path],
    expected: dict[int, Answer],
    expected_of_others: dict[int, Answer],
) -> None:
    before = model_processes()
    engine.load(*others)
    assert answers_of(engine, MIXED) == expected_of_others
    engine.load(random_policy, random_ppm)
    assert answers_of(engine, MIXED) == expected
    assert model_processes() == before, "weights are swapped without a new process"


@pytest.mark.parametrize("victim", ["model", pytest.param("host", marks=pytest.mark.soak)])
def test_a_process_that_is_killed_is_replaced_with_all_that_belong_to_it(
    engine: Engine, expected: dict[int, Answer], victim: str
) -> None:
    answers_of(engine, MIXED[:1])
    before = [host(), *model_processes()]
    for request in MIXED:
        engine.submit(request)
    first = engine.poll(0.0)
    os.kill(before[victim == "model"].pid, signal.SIGKILL)
    assert {**{answer.request_id: answer for answer in first}, **answers_of(engine, [])} == expected
    _, alive = psutil.wait_procs(before, timeout=10)
    assert not alive


@pytest.mark.soak
def test_a_model_that_hangs_is_replaced_and_its_requests_are_repeated(engine: Engine, expected: dict[int, Answer]) -> None:
    hanging = model_processes()[0]  # the policy: of the PPM, every score is remembered
    hanging.suspend()
    assert answers_of(engine, MIXED) == expected
    assert not hanging.is_running()


def test_a_model_that_cannot_start_says_which_directory(random_policy: Path, tmp_path: Path) -> None:
    write_torn(tmp_path, random_policy)
    with pytest.raises(EngineUnavailable, match=f"starting vLLM with the policy {tmp_path} failed"):
        open_engine(SETTINGS.model_copy(update={"n_processes": 0}), tmp_path, None)
