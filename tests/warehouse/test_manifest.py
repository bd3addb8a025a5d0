"""A manifest says what a backup holds; torn or changed, it says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from warehouse.errors import BadInput
from warehouse.places.manifest import FOLDERS, BackedUpFile, Manifest

_HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
_PATHS = st.builds(lambda folder, name: f"{folder}/{name}", st.sampled_from(FOLDERS), st.text("abc-_", min_size=1))
_FILES = st.builds(BackedUpFile, path=_PATHS, stored=_PATHS, n_bytes=st.integers(0, 2**40), sha256=_HASHES)
MANIFESTS = st.builds(
    Manifest,
    finished=st.booleans(),
    lake_id=st.text(),
    n_rows=st.dictionaries(st.text(), st.integers(0, 2**40)),
    files=st.lists(_FILES, max_size=3).map(tuple),
).map(Manifest.sealed)


@given(MANIFESTS)
def test_what_is_written_is_what_is_read(manifest: Manifest) -> None:
    assert Manifest.parsed(manifest.text().encode(), "here") == manifest


@given(MANIFESTS, st.data())
def test_a_part_of_a_manifest_is_none(manifest: Manifest, data: st.DataObject) -> None:
    content = manifest.text().rstrip().encode()
    with pytest.raises(BadInput, match="here cannot be read"):
        Manifest.parsed(content[: data.draw(st.integers(0, len(content) - 1))], "here")


@given(MANIFESTS)
def test_a_manifest_that_somebody_edited_is_refused(manifest: Manifest) -> None:
    edited = manifest.model_copy(update={"snapshot_id": manifest.snapshot_id + 1})
    with pytest.raises(BadInput, match="here was changed since it was written"):
        Manifest.parsed(edited.text().encode(), "here")


@pytest.mark.parametrize("path", ["/etc/passwd", "lake/../../secret", "elsewhere/file", "", "evolve.lock"])
def test_no_path_leads_out_of_a_home(path: str) -> None:
    with pytest.raises(ValidationError, match="lies outside of a backup"):
        BackedUpFile(path=path, stored="lake/file", n_bytes=0, sha256="0" * 64)
