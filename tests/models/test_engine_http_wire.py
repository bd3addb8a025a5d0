"""What replies of servers mean, without a server."""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.engines.base import Candidate
from models.engines.http.server import backoff_seconds
from models.engines.http.wire import (
    Busy,
    Failing,
    Refused,
    raise_for_status,
    read_completion,
    read_logit,
    read_models,
    read_success,
    read_weight_version,
    retry_after_seconds,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
STOPS = ("<end>", "<over>")


def completion(text: str, finish: str, **more: Any) -> bytes:
    choice = {"text": text, "finish_reason": finish, **more}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 4, "completion_tokens": 3}}).encode()


@pytest.mark.parametrize(
    ("content", "candidate"),
    [
        (completion("a", "stop", stop_reason="<over>"), Candidate("a<over>", 3, "stop")),
        (completion("a", "stop", matched_stop="<end>"), Candidate("a<end>", 3, "stop")),
        (completion("a<end>", "stop", stop_reason="<end>"), Candidate("a<end>", 3, "stop")),
        (completion("a<end>b<over>", "stop", stop_reason="<over>"), Candidate("a<end>", 3, "stop")),
        (completion("a", "length", stop_reason=None), Candidate("a", 3, "length")),
        (completion("the text is over", "stop", stop_reason=None), Candidate("the text is over", 3, "length")),
        (completion("the text is over", "stop", matched_stop=151643), Candidate("the text is over", 3, "length")),
    ],
    ids=["vLLM", "SGLang", "kept", "the first", "cut off", "end of text", "end-of-text token"],
)
def test_a_candidate_ends_with_the_stop_string_that_ended_it(content: bytes, candidate: Candidate) -> None:
    assert read_completion(content, STOPS) == (candidate, 4)


@settings(deadline=None)  # what is asserted is what comes, not when
@given(st.binary(max_size=50) | st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_read_or_called_garbled(content: bytes) -> None:
    for read in (lambda c: read_completion(c, STOPS), read_logit, read_models, read_weight_version, read_success):
        with pytest.raises(Failing, match="garbled"):
            read(content)


def test_a_logit_may_be_no_number_but_must_be_one() -> None:
    def classified(*probs: float | None) -> bytes:
        return json.dumps({"data": [{"probs": probs}]}).encode()

    assert read_logit(classified(-2.5)) == -2.5
    assert math.isnan(read_logit(classified(None)))
    assert math.isnan(read_logit(b'{"data": [{"probs": [NaN]}]}'))
    with pytest.raises(Failing, match=r"labels \[2\]; a PPM has one label"):
        read_logit(classified(0.1, 0.9))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (422, Refused), (429, Busy), (503, Busy), (500, Failing), (302, Failing), (404, Failing)],
)
def test_a_status_says_who_is_at_fault(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=f"{status} it says why"):
        raise_for_status(status, {}, b'{"error": {"message": "it says\\n why"}}', NOW)
    with pytest.raises(kind, match=f"{status} plain words"):
        raise_for_status(status, {}, b"plain words", NOW)


def test_only_a_refusal_for_length_is_the_prompts_own_for_sure() -> None:
    assert Refused("400 This model's maximum context length is 256 tokens").too_long
    assert not Refused("400 unknown parameter: seed").too_long


def test_only_a_key_that_is_refused_makes_asking_again_useless() -> None:
    assert [Failing("", status).refuses_key for status in (401, 403, 404, 500, None)] == [True, True, False, False, False]


def test_retry_after_is_a_number_or_a_date_and_never_negative() -> None:
    later = format_datetime(NOW + timedelta(seconds=90), usegmt=True)
    earlier = format_datetime(NOW - timedelta(seconds=90), usegmt=True)
    found = [retry_after_seconds(value, NOW) for value in ("2", "0.5", later, earlier, "-1")]
    assert found == [2.0, 0.5, 90.0, 0.0, 0.0]
    assert [retry_after_seconds(value, NOW) for value in (None, "soon", "nan", "")] == [None] * 4


@given(st.integers(1, 200), st.integers(0, 1000))
def test_waiting_doubles_up_to_half_a_minute_and_half_of_it_is_chance(n_failures: int, seed: int) -> None:
    seconds = backoff_seconds(n_failures, random.Random(seed))
    longest = min(30.0, 0.25 * 2 ** (n_failures - 1))
    assert longest / 2 <= seconds <= longest
