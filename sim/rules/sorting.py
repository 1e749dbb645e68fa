"""Sorting people by a number without making room for it: heapsort on a field of the people."""

import numba

from sim.rules.compiling import helper
from sim.rules.state import PEOPLE_ROWS, R


@helper(numba.boolean(PEOPLE_ROWS, numba.int64, numba.int64))
def comes_before(people: R, i: int, j: int) -> bool:
    """Whether i stands before j in rising order of ``lot``; equals stand by row."""
    if people[i].lot == people[j].lot:
        return i < j
    return bool(people[i].lot < people[j].lot)


@helper(numba.void(PEOPLE_ROWS, numba.int64, numba.int64, numba.int64))
def sift(people: R, first: int, root: int, end: int) -> None:
    """Let the entry at a heap's root sink to its place."""
    while 2 * root + 1 < end:
        child = 2 * root + 1
        if child + 1 < end and comes_before(
            people, people[first + child].order, people[first + child + 1].order
        ):
            child += 1
        top, below = people[first + root].order, people[first + child].order
        if not comes_before(people, top, below):
            return
        people[first + root].order = below
        people[first + child].order = top
        root = child


@helper(numba.void(PEOPLE_ROWS, numba.int64, numba.int64))
def sort_rows(people: R, first: int, end: int) -> None:
    """Put the rows first..end-1 in rising order of their ``lot``.

    Afterwards ``people[first].order`` is the row that comes first, and so on.
    """
    count = end - first
    for k in range(count):
        people[first + k].order = first + k
    for back in range(count // 2):
        sift(people, first, count // 2 - 1 - back, count)
    for back in range(count - 1):
        last = count - 1 - back
        top = people[first].order
        people[first].order = people[first + last].order
        people[first + last].order = top
        sift(people, first, 0, last)
