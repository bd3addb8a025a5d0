"""The base model that is shipped: the stand-in for a downloaded LLM, built by `stargrove tiny build`."""

from pathlib import Path

BASE = Path(__file__).parent / "base"
"""Its checkpoint directory."""
