"""Bookkeeping, text and scores: what holds for every engine, without one."""

import math
import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.engines.base import GenerationRequest, ScoringRequest
from models.engines.ppm_score import score_from_logit
from models.engines.prompt_tokens import PromptTokens
from models.engines.requests import OpenScorings, refuse_generation, refuse_prefix

PREFIX = st.sampled_from(["a", "b", "c", "d", "e"])


@dataclass(frozen=True)
class Added:
    content: str


class Letters:
    """A tokenizer of letters and two markers; "\\0" ends a text. It can begin every text with a token of its own."""

    eos_token_id = 0

    def __init__(self, *, begins_texts: bool = False) -> None:
        self.added_tokens_decoder = {202: Added("<end>"), 203: Added("<end>er")}
        self.n_encoded = 0
        self._begins_texts = begins_texts

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        self.n_encoded += 1
        begin = [199] if self._begins_texts and add_special_tokens else []
        parts = re.split("(<end>er|<end>)", text)
        return begin + [
            token_id
            for position, part in enumerate(parts)
            for token_id in ([202 if part == "<end>" else 203] if position % 2 else [ord(letter) for letter in part])
        ]

    def decode(self, token_ids: list[int], *, skip_special_tokens: bool) -> str:
        return "".join(chr(token_id) for token_id in token_ids)

    def get_vocab(self) -> dict[str, int]:
        return {**{chr(code): code for code in range(128)}, "to": 200, "top": 201, "<end>": 202, "<end>er": 203}


def request(prompt: str = "p", seeds: tuple[int, ...] = (1,), max_tokens: int = 5) -> GenerationRequest:
    return GenerationRequest(3, prompt, seeds, 1.0, (";",), max_tokens)


@given(
    asked=st.lists(st.lists(PREFIX, max_size=4).map(tuple), max_size=12), n_remembered=st.integers(0, 3), at_once=st.booleans()
)
def test_every_scoring_is_answered_once_in_its_own_order(
    *, asked: list[tuple[str, ...]], n_remembered: int, at_once: bool
) -> None:
    scorings = OpenScorings(n_remembered)
    answers, unscored = [], []
    for request_id, prefixes in enumerate(asked):
        unscored += scorings.open(ScoringRequest(request_id, prefixes))
        if at_once or request_id == len(asked) - 1:
            for prefix in unscored:
                scorings.put(prefix, float(ord(prefix)))
            unscored = []
        answers += scorings.take()
    assert scorings.n_open == 0
    assert sorted(answer.request_id for answer in answers) == list(range(len(asked)))
    for answer in answers:
        assert answer.scores == tuple(float(ord(prefix)) for prefix in asked[answer.request_id])


def test_a_prefix_in_flight_or_remembered_is_not_scored_again() -> None:
    scorings = OpenScorings(10)
    assert scorings.open(ScoringRequest(0, ("a", "b", "a"))) == ["a", "b"]
    assert scorings.open(ScoringRequest(1, ("b", "c"))) == ["c"]
    for prefix in "abc":
        scorings.put(prefix, 0.5)
    assert [answer.request_id for answer in scorings.take()] == [0, 1]
    assert scorings.open(ScoringRequest(2, ("a", "c"))) == []
    assert scorings.n_open == 1
    assert scorings.take()[0].scores == (0.5, 0.5)
    scorings.forget_scores()
    assert scorings.open(ScoringRequest(3, ("a",))) == ["a"]


def test_the_score_cache_is_bounded() -> None:
    scorings = OpenScorings(2)
    for number in range(5):
        scorings.open(ScoringRequest(number, (str(number),)))
        scorings.put(str(number), 0.0)
    assert scorings.open(ScoringRequest(9, ("0", "1", "2", "3", "4"))) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("unservable", "n_prompt_tokens", "reason"),
    [
        (request(), 0, "makes no token"),
        (request(), 32, "32 tokens and leaves no room in a context of 32"),
        (request(max_tokens=0), 5, "max_tokens is 0"),
        (request(seeds=()), 5, "no seed"),
    ],
)
def test_a_request_that_can_never_be_served_is_refused_with_the_reason(unservable, n_prompt_tokens, reason) -> None:
    refusal = refuse_generation(unservable, n_prompt_tokens, max_model_len=32)
    assert refusal is not None
    assert refusal.request_id == 3
    assert reason in refusal.reason


def test_a_context_can_be_filled_to_its_last_token() -> None:
    assert refuse_generation(request(), 31, max_model_len=32) is None
    assert refuse_prefix(32, max_model_len=32) is None
    assert "context holds 32" in str(refuse_prefix(33, max_model_len=32))


@given(st.text(st.characters(min_codepoint=97, max_codepoint=105), max_size=20), st.text("abci;!", min_size=1, max_size=20))
def test_a_candidate_is_the_generated_text_up_to_its_first_stop(prompt: str, generated: str) -> None:
    tokens = PromptTokens(Letters())
    candidate = tokens.candidate(tokens.encode(prompt), tokens.encode(generated), (";", "!"))
    assert generated.startswith(candidate.text)
    assert candidate.n_tokens == len(generated)
    ends_in_stop = candidate.text.endswith((";", "!"))
    assert (candidate.finish == "stop") == ends_in_stop
    assert not any(stop in candidate.text[:-1] for stop in ";!")
    if not ends_in_stop:
        assert candidate.text == generated


def test_an_end_of_text_is_no_part_of_the_candidate_and_no_stop() -> None:
    tokens = PromptTokens(Letters())
    candidate = tokens.candidate((97,), [98, 0], (";",))
    assert (candidate.text, candidate.n_tokens, candidate.finish) == ("b", 2, "length")


@pytest.mark.parametrize("begins_texts", [False, True])
@given(parts=st.lists(st.sampled_from(["a", "b c", "<end>", "<end>er", "<end", "\n"]), max_size=12))
def test_token_ids_are_those_of_the_tokenizer(*, begins_texts: bool, parts: list[str]) -> None:
    text = "".join(parts)
    tokenizer = Letters(begins_texts=begins_texts)
    assert list(PromptTokens(tokenizer).encode(text)) == tokenizer.encode(text, add_special_tokens=True)


def test_a_step_that_prefixes_share_is_encoded_once() -> None:
    tokenizer = Letters()
    tokens = PromptTokens(tokenizer)
    tokens.encode("a problem<end>step one<end>")
    before = tokenizer.n_encoded
    for step in ("x", "y", "z"):
        tokens.encode(f"a problem<end>step one<end>{step}")
    assert tokenizer.n_encoded == before + 3


def test_stop_strings_are_stop_tokens_only_when_no_other_token_can_hold_them() -> None:
    tokens = PromptTokens(Letters())
    assert tokens.single_tokens((";", "<end>er")) == [ord(";"), 203]
    assert tokens.single_tokens(("<end>",)) is None
    assert tokens.single_tokens((";", "absent")) is None
    assert tokens.single_tokens(("to",)) is None
    assert tokens.single_tokens(("top",)) == [201]


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_scores_keep_the_order_of_logits_inside_the_open_interval(one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert -1 < score_from_logit(low) <= score_from_logit(high) < 1
    assert score_from_logit(-one) == -score_from_logit(one)


def test_a_score_that_is_not_a_number_stays_visible() -> None:
    assert math.isnan(score_from_logit(math.nan))
    assert score_from_logit(5.0) == math.tanh(1.0)


def test_what_every_prompt_begins_with_says_nothing_about_which_problem_it_is() -> None:
    asked = GenerationRequest(1, "examples: 1 + 2?", (1,), 0.0, (), 4, n_shared_chars=len("examples: "))
    assert asked.own_prompt == "1 + 2?"
    assert GenerationRequest(1, "1 + 2?", (1,), 0.0, (), 4).own_prompt == "1 + 2?"
