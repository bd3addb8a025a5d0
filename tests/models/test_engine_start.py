"""An engine whose second model does not start, or does not end, gives back the first: fakes in place of vLLM."""

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from models.engines.prompt_tokens import PromptTokens
from models.engines.settings import EngineSettings
from models.engines.vllm.engine import VllmEngine
from models.engines.vllm.start import Use
from warehouse.errors import EngineUnavailable

ROOT = Path(__file__).resolve().parents[2]


class FakeModel:
    """Says when it is closed."""

    busy = False
    tokens = cast("PromptTokens", None)

    def __init__(self, use: Use, directory: Path, said: list[str]) -> None:
        self.use = use
        self.directory = directory
        self._said = said

    def add(self, key: str, prompt_ids: tuple[int, ...], params: Any, priority: int = 0) -> None: ...

    def step(self) -> list[Any]:
        return []

    def reload(self, directory: Path) -> None: ...

    def close(self) -> None:
        self._said.append(self.use)
        if self.directory == Path("stuck"):
            raise EngineUnavailable("it does not end", hint="")


class FakeModels:
    """Starts fakes, but none from a torn directory."""

    turns_per_scoring = 1

    def __init__(self) -> None:
        self.closed: list[str] = []

    def start(self, use: Use, directory: Path) -> FakeModel:
        if directory == Path("torn"):
            raise EngineUnavailable("it does not start", hint="")
        return FakeModel(use, directory, self.closed)

    def wait(self, timeout_seconds: float) -> bool:
        return False

    def close(self) -> None:
        self.closed.append("models")


def test_a_ppm_that_does_not_start_gives_back_the_policy() -> None:
    models = FakeModels()
    with pytest.raises(EngineUnavailable, match="it does not start"):
        VllmEngine(EngineSettings(), models, Path("policy"), Path("torn"))
    assert models.closed == ["policy", "models"]


def test_a_model_that_does_not_end_keeps_nobody_else() -> None:
    models = FakeModels()
    engine = VllmEngine(EngineSettings(), models, Path("policy"), Path("stuck"))
    with pytest.raises(EngineUnavailable, match="it does not end"):
        engine.close()
    assert models.closed == ["ppm", "policy", "models"]


def test_torch_is_loaded_only_when_an_engine_starts_which_has_silenced_it_by_then() -> None:
    program = "import sys, models.engines.vllm.engine, models.engines.pool.process; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout == "False\n"
