"""Who is decisive at a table: power indices, computed from the decision rule; Gini (8.1)."""

import math

import numpy as np
import numpy.typing as npt

from sim.rules import draws
from sim.rules.compile import helper
from sim.rules.decision import decided
from sim.rules.draws import uniform
from sim.rules.membership import update_totals
from sim.rules.state import R, at_table, drawn, rule

MAX_EXACT = 9  # at a table of so many, all orders are counted
SAMPLED_ORDERS = 20_000


@helper
def factorial(n: int) -> int:
    """Return the number of orders of n people; exact up to 20.

    Examples
    --------
    >>> factorial(4)
    24
    """
    product = 1
    for k in range(2, n + 1):
        product *= k
    return product


@rule
def decided_by_first(people: R, par: R, run: R, count: int) -> bool:
    """Return whether the first ``count`` in the order are enough, if all after them object."""
    for k in range(run[0].table):
        people[people[k].order].accepts = 1 if k < count else 0
    return decided(people, par, run)


@rule
def count_all_orders(people: R, par: R, run: R, indices: R) -> None:
    """Count the orders that each at the table decides, over all orders in which they can join.

    Orders are taken together by who has joined before: that set of s people can have joined in s!
    orders, and those who come after the next one in (n - 1 - s)!.
    """
    n = run[0].table
    for joined in range(1 << n):
        size = 0
        for k in range(n):
            inside = (joined >> k) & 1
            people[people[k].order].accepts = inside
            size += inside
        if decided(people, par, run):
            continue
        for k in range(n):
            i = people[k].order
            if people[i].accepts == 1:
                continue
            people[i].accepts = 1
            if decided(people, par, run):
                indices[i].pivots += factorial(size) * factorial(n - 1 - size)
            people[i].accepts = 0


@rule
def sample_orders(people: R, par: R, run: R, indices: R, orders: int) -> None:
    """Count the orders that each at the table decides, over orders drawn evenly.

    Under every rule, who accepts never turns a decision back; so the one with whom it is decided
    is found by halving. Requires that nobody is not enough, and everybody is.
    """
    for number in range(orders):
        seated = 0
        for i in range(len(people)):
            if not at_table(people, i):
                continue
            w_1, _w_2, _w_3, _w_4 = drawn(run, draws.POWER_ORDER, number, people[i].identity, 0)
            place = int(uniform(w_1) * (seated + 1))  # i takes it; who stood there goes last
            people[seated].order = people[place].order
            people[place].order = i
            seated += 1
        too_few, enough = 0, run[0].table
        while enough - too_few > 1:
            middle = (too_few + enough) // 2
            if decided_by_first(people, par, run, middle):
                enough = middle
            else:
                too_few = middle
        indices[people[enough - 1].order].pivots += 1


@rule
def power_indices(people: R, ties: R, start: R, par: R, run: R, indices: R, samples: int) -> int:
    """Return how often each at the table is the one with whose acceptance a draft is decided (8.1).

    Those at the table accept one after the other; the index of i is the share of the orders in
    which the decision rule, with its vetoes, is first met by i. Up to ``MAX_EXACT`` at the table
    all orders count; above that, ``samples`` drawn ones, with the standard error of a share.
    Nobody's index is above 0 if no acceptance, or not even everybody's, makes a decision.
    Source: Shapley & Shubik 1954, American Political Science Review 48.

    Parameters
    ----------
    indices
        One row of type ``POWER_INDEX`` a stakeholder, written here.
    samples
        How many orders to draw, where they are too many to count: at least 1.

    Returns
    -------
    The number of orders counted.
    """
    update_totals(people, ties, start, par, run)
    seats = 0
    for i in range(len(people)):
        indices[i].pivots = 0
        indices[i].accepted = people[i].accepts
        if at_table(people, i):
            people[seats].order = i
            seats += 1
    orders = factorial(seats) if seats <= MAX_EXACT else samples
    open_question = not decided_by_first(people, par, run, 0) and decided_by_first(
        people, par, run, seats
    )
    if open_question and seats <= MAX_EXACT:
        count_all_orders(people, par, run, indices)
    elif open_question:
        sample_orders(people, par, run, indices, orders)
    for i in range(len(people)):
        people[i].accepts = indices[i].accepted
        share = indices[i].pivots / orders
        indices[i].index = share
        indices[i].error = 0.0
        if seats > MAX_EXACT:
            indices[i].error = math.sqrt(share * (1.0 - share) / orders)
    return orders


def gini(values: npt.ArrayLike) -> float:
    """Return how unequal shares are: 0 if all have the same, near 1 if one has everything.

    Half the mean difference of two, by the mean (Gini 1912); missing (NaN) where there is nothing.

    Parameters
    ----------
    values
        What each has, none of it negative.

    Examples
    --------
    >>> gini([36, 36, 12, 12])
    0.25
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64).ravel())
    total = float(ordered.sum())
    if total <= 0.0:
        return math.nan
    count = len(ordered)
    ranks = 2.0 * np.arange(1, count + 1) - count - 1
    return float(ranks @ ordered / (count * total))
