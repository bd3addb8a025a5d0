"""Random models of the tiny shape, and the engine in this process: written and started once."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.engines.base import Answer
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from models.engines.vllm.engine import VllmEngine
from tests.models.engine_contract import MIXED, answers_of
from tests.models.random_model import write_policy, write_ppm

VLLM = EngineSettings(kind="vllm", n_processes=0, max_model_len=256, max_num_seqs=32, kv_cache_mib=64, ppm_kv_cache_mib=64)
"""vLLM in this process. Whatever else serves the same models must answer as it does."""


@pytest.fixture(scope="session")
def random_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a random policy."""
    return write_policy(tmp_path_factory.mktemp("random") / "policy")


@pytest.fixture(scope="session")
def random_ppm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a random PPM."""
    return write_ppm(tmp_path_factory.mktemp("random") / "ppm")


@pytest.fixture(scope="session")
def others(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The directories of a policy and a PPM of other weights, as a later round has them."""
    directory = tmp_path_factory.mktemp("others")
    return write_policy(directory / "policy", seed=5), write_ppm(directory / "ppm", seed=5)


@pytest.fixture(scope="session")
def started_vllm(random_policy: Path, random_ppm: Path) -> Iterator[VllmEngine]:
    """The engine, started off the main thread, as a task of a flow does it, which leaves the environment as it was."""
    started: list[VllmEngine] = []
    before = os.environ.get("LD_PRELOAD", "")
    thread = threading.Thread(target=lambda: started.append(_opened(random_policy, random_ppm)))
    thread.start()
    thread.join()
    assert os.environ.get("LD_PRELOAD", "") == before
    with closing(started[0]) as engine:
        yield engine


@pytest.fixture
def vllm(started_vllm: VllmEngine, random_policy: Path, random_ppm: Path) -> VllmEngine:
    """The engine with the random models, whatever a test before loaded into it."""
    started_vllm.load(random_policy, random_ppm)
    return started_vllm


@pytest.fixture(scope="session")
def expected(started_vllm: VllmEngine, random_policy: Path, random_ppm: Path) -> dict[int, Answer]:
    """The answers of the random models to MIXED."""
    started_vllm.load(random_policy, random_ppm)
    return answers_of(started_vllm, MIXED)


@pytest.fixture(scope="session")
def expected_of_others(others: tuple[Path, Path]) -> dict[int, Answer]:
    """The answers of the other models to MIXED, from an engine that never served any before."""
    with closing(_opened(*others)) as fresh:
        return answers_of(fresh, MIXED)


def _opened(policy: Path, ppm: Path) -> VllmEngine:
    engine = open_engine(VLLM, policy, ppm)
    assert isinstance(engine, VllmEngine)
    return engine
