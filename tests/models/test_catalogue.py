"""Models by name: what is taken, what is said of it, and what is refused."""

from pathlib import Path

import pytest

from models.catalogue.catalogue import ROOT_VARIABLE, Catalogue, models_root
from models.catalogue.gguf import convert_gguf
from models.catalogue.shape import shape_of
from models.checkpoints.store import CheckpointBroken
from models.tiny import BASE
from tasks.search.format import MARKERS
from tests.models.real_shapes import SHAPES, write_gguf, write_model
from warehouse.errors import BadInput


@pytest.fixture(scope="module")
def qwen2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "qwen2", "qwen2")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "models", MARKERS)


def test_a_directory_is_taken_by_name_with_a_card_that_tells_its_size(catalogue: Catalogue, qwen2: Path) -> None:
    card = catalogue.add("mine", str(qwen2))
    assert catalogue.names() == ["mine"]
    assert catalogue.card("mine") == card
    assert card.shape.architecture == "Qwen2ForCausalLM"
    assert card.survives
    assert card.has_chat_template
    assert card.mark_tokens > 1
    assert catalogue.found("mine") == (catalogue.directory("mine"), card)
    assert (catalogue.directory("mine") / "model.safetensors").read_bytes() == (qwen2 / "model.safetensors").read_bytes()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_parameters_on_the_card_are_those_that_torch_counts(tmp_path: Path, shape: str) -> None:
    import transformers

    directory = write_model(tmp_path / shape, shape)
    model = transformers.AutoModelForCausalLM.from_pretrained(directory)
    found = shape_of(directory)
    assert found.n_parameters == model.num_parameters()
    assert found.kv_bytes_per_token == 2 * 2 * 2 * 16 * 2
    assert not found.is_tied


def test_the_shipped_base_knows_every_mark_as_one_token(catalogue: Catalogue) -> None:
    card = catalogue.add("tiny-copy", str(BASE))
    assert (card.mark_tokens, card.shape.is_tied, card.has_chat_template) == (1, True, False)


def test_rows_of_the_vocabulary_that_no_token_uses_are_counted(catalogue: Catalogue, tmp_path: Path) -> None:
    import transformers

    directory = write_model(tmp_path / "wide", "qwen2")
    model = transformers.AutoModelForCausalLM.from_pretrained(directory)
    n_rows = model.config.vocab_size
    model.resize_token_embeddings(n_rows + 7)
    model.save_pretrained(directory)
    assert catalogue.add("wide", str(directory)).n_unused_rows == 7


@pytest.mark.parametrize(
    ("readme", "licence_file", "stated"),
    [
        ("---\nlicense: apache-2.0\n---\n", None, "apache-2.0"),
        (None, "\nThe MIT License\n\nCopyright\n", "The MIT License"),
        (None, None, None),
    ],
)
def test_a_licence_is_told_as_the_files_state_it(
    catalogue: Catalogue, qwen2: Path, tmp_path: Path, readme: str | None, licence_file: str | None, stated: str | None
) -> None:
    directory = tmp_path / "model"
    directory.mkdir()
    for file in qwen2.iterdir():
        (directory / file.name).symlink_to(file)
    for name, text in (("README.md", readme), ("LICENSE", licence_file)):
        if text is not None:
            (directory / name).write_text(text)
    assert catalogue.add("mine", str(directory)).licence == stated


def test_a_name_that_is_taken_is_not_given_again(catalogue: Catalogue, qwen2: Path) -> None:
    catalogue.add("mine", str(qwen2))
    with pytest.raises(BadInput, match="already"):
        catalogue.add("mine", str(qwen2))


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden"])
def test_a_name_that_is_no_directory_name_is_refused(catalogue: Catalogue, qwen2: Path, name: str) -> None:
    with pytest.raises(BadInput, match="no name"):
        catalogue.add(name, str(qwen2))


def test_what_cannot_be_taken_leaves_nothing_behind(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for source in (str(tmp_path / "empty"), "no/such/place", "owner/name"):
        with pytest.raises(BadInput):
            catalogue.add("mine", source)
    assert catalogue.names() == []
    assert list(catalogue.root.iterdir()) == []


def test_an_unknown_name_is_refused_with_the_known_ones(catalogue: Catalogue, qwen2: Path) -> None:
    catalogue.add("mine", str(qwen2))
    with pytest.raises(BadInput) as refused:
        catalogue.card("yours")
    assert "mine" in (refused.value.hint or "")


def test_a_torn_card_is_broken_and_not_a_traceback(catalogue: Catalogue, qwen2: Path) -> None:
    catalogue.add("mine", str(qwen2))
    (catalogue.root / "mine" / "card.json").write_text("{")
    with pytest.raises(CheckpointBroken, match="card"):
        catalogue.card("mine")


def test_homes_may_share_their_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    assert models_root(tmp_path) == tmp_path / "models"
    monkeypatch.setenv(ROOT_VARIABLE, "/shared/models")
    assert models_root(tmp_path) == Path("/shared/models")


# GGUF


@pytest.mark.parametrize("shape", ["qwen2", "llama"])
def test_a_gguf_file_becomes_the_model_that_was_written_into_it(tmp_path: Path, shape: str) -> None:
    import torch
    import transformers

    original = write_model(tmp_path / "original", shape)
    write_gguf(original, tmp_path / "model.gguf")
    convert_gguf(tmp_path / "model.gguf", tmp_path / "converted")
    before = transformers.AutoModelForCausalLM.from_pretrained(original, dtype=torch.bfloat16)
    after = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "converted")
    assert after.dtype == torch.bfloat16
    ids = torch.arange(20).reshape(1, 20)
    with torch.inference_mode():
        torch.testing.assert_close(after(ids).logits, before(ids).logits)


def test_a_gguf_files_tokenizer_says_what_the_original_said(tmp_path: Path) -> None:
    import transformers

    original = write_model(tmp_path / "original", "qwen2")
    write_gguf(original, tmp_path / "model.gguf")
    convert_gguf(tmp_path / "model.gguf", tmp_path / "converted")
    before, after = (transformers.AutoTokenizer.from_pretrained(tmp_path / name) for name in ("original", "converted"))
    text = "".join(f"{mark}\n# How many are 1 + 2?\nx = 1\n" for mark in MARKERS) + "<|im_end|>"
    assert after.decode(after.encode(text, add_special_tokens=False)) == text
    assert after.eos_token == before.eos_token
    assert after.chat_template == before.chat_template


def test_embeddings_that_quantization_took_apart_are_tied_again(tmp_path: Path) -> None:
    import torch
    import transformers

    original = write_model(tmp_path / "original", "qwen2")
    model = transformers.AutoModelForCausalLM.from_pretrained(original)
    table = model.get_input_embeddings().weight
    with torch.no_grad():
        noise = torch.randn(table.shape, generator=torch.Generator().manual_seed(1)) * table.abs().mean() * 0.05
        model.get_output_embeddings().weight.copy_(table + noise)
    model.save_pretrained(original)
    write_gguf(original, tmp_path / "model.gguf")
    convert_gguf(tmp_path / "model.gguf", tmp_path / "converted")
    assert shape_of(tmp_path / "converted").is_tied
    assert shape_of(tmp_path / "converted").n_parameters == model.num_parameters() - table.numel()
    after = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "converted")
    head = model.get_output_embeddings().weight.bfloat16()
    assert torch.equal(after.get_input_embeddings().weight, head)
    assert torch.equal(after.get_output_embeddings().weight, head)


def test_a_base_that_is_a_gguf_file_is_converted_once(catalogue: Catalogue, tmp_path: Path) -> None:
    write_gguf(write_model(tmp_path / "original", "qwen2"), tmp_path / "model.gguf")
    first, card = catalogue.found(str(tmp_path / "model.gguf"))
    assert card is not None
    assert card.licence == "apache-2.0"
    weights = (first / "model.safetensors").stat().st_mtime_ns
    assert catalogue.found(str(tmp_path / "model.gguf")) == (first, card)
    assert (first / "model.safetensors").stat().st_mtime_ns == weights


def test_a_file_that_is_no_gguf_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"nothing of the kind")
    with pytest.raises(BadInput, match="GGUF"):
        catalogue.add("mine", str(tmp_path / "model.gguf"))
    assert catalogue.names() == []
