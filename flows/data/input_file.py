"""A file that a user names: known by its content, so that the same one is taken in once."""

from pathlib import Path

from warehouse.errors import BadInput
from warehouse.ids import file_id


def input_file_id(path: Path) -> str:
    """Return 16 hexadecimal digits of the file's content. Raises BadInput where it cannot be read."""
    try:
        return file_id(path)
    except FileNotFoundError as error:
        raise BadInput(f"no problem file {path}", hint="check the path") from error
    except OSError as error:
        raise BadInput(
            f"problem file {path} cannot be read: {error.strerror}", hint="give a JSONL, JSON or Parquet file"
        ) from error
