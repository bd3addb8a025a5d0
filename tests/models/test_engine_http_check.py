"""What is found wrong with servers before anything starts, and what is said about it."""

from pathlib import Path
from typing import Any

import pytest

from flows.cli import app as cli
from flows.home.examination import examine
from flows.settings import Settings
from models.engines.http.check import look_at_servers, require_servers
from models.engines.settings import EngineSettings
from tests.models.fake_server import CONTEXT, FakeServer, error, running
from warehouse.errors import EngineUnavailable

NOBODY = "http://127.0.0.1:9"
"""The discard port, where nothing listens."""


def settings_of(policy: str, ppm: str, **settings: Any) -> EngineSettings:
    return EngineSettings(kind="http", policy_urls=(policy,), ppm_urls=(ppm,), **{"max_model_len": CONTEXT, **settings})


@pytest.mark.parametrize(
    ("server", "problem", "hint"),
    [
        (FakeServer(model="other"), "serves 'other', not 'policy'", "--served-model-name"),
        (FakeServer(context=4096), "serves a context of 4096 tokens, and engine.max_model_len is 256", "--max-model-len 256"),
        (FakeServer(use="ppm", model="policy"), "lacks /v1/completions", "serve a model that generates"),
        (FakeServer(dev_mode=False), "cannot load the weights of a round", "VLLM_SERVER_DEV_MODE=1"),
        (FakeServer(device="cpu"), "computes on a CPU, where vLLM keeps a part of the weights", 'engine.weights = "served"'),
        (FakeServer(tells_stop=False), "does not say which stop string", "vLLM or SGLang"),
        (FakeServer(key="sesame"), "refuses the key", "set STARGROVE_POLICY_API_KEY"),
        (FakeServer(always=error(500, "EngineCore encountered an issue")), "500 EngineCore", "the server's own log"),
        (FakeServer(always=error(429, "quota used up")), "429 quota used up", "the server's own log"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_policy_server_that_cannot_serve_is_named_with_what_to_do(server: FakeServer, problem: str, hint: str) -> None:
    with running(server), running(FakeServer("ppm", "ppm")) as ppm:
        bad, good = look_at_servers(settings_of(server.url, ppm.url))
    assert good.problem is None
    assert bad.line.startswith(f"engine.policy_urls: {server.url} {bad.problem}")
    assert problem in bad.line
    assert hint in bad.hint


@pytest.mark.parametrize(
    ("server", "problem", "hint"),
    [
        (FakeServer("policy", "ppm"), "lacks /classify", "--runner pooling"),
        (FakeServer("ppm", "ppm", logit_of=lambda _: None), "gives NaN as a score", "train the PPM again"),
    ],
    ids=["a policy", "NaN"],
)
def test_a_ppm_server_that_cannot_score_is_named_with_what_to_do(server: FakeServer, problem: str, hint: str) -> None:
    with running(FakeServer()) as policy, running(server):
        good, bad = look_at_servers(settings_of(policy.url, server.url))
    assert good.problem is None
    assert problem in bad.line
    assert hint in bad.hint


def test_servers_that_name_checkpoints_themselves_need_no_name_of_the_settings_and_no_reload() -> None:
    with running(FakeServer(model="base-1", dev_mode=False)) as policy, running(FakeServer("ppm", "x", dev_mode=False)) as ppm:
        require_servers(settings_of(policy.url, ppm.url, weights="served"))


def test_an_engine_without_servers_has_nothing_to_look_at() -> None:
    assert look_at_servers(EngineSettings()) == []


def test_all_servers_are_looked_at_and_the_first_that_fails_is_told() -> None:
    with pytest.raises(EngineUnavailable, match=rf"engine.policy_urls: {NOBODY} cannot be used .* \(and 1 more"):
        require_servers(settings_of(NOBODY, NOBODY))


@pytest.mark.parametrize("command", ["check", "evolve", "doctor"])
def test_commands_refuse_before_anything_starts(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    with running(FakeServer()) as policy:
        chosen = [
            "--set",
            "engine.kind=http",
            "--set",
            f'engine.policy_urls=["{policy.url}"]',
            "--set",
            "engine.max_model_len=256",
        ]
        chosen += ["--set", f'engine.ppm_urls=["{NOBODY}"]']
        words = ["config", "check"] if command == "check" else [command, "--home", str(home)]
        assert cli.main([*words, *chosen]) == 1
    said = capsys.readouterr()
    assert f"engine.ppm_urls: {NOBODY} cannot be used" in said.out + said.err
    assert "start it, and check the address and the network" in said.out + said.err
    assert "Traceback" not in said.err
    assert not (home / "lake").exists()


def test_doctor_lists_every_server(tmp_path: Path) -> None:
    with running(FakeServer()) as policy, running(FakeServer("ppm", "ppm")) as ppm:
        engine = settings_of(policy.url, ppm.url)
        findings = examine(tmp_path / "none", Settings().model_copy(update={"engine": engine}))
    lines = {finding.line for finding in findings}
    assert {
        f"ok    engine.policy_urls: {policy.url} serves the policy",
        f"ok    engine.ppm_urls: {ppm.url} serves the ppm",
    } <= lines
