"""One model on Hugging Face transformers, in this process: it generates, or scores, one request at a time."""

from pathlib import Path
from typing import Any

from models.checkpoints.store import require_model_files
from models.engines.base import Candidate, GenerationRequest
from models.engines.failures import engine_failures
from models.engines.ppm_score import score_from_logit
from models.engines.prompt_tokens import PromptTokens
from models.engines.settings import EngineSettings


class TorchModel:
    """A model with its tokenizer, in evaluation mode on the CPU."""

    def __init__(self, directory: Path, settings: EngineSettings, auto_class: str) -> None:
        require_model_files(directory)
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.set_num_threads(settings.n_threads)
        self.directory = directory
        with engine_failures(f"loading {directory} with transformers"):
            tokenizer: Any = transformers.AutoTokenizer.from_pretrained(directory, local_files_only=True)
            self.tokens = PromptTokens(tokenizer)
            self._model: Any = getattr(transformers, auto_class).from_pretrained(
                directory, local_files_only=True, dtype=getattr(torch, settings.dtype)
            )
        self._model.eval()

    def generate(self, request: GenerationRequest, prompt_ids: tuple[int, ...], max_tokens: int) -> tuple[Candidate, ...]:
        """Return one candidate per seed."""
        import torch

        generators = [torch.Generator().manual_seed(seed) for seed in request.seeds]
        input_ids = torch.tensor([prompt_ids] * len(generators))
        new_ids: list[list[int]] = [[] for _ in generators]
        open_rows = set(range(len(generators)))
        cache = None
        with torch.inference_mode():
            while open_rows:
                outputs = self._model(input_ids=input_ids, past_key_values=cache, use_cache=True)
                cache = outputs.past_key_values
                logits = outputs.logits[:, -1].float()
                input_ids = _next_tokens(logits, request.temperature, generators)
                for row in sorted(open_rows):
                    new_ids[row].append(int(input_ids[row, 0]))
                    if len(new_ids[row]) == max_tokens or self.tokens.is_over(prompt_ids, new_ids[row], request.stop):
                        open_rows.remove(row)
        return tuple(self.tokens.candidate(prompt_ids, row_ids, request.stop) for row_ids in new_ids)

    def score(self, prefix_ids: tuple[int, ...]) -> float:
        """Return the PPM score of a prefix, in (-1, 1), or NaN."""
        import torch

        with torch.inference_mode():
            logit = float(self._model(input_ids=torch.tensor([prefix_ids])).logits[0, 0])
        return score_from_logit(logit)


def _next_tokens(logits: Any, temperature: float, generators: list[Any]) -> Any:
    """Return int64 (batch, 1): each row's next token, drawn with its own generator; greedy at temperature 0."""
    import torch

    if temperature == 0:
        return logits.argmax(dim=-1, keepdim=True)
    probabilities = torch.softmax(logits / temperature, dim=-1)
    rows = [torch.multinomial(row, 1, generator=generator) for row, generator in zip(probabilities, generators, strict=True)]
    return torch.stack(rows)
