"""What the user sees of long work: progress bars on a terminal, plain lines elsewhere."""

from flows.display.progress.base import Display
from flows.display.progress.open_display import open_display

__all__ = ["Display", "open_display"]
