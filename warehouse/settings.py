"""Settings of the warehouse and of its gates' store. Importable without duckdb."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class WarehouseSettings(BaseModel):
    """Section [warehouse]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalog: str = ""
    """Where the catalog is: postgresql://USER@HOST:PORT/DATABASE for several machines; "" is where the home's lake is, a
    SQLite file in the home at first. The password comes from PGPASSWORD or PGPASSFILE."""

    data: str = ""
    """Where the Parquet files and the checkpoints are: s3://BUCKET/PREFIX, with the credentials and the endpoint that the
    variables AWS_* hold or name; "" is where the home's lake is, the home itself at first."""

    memory_limit_mib: int = Field(default=2048, ge=128)
    """Memory that DuckDB may use in one process, in MiB; larger queries spill to disk."""

    n_threads: int = Field(default=2, ge=1, le=1024)
    """Threads of one query."""

    lock_timeout_seconds: float = Field(default=300.0, gt=0, le=3600)
    """How long a commit waits for another process that writes to the same lake before it fails."""

    @field_validator("catalog")
    @classmethod
    def _a_database(cls, value: str) -> str:
        return checked_catalog(value)

    @field_validator("data")
    @classmethod
    def _a_bucket(cls, value: str) -> str:
        return checked_data(value)


def checked_catalog(value: str) -> str:
    """Return the address of a catalog. Raises ValueError for one that is none, or that holds a password."""
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError(f"{value!r} must be postgresql://USER@HOST:PORT/DATABASE, or empty for the home")
    if parts.password is not None or "password=" in parts.query:
        raise ValueError("a password does not belong into settings; set PGPASSWORD or PGPASSFILE")
    return value


def checked_data(value: str) -> str:
    """Return the address of a bucket or of a prefix in it, without a slash at its end. Raises ValueError otherwise."""
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query:
        raise ValueError(f"{value!r} must be s3://BUCKET/PREFIX, or empty for the home")
    return value.rstrip("/")
