"""Push an exported directory to a dataset hub."""

from pathlib import Path

from warehouse.errors import BadInput, Unavailable


def push_directory(directory: Path, repository: str) -> str:
    """Return where the dataset is, after every data file was pushed as a configuration of it, and the card last.

    Hub and token are those that the libraries find in the environment. Raises Unavailable where the hub cannot be reached or
    refuses, and BadInput for a name that is none; the exported files stay.
    """
    import httpx2
    from datasets import Dataset
    from datasets.exceptions import DatasetsError
    from huggingface_hub import DatasetCard
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        for path in sorted(directory.glob("*-round-*")):
            reader = Dataset.from_parquet if path.suffix == ".parquet" else Dataset.from_json
            reader(str(path)).push_to_hub(repository, config_name=path.stem, private=True)
        card = DatasetCard((directory / "README.md").read_text(encoding="utf-8"))
        return str(card.push_to_hub(repository, repo_type="dataset"))
    except HFValidationError as error:
        raise BadInput(f"{repository!r} names no dataset: {error}", hint="give it as OWNER/NAME") from error
    except HfHubHTTPError as error:
        raise Unavailable(f"the hub refused {repository}: {error}", hint="check the token (HF_TOKEN) and its rights") from error
    except (httpx2.HTTPError, ConnectionError, DatasetsError) as error:
        hint = f"check HF_ENDPOINT, or copy {directory} there by hand: it is whole"
        raise Unavailable(f"the hub cannot be reached: {error}", hint=hint) from error
