"""What a step is told that wants to draw: that it cannot, and what to do instead. Asked last, for what nobody has.

A failed step's error is shown to the policy, which may mend it; so the absence is said here, to every policy and only where it
matters, rather than in the worked examples, which a taught policy never sees.
"""

from typing import Final

DRAWING_MODULES: Final = ("matplotlib", "plotly", "pylab", "seaborn")


class NothingDrawn:
    """A finder of modules that finds none."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Return None for a module that does not draw; raises ModuleNotFoundError for one that does."""
        if name.partition(".")[0] in DRAWING_MODULES:
            raise ModuleNotFoundError(
                f"No module named {name!r}: nothing can be drawn here, compute and print instead", name=name
            )
