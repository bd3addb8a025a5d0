"""How fast a real policy decodes: `python -m tests.benchmarks.engine_real MODEL_DIRECTORY`.

The same engine in one run as vLLM computes on the CPU without compilation, with the fused kernels and the quick draw of
models.engines.vllm.cpu_kernels, and with products in 8-bit integers besides. Printed: tokens per second of each, and how much
faster than the first it is.
"""

import argparse
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Literal
from unittest import mock

from models.engines.base import Generation, GenerationRequest
from models.engines.open import open_engine
from models.engines.settings import EngineSettings

Quantization = Literal["none", "int8"]
WAYS: tuple[tuple[str, Quantization, bool], ...] = (
    ("as vLLM comes", "none", False),
    ("fused kernels, quick draw", "none", True),
    ("and products in int8", "int8", True),
)
PROMPT = "# Ana has {} coins. Ben has twice as many. How many coins do they have together? Solve it in Python.\nana ="


def rate(model: Path, args: argparse.Namespace, quantization: Quantization, *, fused: bool) -> tuple[float, str]:
    """Return tokens per second, and the first sequence as evidence that text came out."""
    settings = EngineSettings(
        n_processes=0,
        dtype="bfloat16",
        quantization=quantization,
        n_threads=args.threads,
        kv_cache_mib=512,
        max_num_seqs=args.sequences,
    )
    with (
        mock.patch("models.engines.vllm.model.computes_in_passes", lambda _settings, on_cpu: fused and on_cpu),
        closing(open_engine(settings, model, None)) as engine,
    ):
        best, text = 0.0, ""
        for turn in range(args.repeats):
            for index in range(args.sequences):
                seeds = (1 + index + 1000 * turn,)
                engine.submit(GenerationRequest(index, PROMPT.format(index + 2), seeds, 0.8, ("<never>",), args.tokens))
            n_tokens, started = 0, time.perf_counter()
            while engine.n_pending:
                for answer in engine.poll(1.0):
                    assert isinstance(answer, Generation)
                    n_tokens += sum(candidate.n_tokens for candidate in answer.candidates)
                    text = answer.candidates[0].text
            best = max(best, n_tokens / (time.perf_counter() - started))
    return best, text


def main() -> None:
    """Print a line per way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--sequences", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=2, help="The best counts, as other work only slows down.")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    first = 0.0
    for way, quantization, fused in WAYS:
        tokens_per_second, text = rate(args.model, args, quantization, fused=fused)
        first = first or tokens_per_second
        sys.stdout.write(f"{way}: {tokens_per_second:.0f} tokens/s, {tokens_per_second / first:.2f}; {text[:60]!r}\n")


if __name__ == "__main__":
    main()
