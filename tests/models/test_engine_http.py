"""An engine of HTTP servers, against real servers on loopback that misbehave as they are told."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from models.engines.base import Answer, Generation, GenerationRequest, Rejection, Request, ScoringRequest
from models.engines.http.engine import HttpEngine
from models.engines.settings import EngineSettings
from tests.models.engine_contract import answers_of, assert_candidates_follow_the_request, scores_of
from tests.models.fake_server import CONTEXT, FakeServer, Reply, error, running
from warehouse.errors import EngineUnavailable

POLICY, PPM = Path("/home/policy-1"), Path("/home/ppm-1")


@contextmanager
def fleet(*servers: FakeServer, ppm: FakeServer | None = None, **settings: Any) -> Iterator[HttpEngine]:
    """Yield an engine of these policy servers and one PPM server."""
    with ExitStack() as stack:
        for server in servers:
            if not server.url:
                stack.enter_context(running(server))
        scorer = stack.enter_context(running(ppm or FakeServer("ppm", "ppm")))
        urls = {"policy_urls": tuple(server.url for server in servers), "ppm_urls": (scorer.url,)}
        chosen = EngineSettings(kind="http", max_model_len=CONTEXT, **urls, **settings)
        yield stack.enter_context(closing(HttpEngine(chosen, POLICY, PPM)))


def generations(n_requests: int, n_candidates: int = 3) -> list[GenerationRequest]:
    return [
        GenerationRequest(number, f"problem {number}", tuple(range(number, number + n_candidates)), 1.0, ("<end>", "<over>"), 9)
        for number in range(n_requests)
    ]


def scorings(n_requests: int) -> list[ScoringRequest]:
    return [ScoringRequest(1000 + number, (f"prefix {number}", f"prefix {number + 1}")) for number in range(n_requests)]


@pytest.fixture(scope="module")
def expected() -> dict[int, Answer]:
    """The answers of one server that is well."""
    with fleet(FakeServer()) as engine:
        return answers_of(engine, [*generations(20), *scorings(20)])


def test_candidates_and_scores_follow_their_requests(expected: dict[int, Answer]) -> None:
    assert_candidates_follow_the_request(generations(20), expected)
    finishes = {
        candidate.finish for answer in expected.values() if isinstance(answer, Generation) for candidate in answer.candidates
    }
    assert finishes == {"stop", "length"}
    scores = scores_of(expected)
    assert len(scores) == 40
    assert all(-1 < score < 1 for score in scores)
    assert scores[1::2][:-1] == scores[2::2]


def test_every_candidate_is_asked_with_its_own_seed_and_greedy_ones_once() -> None:
    seeds = (2**63 - 1, 7, 2**62)
    greedy = GenerationRequest(1, "p", (1, 2), 0.0, (), 9)
    with fleet(server := FakeServer()) as engine:
        answers = answers_of(engine, [GenerationRequest(0, "p", seeds, 0.7, (), 9), greedy])
    sampled = [body for body in server.asked if body["temperature"] == 0.7]
    assert sorted(body["seed"] for body in sampled) == sorted(seeds)
    assert {(body["model"], body["max_tokens"], body["skip_special_tokens"]) for body in server.asked} == {("policy", 9, False)}
    assert len(server.asked) == 4
    assert isinstance(answers[1], Generation)
    assert len(answers[1].candidates) == 2


@pytest.mark.parametrize(
    "fault",
    [
        error(500, "out of memory"),
        error(502, "no upstream"),
        error(429, "slow down", Retry_After="0.05"),
        error(503, "loading"),
        Reply(200, b"<html>welcome</html>"),
        Reply(200, b'{"choices": []}'),
        Reply(
            200,
            b'{"choices": [{"text": "x", "finish_reason": "abort"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}',
        ),
        Reply(200, b"\xff\xfe"),
        Reply(302, b"", (("location", "/elsewhere"),)),
    ],
    ids=lambda reply: f"{reply.status} {reply.content[:12]!r}",
)
def test_a_server_that_fails_now_and_then_changes_no_answer(fault: Reply, expected: dict[int, Answer]) -> None:
    limping = FakeServer()
    limping.script.extend([fault] * 2)
    scorer = FakeServer("ppm", "ppm")
    scorer.script.extend([fault] * 2)
    with fleet(limping, FakeServer(), ppm=scorer) as engine:
        assert answers_of(engine, [*generations(20), *scorings(20)]) == expected
    assert not limping.script
    assert not scorer.script


def test_a_server_that_never_answers_is_left_and_its_requests_go_elsewhere_with_their_seeds(
    expected: dict[int, Answer],
) -> None:
    hanging = FakeServer(always=Reply(hang=True))
    with fleet(hanging, well := FakeServer(), generation_timeout_seconds=3.0) as engine:
        answers = answers_of(engine, generations(20))
    assert answers == {number: expected[number] for number in answers}
    sent = {(body["prompt"], body["seed"]) for body in well.asked}
    assert {(request.prompt, seed) for request in generations(20) for seed in request.seeds} <= sent
    assert hanging.asked


def test_a_server_that_is_gone_is_left_and_used_again_when_it_is_back(expected: dict[int, Answer]) -> None:
    server = FakeServer()
    with ExitStack() as life:
        life.enter_context(running(server))
        port = int(server.url.rsplit(":", 1)[1])
        with fleet(server, FakeServer()) as engine:
            life.close()
            answers = answers_of(engine, generations(20))
            assert answers == {number: expected[number] for number in answers}
            assert not server.asked
            # Whoever starts it again starts it with other weights: it has to load those of the round first.
            server.weights = "default"
            with running(server, port):
                wait_until(lambda: server.weights == str(POLICY))
                wait_until(lambda: bool(answers_of(engine, generations(20)) and server.asked))


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_a_429_is_no_failure_however_often_it_comes(expected: dict[int, Answer]) -> None:
    server = FakeServer()
    server.script.extend([error(429, "slow down", Retry_After="0.01")] * 30)
    with fleet(server, max_attempts=1) as engine:
        answers = answers_of(engine, generations(5))
    assert answers == {number: expected[number] for number in answers}


def test_a_server_that_says_429_rests_as_long_as_it_asks_for() -> None:
    server = FakeServer()
    server.script.append(error(429, "slow down", Retry_After="0.4"))
    with fleet(server) as engine:
        started = time.monotonic()
        answers_of(engine, generations(1, 1))
        assert time.monotonic() - started >= 0.4
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("always", "settings", "message"),
    [
        (
            error(500, "CUDA out of memory"),
            {"max_attempts": 2},
            r"failed 2 times, the last time at http://.*: 500 CUDA out of memory",
        ),
        (Reply(200, b"<html>"), {"max_attempts": 2}, "the reply is garbled .*<html>"),
        (Reply(hang=True), {"max_attempts": 2, "generation_timeout_seconds": 0.1}, "no answer within 0.1 s"),
        (
            error(429, "quota"),
            {"queue_timeout_seconds": 1.0},
            "1 requests wait for the policy, and no server took one for 1 s: .*429 quota",
        ),
        (error(401, "no such key"), {}, "refuses the policy's key: .*401 no such key; set STARGROVE_POLICY_API_KEY"),
        (error(400, "unknown parameter seed"), {}, "refuses 3 requests in a row.*unknown parameter seed"),
    ],
    ids=["500", "garbage", "hang", "429", "401", "400"],
)
def test_a_fleet_that_never_serves_is_an_unavailable_engine_with_the_reason(
    always: Reply, settings: dict[str, Any], message: str
) -> None:
    server = FakeServer()
    requests = generations(3 if always.status == 400 else 1, 1)
    with fleet(server, **settings) as engine:
        server.always = always
        with pytest.raises(EngineUnavailable, match=message):
            answers_of(engine, requests)
        with pytest.raises(EngineUnavailable, match=message):
            engine.poll(0.0)


def test_a_request_at_fault_is_rejected_and_the_others_are_answered(expected: dict[int, Answer]) -> None:
    bad: list[Request] = [
        GenerationRequest(100, "b" * CONTEXT, (1, 2), 1.0, (), 5),
        GenerationRequest(101, "", (1,), 1.0, (), 5),
        GenerationRequest(102, "half a pair: \ud800", (1,), 1.0, (), 5),
        ScoringRequest(103, ("good", "b" * (CONTEXT + 1))),
        ScoringRequest(104, ("\udfff",)),
    ]
    with fleet(FakeServer()) as engine:
        answers = answers_of(engine, [*bad, *generations(20)])
    rejections = [answers[request.request_id] for request in bad]
    assert all(isinstance(rejection, Rejection) for rejection in rejections)
    assert "maximum context length" in rejections[0].reason  # type: ignore[union-attr]
    assert "cannot encode" in rejections[2].reason  # type: ignore[union-attr]
    assert {number: answers[number] for number in range(20)} == {number: expected[number] for number in range(20)}


def test_a_score_that_is_not_a_number_is_handed_on_as_such() -> None:
    odd = FakeServer("ppm", "ppm", logit_of=lambda prefix: None if prefix == "odd" else 1.0)
    with fleet(FakeServer(), ppm=odd) as engine:
        answers = answers_of(engine, [ScoringRequest(0, ("good", "odd"))])
    good, nan = scores_of(answers)
    assert -1 < good < 1
    assert math.isnan(nan)


def test_a_prefix_is_scored_once_until_the_ppm_changes() -> None:
    scorer = FakeServer("ppm", "ppm")
    with fleet(FakeServer(), ppm=scorer) as engine:
        first = scores_of(answers_of(engine, [ScoringRequest(number, ("same", "same")) for number in range(5)]))
        assert len(scorer.asked) == 1
        engine.load(Path("/home/policy-2"), PPM)
        assert scores_of(answers_of(engine, [ScoringRequest(9, ("same",))])) == first[:1]
        assert len(scorer.asked) == 1
        engine.load(Path("/home/policy-2"), Path("/home/ppm-2"))
        answers_of(engine, [ScoringRequest(9, ("same",))])
        assert len(scorer.asked) == 2


def test_servers_load_each_checkpoint_once_and_only_where_it_changed() -> None:
    server, scorer = FakeServer(), FakeServer("ppm", "ppm")
    with fleet(server, ppm=scorer) as engine:
        engine.load(Path("/home/policy-2"), PPM)
        engine.load(Path("/home/policy-2"), None)
        assert isinstance(answers_of(engine, scorings(1))[1000], Rejection)
    assert server.loaded == [str(POLICY), "/home/policy-2"]
    assert scorer.loaded == [str(PPM)]


def test_a_server_that_keeps_prefixes_of_other_weights_is_not_used() -> None:
    server = FakeServer()
    with fleet(server) as engine:
        server.empties_cache = False
        with pytest.raises(EngineUnavailable, match="holds on to prefixes of the weights it had before"):
            engine.load(Path("/home/policy-2"), PPM)


def test_servers_that_serve_by_themselves_are_asked_for_the_checkpoint_by_its_id() -> None:
    server, scorer = FakeServer(model="policy-1", dev_mode=False), FakeServer("ppm", "ppm-1", dev_mode=False)
    with fleet(server, ppm=scorer, weights="served") as engine:
        answers_of(engine, [*generations(1), *scorings(1)])
        assert {body["model"] for body in server.asked} == {"policy-1"}
        with pytest.raises(
            EngineUnavailable, match=r"no server of the policy can serve .*policy-2: .* serves 'policy-1', not 'policy-2'"
        ):
            engine.load(Path("/home/policy-2"), None)


def test_requests_go_to_the_least_busy_server_and_those_of_a_problem_to_the_same() -> None:
    servers = [FakeServer(seconds=0.05) for _ in range(2)]
    with fleet(*servers, max_num_seqs=64) as engine:
        for _ in range(3):
            answers_of(engine, generations(10))
    prompts = [{body["prompt"] for body in server.asked} for server in servers]
    assert not prompts[0] & prompts[1]
    assert {len(server.asked) for server in servers} == {45}


def test_no_server_has_more_open_requests_than_it_may() -> None:
    servers = [FakeServer(seconds=0.01) for _ in range(2)]
    with fleet(*servers, max_num_seqs=4) as engine:
        assert len(answers_of(engine, generations(20))) == 20
    assert all(1 <= server.most_at_once <= 4 for server in servers)


def test_the_rate_of_requests_is_bounded() -> None:
    with fleet(server := FakeServer(), requests_per_second=50.0) as engine:
        started = time.monotonic()
        answers_of(engine, generations(5))
        assert time.monotonic() - started >= 14 / 50
    assert len(server.asked) == 15


def test_the_keys_come_from_the_environment_and_each_use_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARGROVE_POLICY_API_KEY", "sesame")
    monkeypatch.setenv("STARGROVE_PPM_API_KEY", "open")
    with fleet(FakeServer(key="sesame"), ppm=FakeServer("ppm", "ppm", key="open")) as engine:
        assert len(answers_of(engine, [*generations(1), *scorings(1)])) == 2


def test_no_weights_are_loaded_while_a_request_is_pending() -> None:
    with fleet(FakeServer()) as engine:
        engine.submit(generations(1)[0])
        with pytest.raises(EngineUnavailable, match="1 requests are pending"):
            engine.load(Path("/home/policy-2"), None)
        answers_of(engine, [])


def test_an_engine_that_is_closed_at_work_leaves_at_once() -> None:
    with fleet(FakeServer(always=Reply(hang=True))) as engine:
        for request in generations(10):
            engine.submit(request)
        assert engine.poll(0.05) == []
