"""Write hard virtual problems that a home has never seen, as a benchmark file for `stargrove evaluate`.

    python -m tests.benchmarks.hard_problems --home .stargrove --seed 40 --output hard.jsonl

150 of each of the levels 4 and 5; none shares as many words in a row with a problem of the evolution as its gates forbid.
"""

import argparse
import json
from itertools import islice
from pathlib import Path

from flows.settings import load
from tasks.domains.mathematics.virtual import generate_problems
from tasks.problems.decontamination import Decontaminator
from warehouse.records import Problem, Split
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

LEVELS = (4, 5)
PER_LEVEL, N_DRAWN = 150, 220
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def unseen(home: Path, seed: int) -> list[Problem]:
    """Return PER_LEVEL problems of each of LEVELS."""
    with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
        seen = [problem for split in SPLITS for problem in lake.problems(split) if problem.source == "virtual"]
    drawn = generate_problems("test", seed, [N_DRAWN * (level in LEVELS) for level in range(1, 6)])
    refused = {refusal.problem.problem_id for refusal in Decontaminator(seen, load().gates.n_gram).refusals(drawn)}
    kept = [problem for problem in drawn if problem.problem_id not in refused]
    return [problem for level in LEVELS for problem in islice((one for one in kept if one.level == level), PER_LEVEL)]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(".stargrove"))
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    rows = [{"question": one.statement, "answer": one.answer, "level": one.level} for one in unseen(options.home, options.seed)]
    options.output.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
