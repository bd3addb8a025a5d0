"""`stargrove model`: what is taken is told, and the better template is noted."""

import json
from pathlib import Path

import pytest

from flows.cli.app import main
from models.catalogue.catalogue import ROOT_VARIABLE, Catalogue
from tasks.search.format import MARKERS
from tests.models.real_shapes import write_model

SMALL = ["engine.kind=transformers", "engine.max_model_len=4096", "evaluation.max_program_tokens=16"]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "llama", "llama")


def test_a_model_is_added_described_and_listed(models: Path, llama: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "add", "small", str(llama)]) == 0
    told = capsys.readouterr().out
    assert "LlamaForCausalLM, 2 layers of width 64" in told
    assert "survives its tokenizer" in told
    assert "not stated by its files" in told
    assert main(["model", "list"]) == 0
    assert capsys.readouterr().out.startswith("small  ")


def test_a_source_that_is_none_is_one_line_and_exit_code_2(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "add", "small", "owner/name"]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "REVISION" in line


@pytest.mark.integration
def test_a_check_tries_both_templates_and_notes_the_better(
    models: Path, llama: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = tmp_path / "problems.jsonl"
    problems.write_text(json.dumps({"statement": "What is 1 + 2?", "answer": "3"}) + "\n")
    main(["model", "add", "small", str(llama)])
    capsys.readouterr()
    settings = [word for setting in SMALL for word in ("--set", setting)]
    assert main(["model", "check", "small", "--problems", str(problems), *settings]) == 0
    told = capsys.readouterr()
    assert [f"{template}: " in told.out + told.err for template in ("chat", "plain")] == [True, True]
    noted = Catalogue(models, MARKERS).card("small").template
    assert noted is not None
    assert f"prompted         {noted}" in told.out
