"""A file that a user names: known by its content, so that the same one is taken in once."""

from pathlib import Path

from warehouse.errors import BadInput
from warehouse.ids import content_id, file_id


def input_file_id(path: Path) -> str:
    """Return 16 hexadecimal digits of the content of a file, or of a folder's files with their names.

    Raises BadInput where it cannot be read.
    """
    try:
        if not path.is_dir():
            return file_id(path)
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return content_id("\n".join(f"{file.relative_to(path)} {file_id(file)}" for file in files))
    except FileNotFoundError as error:
        raise BadInput(f"no problem file {path}", hint="check the path") from error
    except OSError as error:
        raise BadInput(
            f"problem file {path} cannot be read: {error.strerror}", hint="give a file or a folder of files"
        ) from error
