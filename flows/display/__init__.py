"""What the user sees of long work: progress bars on a terminal, plain lines elsewhere."""

from flows.display.base import Display
from flows.display.open_display import open_display

__all__ = ["Display", "open_display"]
