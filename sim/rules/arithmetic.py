"""Arithmetic that gives the same bits compiled and as plain Python.

Comparisons are written out: the built-in minimum and maximum may differ in the sign of a zero.
"""

from sim.rules.compiling import helper

ROUNDING = 1e-9  # a share this close to its threshold has reached it: 2/3 of three people are two


@helper
def clip(value: float, low: float, high: float) -> float:
    """The value, or the bound that it exceeds.

    Examples
    --------
    >>> clip(1.2, 0.0, 1.0)
    1.0
    """
    if value < low:
        return low
    if value > high:
        return high
    return value


@helper
def least(a: float, b: float) -> float:
    """The smaller of two numbers."""
    if b < a:
        return b
    return a


@helper
def most(a: float, b: float) -> float:
    """The larger of two numbers."""
    if b > a:
        return b
    return a


@helper
def surplus(value: float) -> float:
    """The value if it is positive, else 0: the model description's (.)+."""
    if value > 0.0:
        return value
    return 0.0
