"""Arithmetic and sorting that give the same bits compiled and as plain Python.

Comparisons are written out: the built-in minimum and maximum may differ in the sign of a zero.
Sorting merges ever longer runs of rows in place, so that a million rows take a second.
"""

from sim.rules.compile import helper
from sim.rules.state import R, rule

ROUNDING = 1e-9  # a share this close to its threshold has reached it: 2/3 of three people are two


@helper
def clip(value: float, low: float, high: float) -> float:
    """Return the value, or the bound that it exceeds.

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
    """Return the smaller of two numbers."""
    if b < a:
        return b
    return a


@helper
def most(a: float, b: float) -> float:
    """Return the larger of two numbers."""
    if b > a:
        return b
    return a


@helper
def surplus(value: float) -> float:
    """Return the value if it is positive, else 0: the model description's (.)+."""
    if value > 0.0:
        return value
    return 0.0


@rule
def merge(people: R, left: int, right: int, end: int) -> None:
    """Merge two sorted runs, left..right-1 and right..end-1; of equals the left one comes first."""
    a, b = left, right
    for k in range(left, end):
        if a < right and (b == end or people[a].key <= people[b].key):
            people[k].merged_key, people[k].merged_order = people[a].key, people[a].order
            a += 1
        else:
            people[k].merged_key, people[k].merged_order = people[b].key, people[b].order
            b += 1
    for k in range(left, end):
        people[k].key, people[k].order = people[k].merged_key, people[k].merged_order


@rule
def sort_rows(people: R, first: int, end: int) -> None:
    """Put the rows first..end-1 in rising order of their ``lot``; equals stand by row.

    Afterwards ``people[first].order`` is the row that comes first, and so on.
    """
    for k in range(first, end):
        people[k].key, people[k].order = people[k].lot, k
    length = 1
    while length < end - first:
        for left in range(first, end - length, 2 * length):
            merge(people, left, left + length, min(left + 2 * length, end))
        length *= 2
