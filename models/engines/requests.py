"""Bookkeeping that every engine shares: what makes a request unservable, and answers that gather from several parts."""

from collections import OrderedDict
from dataclasses import dataclass, field

from models.engines.base import Candidate, Generation, GenerationRequest, Rejection, Scoring, ScoringRequest


def refuse_generation(request: GenerationRequest, n_prompt_tokens: int, max_model_len: int) -> Rejection | None:
    """Return why a generation can never be served, or None."""
    reason = None
    if n_prompt_tokens == 0:
        reason = "the tokenizer makes no token of the prompt"
    elif n_prompt_tokens >= max_model_len:
        reason = f"the prompt has {n_prompt_tokens} tokens and leaves no room in a context of {max_model_len}"
    elif request.max_tokens < 1:
        reason = f"max_tokens is {request.max_tokens}; at least 1 is needed"
    elif not request.seeds:
        reason = "there is no seed, so no candidate is asked for"
    return Rejection(request.request_id, reason) if reason else None


def refuse_text(text: str) -> str | None:
    """Return why no tokenizer can encode a text, or None. Half of a surrogate pair is no character, in no encoding."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"the tokenizer cannot encode character {error.start}, {text[error.start]!r}"
    return None


def refuse_prefix(n_tokens: int, max_model_len: int) -> str | None:
    """Return why a prefix can never be scored, or None."""
    if n_tokens == 0:
        return "the tokenizer makes no token of a prefix"
    if n_tokens > max_model_len:
        return f"a prefix has {n_tokens} tokens; the PPM's context holds {max_model_len}"
    return None


@dataclass(slots=True)
class OpenGeneration:
    """A generation whose candidates arrive one by one. Mutable."""

    request: GenerationRequest
    prompt_ids: tuple[int, ...]
    candidates: dict[int, Candidate] = field(default_factory=dict)

    def answer(self) -> Generation | None:
        """Return the whole answer once every candidate is there."""
        n_candidates = len(self.request.seeds)
        if len(self.candidates) < n_candidates:
            return None
        ordered = tuple(self.candidates[index] for index in range(n_candidates))
        return Generation(self.request.request_id, ordered, len(self.prompt_ids))


class OpenScorings:
    """Scorings in progress under one PPM. A prefix is scored once, however many ask for it, while it is remembered."""

    def __init__(self, n_remembered: int) -> None:
        self._n_remembered = n_remembered
        self._remembered: OrderedDict[str, float] = OrderedDict()
        self._waiting: dict[str, list[_OpenScoring]] = {}
        self._whole: list[Scoring | Rejection] = []
        self._n_open = 0

    @property
    def n_open(self) -> int:
        """Scorings opened and not yet taken."""
        return self._n_open

    def open(self, request: ScoringRequest) -> list[str]:
        """Return the prefixes that nobody has scored or is scoring; their scores are to be given to `put`."""
        self._n_open += 1
        prefixes = dict.fromkeys(request.prefixes)
        scoring = _OpenScoring(request, {prefix: self._remembered[prefix] for prefix in prefixes if prefix in self._remembered})
        missing = [prefix for prefix in prefixes if prefix not in scoring.scores]
        unasked = [prefix for prefix in missing if prefix not in self._waiting]
        for prefix in missing:
            self._waiting.setdefault(prefix, []).append(scoring)
        self._close_if_whole(scoring)
        return unasked

    def put(self, prefix: str, score: float) -> None:
        """Give the score of a prefix, which may be NaN, to everyone who waits for it, and remember it."""
        self._remembered[prefix] = score
        if len(self._remembered) > self._n_remembered:
            self._remembered.popitem(last=False)
        for scoring in self._waiting.pop(prefix):
            scoring.scores[prefix] = score
            self._close_if_whole(scoring)

    def refuse(self, prefix: str, reason: str) -> None:
        """Reject everyone who waits for the score of a prefix."""
        for scoring in self._waiting.pop(prefix):
            if not scoring.rejected:
                scoring.rejected = True
                self._whole.append(Rejection(scoring.request.request_id, reason))

    def take(self) -> list[Scoring | Rejection]:
        """Return the scorings that lack nothing any more, and those that never will be whole, once."""
        whole, self._whole = self._whole, []
        self._n_open -= len(whole)
        return whole

    def forget_scores(self) -> None:
        """Forget every score: another PPM scores from now on."""
        self._remembered.clear()

    def _close_if_whole(self, scoring: "_OpenScoring") -> None:
        prefixes = scoring.request.prefixes
        if not scoring.rejected and all(prefix in scoring.scores for prefix in prefixes):
            self._whole.append(Scoring(scoring.request.request_id, tuple(scoring.scores[prefix] for prefix in prefixes)))


@dataclass(slots=True)
class _OpenScoring:
    request: ScoringRequest
    scores: dict[str, float]
    rejected: bool = False
