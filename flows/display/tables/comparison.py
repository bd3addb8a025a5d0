"""How tables that compare say how sure they are: 95 % intervals of shares, p-values of paired tests over problems."""

from tasks.evaluation.metrics import wilson_interval


def interval_text(low: float, high: float) -> str:
    """Return an interval in percent."""
    return f"{100 * low:.1f} to {100 * high:.1f}"


def share_interval_text(share: float, n_problems: int) -> str:
    """Return the 95 % interval of a share of problems, in whole percent."""
    low, high = wilson_interval(share, n_problems)
    return f"{100 * low:.0f} to {100 * high:.0f}"


def p_value_text(p_value: float | None) -> str:
    """Return a p-value with three digits, or nothing where nothing was compared."""
    if p_value is None:
        return ""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"
