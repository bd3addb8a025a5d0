"""What is sent to a server that speaks OpenAI's protocol and vLLM's /classify, and what its replies mean. No network here.

Refused     this request can never be served: its tree ends, nothing else is affected
Busy        the server takes nothing for now (429, 503)
Failing     the server is broken, garbled or gone: another one is asked
"""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from models.engines.base import Candidate, GenerationRequest

COMPLETIONS: Final = "/v1/completions"
CLASSIFY: Final = "/classify"

_REASON_CHARS: Final = 300
"""What is kept of a server's own words; some send whole tracebacks."""


Reply = TypeVar("Reply", bound=BaseModel)


class Refused(Exception):
    """The server says that the request itself is at fault. `too_long`: because it does not fit the context."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.too_long = any(words in reason for words in ("context", "too long", "max_tokens must be"))


class Busy(Exception):
    """The server asks to come back later, after `seconds` where it says so."""

    def __init__(self, reason: str, seconds: float | None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Failing(Exception):
    """The server cannot serve, whatever is asked. `status`: of its reply, where one came."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status

    @property
    def refuses_key(self) -> bool:
        """Whether the key is at fault, so that asking again or elsewhere would not help."""
        return self.status in (401, 403)


class _Choice(BaseModel):
    text: str
    finish_reason: str
    stop_reason: str | int | None = None
    matched_stop: str | int | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Completion(BaseModel):
    choices: list[_Choice]
    usage: _Usage


class _Classified(BaseModel):
    probs: list[float | None]


class _Classification(BaseModel):
    data: list[_Classified]


class _Model(BaseModel):
    id: str
    max_model_len: int | None = None


class _Models(BaseModel):
    data: list[_Model]


class _Outcome(BaseModel):
    success: bool


class _Weights(BaseModel):
    weight_version: str


class _Device(BaseModel):
    device: str


class _Configuration(BaseModel):
    device_config: _Device


class _Server(BaseModel):
    vllm_config: _Configuration


def completion_body(model: str, request: GenerationRequest, seed: int, *, lent: bool = False) -> dict[str, Any]:
    """Return the JSON that asks for one candidate. Beyond OpenAI's protocol, special tokens are to be kept in the text.

    vLLM's server clips max_tokens to the room that the prompt leaves in the context, as the engines in process do. A server
    that only lends its model may know nothing beyond the protocol, and is asked for nothing else.
    """
    body = {
        "model": model,
        "prompt": request.prompt,
        "seed": seed,
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "stop": list(request.stop),
    }
    return body if lent else {**body, "skip_special_tokens": False}


def classify_body(model: str, prefix: str) -> dict[str, Any]:
    """Return the JSON that asks for the PPM's logit at the last token of a prefix."""
    return {"model": model, "input": prefix, "use_activation": False}


def probe_body(path: str, model: str) -> dict[str, Any]:
    """Return the JSON that asks for one token or one score."""
    if path == CLASSIFY:
        return classify_body(model, "1")
    return completion_body(model, GenerationRequest(0, "1", (0,), 0.0, (), 1), 0, lent=True)


def read_completion(content: bytes, stop: tuple[str, ...]) -> tuple[Candidate, int]:
    """Return the candidate and the number of prompt tokens. Raises Failing where the reply is no completion.

    Servers leave the stop string out of the text and name it beside it; the candidate has it again.
    """
    completion = _parsed(_Completion, content)
    if len(completion.choices) != 1:
        raise Failing(f"{len(completion.choices)} choices came where one was asked for")
    choice, n_tokens = completion.choices[0], completion.usage.completion_tokens
    if choice.finish_reason not in ("stop", "length"):
        raise Failing(f"the generation ended with finish_reason {choice.finish_reason!r}")
    ends = [start + len(mark) for mark in stop if (start := choice.text.find(mark)) >= 0]
    if ends:
        return Candidate(choice.text[: min(ends)], n_tokens, "stop"), completion.usage.prompt_tokens
    # SGLang calls it matched_stop. A number is the end-of-text token, at which no step ends.
    mark = choice.matched_stop if choice.stop_reason is None else choice.stop_reason
    if choice.finish_reason == "stop" and mark in stop:
        return Candidate(f"{choice.text}{mark}", n_tokens, "stop"), completion.usage.prompt_tokens
    return Candidate(choice.text, n_tokens, "length"), completion.usage.prompt_tokens


def names_stop_strings(content: bytes) -> bool:
    """Return whether a completion says which stop string ended it; without that, a step's end cannot be told from text's."""
    choices = json.loads(content)["choices"]
    return any(name in choices[0] for name in ("stop_reason", "matched_stop"))


def read_logit(content: bytes) -> float:
    """Return the PPM's logit, NaN included. Raises Failing where the reply is no classification with one label."""
    classification = _parsed(_Classification, content)
    if len(classification.data) != 1 or len(classification.data[0].probs) != 1:
        n_labels = [len(classified.probs) for classified in classification.data]
        raise Failing(f"numbers came for labels {n_labels}; a PPM has one label")
    logit = classification.data[0].probs[0]
    return math.nan if logit is None else logit


def read_models(content: bytes) -> dict[str, int | None]:
    """Return the names under which a server serves, each with its context in tokens where it says so."""
    return {model.id: model.max_model_len for model in _parsed(_Models, content).data}


def read_weight_version(content: bytes) -> str:
    """Return the name that was given to the weights a vLLM server holds."""
    return _parsed(_Weights, content).weight_version


def read_device(content: bytes) -> str:
    """Return the kind of device on which a vLLM server computes, such as "cuda" or "cpu"."""
    return _parsed(_Server, content).vllm_config.device_config.device


def read_success(content: bytes) -> bool:
    """Return whether a vLLM server did what it was told."""
    return _parsed(_Outcome, content).success


def raise_for_status(status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> None:
    """Raise what a status other than 200 means for the request and for the server."""
    reason = f"{status} {_words(content)}".strip()
    if status == 200:
        return
    if status in (400, 413, 422):
        raise Refused(reason)
    if status in (429, 503):
        raise Busy(reason, retry_after_seconds(headers.get("retry-after"), now))
    raise Failing(reason, status)


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header names, as a number or as a date; None where it names none."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _words(content: bytes) -> str:
    """Return the message of an error reply, or its beginning where it has another form."""
    text = content.decode(errors="replace")
    try:
        reply = json.loads(text)
        text = str(reply.get("message") or reply["error"]["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return " ".join(text.split())[:_REASON_CHARS]


def _parsed(kind: type[Reply], content: bytes) -> Reply:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        began = content[:60].decode(errors="replace")
        raise Failing(f"the reply is garbled ({error.errors()[0]['msg']}): {began!r}") from error
