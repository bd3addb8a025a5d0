"""Settings of the warehouse and of its gates' store. Importable without duckdb."""

from pydantic import BaseModel, ConfigDict, Field


class WarehouseSettings(BaseModel):
    """Section [warehouse]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_limit_mib: int = Field(default=2048, ge=128)
    """Memory that DuckDB may use in one process, in MiB; larger queries spill to disk."""

    n_threads: int = Field(default=2, ge=1, le=1024)
    """Threads of one query."""

    lock_timeout_seconds: float = Field(default=300.0, gt=0, le=3600)
    """How long a commit waits for another process that writes to the same lake before it fails."""

    inline_rows: int = Field(default=200, ge=0, le=100_000)
    """Inserts of at most this many rows are kept in the catalog instead of a Parquet file of their own."""
