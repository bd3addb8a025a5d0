"""An engine of vLLM's own servers gives the tokens and scores of vLLM in this process, seed for seed."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from models.engines.base import Answer, GenerationRequest, Rejection, Request, ScoringRequest
from models.engines.http.check import require_servers
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from models.engines.vllm.engine import VllmEngine
from tests.models.conftest import VLLM
from tests.models.engine_contract import answers_of, generations, scorings
from tests.models.random_model import write_policy, write_ppm
from warehouse.errors import EngineUnavailable

pytestmark = pytest.mark.integration

CONTEXT = VLLM.max_model_len
ON_THE_CPU = [
    *("--host", "127.0.0.1", "--dtype", "float32", "--max-model-len", str(CONTEXT), "--max-num-seqs", "32"),
    *("--max-num-batched-tokens", "4096", "--no-enable-chunked-prefill", "--enforce-eager", "--block-size", "32"),
    *("--kv-cache-memory-bytes", str(64 << 20), "--generation-config", "vllm"),
]
ENVIRONMENT = {
    **os.environ,
    "VLLM_SERVER_DEV_MODE": "1",
    "VLLM_HOST_IP": "127.0.0.1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    # The process that computes is forked from the server, which has imported all it needs: half the time of a start.
    "VLLM_WORKER_MULTIPROC_METHOD": "fork",
}
AT_FAULT: list[Request] = [
    GenerationRequest(100, "b1" * 300, (1,), 1.0, (), 5),
    GenerationRequest(101, "", (1,), 1.0, (), 5),
    GenerationRequest(102, "b1" * (CONTEXT // 2), (1,), 1.0, (), 5),
    GenerationRequest(103, "b\ud800", (1,), 1.0, (), 5),
    ScoringRequest(104, ("b1", "b1" * 300)),
]
REQUESTS: list[Request] = [
    *generations(16, temperature=1.0),
    *(GenerationRequest(200 + number, f"b{number}", (1, 2), 0.0, ("a", "k"), 20) for number in range(4)),
    # The room that the context leaves is less than max_tokens.
    GenerationRequest(300, "b1" * 126, (1, 2, 3), 1.0, (), 100),
    *scorings(8),
]


@contextmanager
def served(directory: Path, name: str, *arguments: str) -> Iterator[Callable[[], str]]:
    """Start a vLLM server of the model; yield what waits until it is ready and returns its address. Its process group is
    ended with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(directory), "--port", str(port)]
    command += ["--served-model-name", name, *ON_THE_CPU, *arguments]
    with (directory / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield lambda: ready(f"http://127.0.0.1:{port}", process, directory / "server.log")
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            end_its_children(process)


def ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + 540
    while True:
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return url
        except httpx.HTTPError:
            time.sleep(0.5)


def end_its_children(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        return


@pytest.fixture(scope="module")
def policy_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On the CPU, servers keep a part of the weights before where policies tie their output layer to the embedding."""
    return write_policy(tmp_path_factory.mktemp("untied"), tied=False)


@pytest.fixture(scope="module")
def settings(policy_directory: Path, random_ppm: Path) -> Iterator[EngineSettings]:
    with ExitStack() as stack:
        policy = stack.enter_context(served(policy_directory, "policy"))
        ppm = stack.enter_context(served(random_ppm, "ppm", "--runner", "pooling"))
        yield VLLM.model_copy(update={"kind": "http", "policy_urls": (policy(),), "ppm_urls": (ppm(),)})


def test_servers_answer_as_vllm_in_this_process_does_and_load_the_weights_of_a_round(
    settings: EngineSettings, vllm: VllmEngine, policy_directory: Path, random_ppm: Path, tmp_path: Path
) -> None:
    others = write_policy(tmp_path / "policy", seed=5, tied=False), write_ppm(tmp_path / "ppm", seed=5)
    expected: list[dict[int, Answer]] = []
    vllm.load(policy_directory, random_ppm)
    expected.append(answers_of(vllm, [*REQUESTS, *AT_FAULT]))
    vllm.load(*others)
    expected.append(answers_of(vllm, REQUESTS))
    with closing(open_engine(settings, policy_directory, random_ppm)) as engine:
        found = answers_of(engine, [*REQUESTS, *AT_FAULT])
        for request in AT_FAULT:
            assert isinstance(found.pop(request.request_id), Rejection)
            assert isinstance(expected[0].pop(request.request_id), Rejection)
        assert found == expected[0]
        engine.load(*others)
        assert answers_of(engine, REQUESTS) == expected[1]
    # A server keeps the weights that it was given; another engine has them swapped back.
    with closing(open_engine(settings, policy_directory, random_ppm)) as engine:
        assert answers_of(engine, REQUESTS) == expected[0]


def test_a_server_of_the_policy_on_a_cpu_is_refused_where_it_would_load_the_weights_of_a_round(
    settings: EngineSettings,
) -> None:
    with pytest.raises(EngineUnavailable, match="computes on a CPU") as raised:
        require_servers(settings)
    assert 'engine.weights = "served"' in raised.value.hint
