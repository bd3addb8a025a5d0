"""Push an exported directory to a dataset hub."""

from pathlib import Path

from warehouse.errors import BadInput, Unavailable


def push_directory(directory: Path, repository: str) -> str:
    """Return where the data set is, after the directory became its content in one commit: it is laid out as hubs want it.

    A data set that is not there yet is private. Hub and token are those that the libraries find in the environment. Raises
    Unavailable where the hub cannot be reached or refuses, and BadInput for a name that is none; the exported files stay.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    hub = HfApi()
    try:
        address = hub.create_repo(repository, repo_type="dataset", private=True, exist_ok=True)
        hub.upload_folder(
            repo_id=repository, repo_type="dataset", folder_path=directory, commit_message="Exported by Stargrove"
        )
    except HFValidationError as error:
        raise BadInput(f"{repository!r} names no dataset: {error}", hint="give it as OWNER/NAME") from error
    except HfHubHTTPError as error:
        raise Unavailable(f"the hub refused {repository}: {error}", hint="check the token (HF_TOKEN) and its rights") from error
    except (httpx2.HTTPError, ConnectionError) as error:
        hint = f"check HF_ENDPOINT, or copy {directory} there by hand: it is whole"
        raise Unavailable(f"the hub cannot be reached: {error}", hint=hint) from error
    return str(address)
