"""Low-rank adapters (LoRA, arXiv 2106.09685, through peft): train a hundredth of the weights where the others do not fit.

A checkpoint never holds adapters: they are merged into the weights that they adapt before it is saved, so that engines, the
next training and lineage need not know how a model was trained.
"""

from typing import Any, Literal

from models.training.settings import TrainerSettings


def adapters(settings: TrainerSettings, model: Literal["policy", "ppm"]) -> Any:
    """Return peft's configuration of the adapters, None where every weight is trained. A PPM's head is trained whole."""
    if not settings.lora_rank:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=settings.lora_rank,
        lora_alpha=2 * settings.lora_rank,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM" if model == "policy" else "SEQ_CLS",
        modules_to_save=None if model == "policy" else ["score"],
    )


def merged(model: Any) -> Any:
    """Return the model with its adapters merged into the weights; as it is where it has none."""
    return model.merge_and_unload() if hasattr(model, "merge_and_unload") else model
