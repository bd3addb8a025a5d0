"""Measure the warehouse on a synthetic round: ingest, annotation in SQL, exports, size on disk; plain Python beside it.

    python -m tests.benchmarks.annotation [--problems 1000] [--plain] [--as-released] [--write]

Every stage runs in a process of its own, which imports what the stage needs and no more, so that its peak memory is its own;
CPU is that of all its threads. --plain sets two ways of plain Python beside it, on the same trees as JSON, with their CPU and
memory as multiples of ours: the four scripts of the public release (annotation_scripts.py), and one lean pass
(annotation_plain.py). The scripts look up 1,024 children of every node. They are charged for no more than there can be, with
--as-released for all.
--write stores the figures in annotation_baseline.json under the number of problems.
"""

import argparse
import json
import multiprocessing
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).with_name("annotation_baseline.json")
OURS = ("ours.annotate", "ours.export")
LEAN = ("plain.lean",)
SCRIPTS = ("scripts.solutions", "scripts.examples", "scripts.pairs", "scripts.pair_examples")
AS_RELEASED = ("scripts.solutions_as_released", "scripts.examples", "scripts.pairs_as_released", "scripts.pair_examples")

Figures = dict[str, float]


def _child_process(stage: str, answer: Any, *given: object) -> None:
    module, function = stage.split(".")
    run: Callable[..., Figures] = getattr(import_module(f"tests.benchmarks.annotation_{module}"), function)
    cpu, wall = time.process_time(), time.perf_counter()
    own = run(*given)
    figures = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send({**figures, **own})


def measured(stage: str, *given: object) -> Figures:
    """Return what a stage tells and costs, run in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child_process, args=(stage, sender, *given))
    process.start()
    # The other end must be closed here, or a child that dies would leave recv waiting forever.
    sender.close()
    figures: Figures = receiver.recv()
    process.join()
    return {name: round(value, 4) for name, value in figures.items()}


def compared(home: Path, n_problems: int, ways: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the figures of each stage of ours, and of other ways with their multiples of ours."""
    result = {"ingest": measured("ours.ingest", home, n_problems)}
    ours = {stage: measured(stage, home) for stage in OURS}
    result |= {stage.removeprefix("ours."): figures for stage, figures in ours.items()}
    result["ask"] = measured("ours.ask", home)
    if ways:
        measured("trees.write_json", home, n_problems)
    for stages in ways:
        theirs = {stage: measured(stage, home) for stage in stages}
        result |= theirs
        result[f"{stages[0].split('.')[0]}_to_ours"] = {
            "cpu": _ratio(sum, "cpu_seconds", theirs.values(), ours.values()),
            "memory": _ratio(max, "peak_mib", theirs.values(), ours.values()),
        }
    return result


def _ratio(over: Callable[[Iterable[float]], float], figure: str, theirs: Iterable[Figures], ours: Iterable[Figures]) -> float:
    return round(over(stage[figure] for stage in theirs) / over(stage[figure] for stage in ours), 2)


def main() -> None:
    """Measure, print, and store where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--as-released", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="annotation-"))
    try:
        ways = (AS_RELEASED if options.as_released else SCRIPTS, LEAN) if options.plain else ()
        result = compared(home, options.problems, ways)
    finally:
        shutil.rmtree(home)
    result["machine"] = f"{platform.machine()}, Python {platform.python_version()}, 2 DuckDB threads"
    if options.write:
        stored = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
        BASELINE.write_text(json.dumps({**stored, str(options.problems): result}, indent=2, sort_keys=True) + "\n")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
