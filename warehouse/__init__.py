"""The trajectory warehouse: every tree, trajectory, training row, checkpoint and gate result of the factory, as SQL."""

import os

# DuckDB's allocator keeps what was freed for 10 s, 100 MiB beside engines and trainers. Read when duckdb is imported.
os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", "dirty_decay_ms:200,muzzy_decay_ms:0")
