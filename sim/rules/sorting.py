"""Sort people by a number, in place: a merge sort of ever longer runs of rows.

Rows are read and written in sequence, so that sorting a million takes a second.
"""

from sim.rules.state import R, rule


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
