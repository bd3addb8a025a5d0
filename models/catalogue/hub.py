"""A model of a model hub at a pinned revision, as a directory."""

from pathlib import Path
from typing import Final

from warehouse.errors import BadInput, Unavailable

_WANTED: Final = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "README.md", "LICENSE*"]
"""No pickled weights, which could run code, and none in a second form."""


def download(repository: str, revision: str, directory: Path) -> str:
    """Fetch the files of OWNER/NAME at a revision into a directory and return the commit that this is.

    Hub and token are those that the libraries find in the environment. Raises BadInput for a name or revision that is none,
    Unavailable where the hub cannot be reached.
    """
    import httpx2
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        commit = HfApi().model_info(repository, revision=revision).sha
        snapshot_download(repository, revision=commit, local_dir=directory, allow_patterns=_WANTED)
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise BadInput(f"{repository!r} at {revision!r} is no model of the hub: {error}", hint="OWNER/NAME@REVISION") from error
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise Unavailable(
            f"the hub refused {repository}: {error}", hint="check the revision and the token, HF_TOKEN"
        ) from error
    except (httpx2.HTTPError, ConnectionError) as error:
        raise Unavailable(
            f"the hub cannot be reached: {error}", hint="check HF_ENDPOINT, or name a directory or a GGUF file"
        ) from error
    return str(commit)
