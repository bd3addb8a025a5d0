"""What a user sees when a round cannot go on: one line with the reason, the exit code, and a lake that is whole.

The home has a Prefect server of its own, which `evolve` starts.
"""

import pytest

from tests.integration.small_evolution import evolved, home_with_server, n_batches
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.integration


def test_a_round_in_which_nothing_is_solved_stops_at_the_gate(tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL")
    with home_with_server(tmp_path / "home") as home:
        # Steps that may have four tokens are cut off before their code, so no tree is ever solved.
        small = ("engine.kind=transformers", "problems.train_per_level=[2,1,0,0,0]", "run.shard_size=3")
        refused = evolved(home, "search.max_step_tokens=4", "gates.min_sft_examples=1", *small)
        assert refused.returncode == 3
        last = refused.stderr.strip().splitlines()[-1]
        assert last.startswith("stargrove: training-data gate of round 1")
        assert "Traceback" not in refused.stderr
        assert n_batches(home, "train-policy") == 0
        with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
            assert lake.round_row(1).status == "failed"
            assert len(lake.query("select * from nodes where ending = 'truncated'")) > 0
