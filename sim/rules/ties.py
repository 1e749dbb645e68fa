"""Ties: who listens to whom under a form, and how much trust there is at the start (2.2, 3).

A tie is first an edge between two stakeholders, and then two rows of ``ties``, one for each
direction, each with its own trust. Edges are stored in a list, and in a hash set that answers in
one step whether two are tied, so the time to make all ties is proportional to their number.
"""

import math

from numpy import uint64

from sim.rules import draws
from sim.rules.arithmetic import clip, sort_rows
from sim.rules.compile import helper
from sim.rules.draws import Word, normal, uniform
from sim.rules.forms import FIXED
from sim.rules.listening import draw_talks
from sim.rules.population import TRUST_HIGH, TRUST_LOW
from sim.rules.state import (
    NOBODY,
    R,
    drawn,
    rule,
)
from sim.scenario import LAYOUTS, SECTORS

COMPLETE, SMALL_WORLD, BROKERED = range(len(LAYOUTS))
_EMPTY = uint64(0)
_REMOVED = uint64(0xFFFFFFFFFFFFFFFF)
_SCATTER = uint64(0x9E3779B9)  # Fibonacci hashing: spreads neighbouring keys over the slots
_SCATTER_HIGH = uint64(0x85EBCA6B)  # the same for the upper half of a key


@helper
def edge_key(a: int, b: int, n: int) -> Word:
    """Return a number for the pair, the same in either order; never 0."""
    low, high = (a, b) if a < b else (b, a)
    return uint64(low * n + high + 1)


@rule
def slot_of(slots: R, key: Word) -> int:
    """Return the slot of a key in the hash set, or the free slot where it belongs."""
    mask = uint64(len(slots) - 1)
    low, high = key & uint64(0xFFFFFFFF), key >> uint64(32)
    place = (((low * _SCATTER) ^ (high * _SCATTER_HIGH)) >> uint64(16)) & mask
    while slots[int(place)] != key and slots[int(place)] != _EMPTY:
        place = (place + uint64(1)) & mask
    return int(place)


@rule
def tied(slots: R, a: int, b: int, n: int) -> bool:
    """Return whether a and b are tied already."""
    key = edge_key(a, b, n)
    return bool(slots[slot_of(slots, key)] == key)


@rule
def tie(run: R, edges: R, slots: R, a: int, b: int, n: int) -> None:
    """Tie a and b, with trust to be drawn both ways, unless they are the same or tied already."""
    if a == b or tied(slots, a, b, n):
        return
    k = run[0].edges
    edges[k].a = a
    edges[k].b = b
    edges[k].trust_ab = math.nan
    edges[k].trust_ba = math.nan
    run[0].edges = k + 1
    key = edge_key(a, b, n)
    slots[slot_of(slots, key)] = key


@rule
def tie_in_ring(
    people: R, run: R, edges: R, slots: R, first: int, end: int, neighbours: int
) -> None:
    """Tie the rows first..end-1 to a ring in random order, each to its next neighbours."""
    n, count = len(people), end - first
    for i in range(first, end):
        w_1, _w_2, _w_3, _w_4 = drawn(run, draws.RING, 0, people[i].identity, 0)
        people[i].lot = uniform(w_1)
    sort_rows(people, first, end)
    reach = (neighbours if neighbours < count else count - 1) + 1
    for place in range(count):
        for step in range(1, reach // 2 + 1):
            far = people[first + (place + step) % count].order
            tie(run, edges, slots, people[first + place].order, far, n)


@rule
def rewire(people: R, par: R, run: R, edges: R, slots: R) -> None:
    """Move the far end of an edge to a random other with probability ``rewiring`` (3).

    Source: Watts & Strogatz 1998, Nature 393. An end that would fall on the stakeholder itself
    or on one already tied stays where it was.
    """
    n = len(people)
    for k in range(run[0].edges):
        a, b = edges[k].a, edges[k].b
        w_1, w_2, _w_3, _w_4 = drawn(run, draws.REWIRING, 0, people[a].identity, people[b].identity)
        if uniform(w_1) >= par[0].rewiring:
            continue
        other = int(uniform(w_2) * n)
        if other == a or tied(slots, a, other, n):
            continue
        slots[slot_of(slots, edge_key(a, b, n))] = _REMOVED
        edges[k].b = other
        key = edge_key(a, other, n)
        slots[slot_of(slots, key)] = key


@rule
def broker(people: R, sector: int) -> int:
    """Return the most powerful stakeholder of a sector; nobody (-1) if it has no members."""
    found = NOBODY
    for i in range(len(people)):
        if people[i].sector == sector and (
            found == NOBODY or people[i].power > people[found].power
        ):
            found = i
    return found


@rule
def tie_by_brokers(people: R, par: R, run: R, edges: R, slots: R) -> None:
    """Rings inside the sectors, brokers between them, and one weak tie each (3).

    Weak ties: Granovetter 1973.
    """
    n, first = len(people), 0
    for s in range(len(SECTORS)):
        end = first
        while end < n and people[end].sector == s:
            end += 1
        tie_in_ring(people, run, edges, slots, first, end, int(par[0].k))
        center = broker(people, s)
        for i in range(first, end):
            tie(run, edges, slots, i, center, n)
        for other in range(s):
            if end > first and broker(people, other) != NOBODY:
                tie(run, edges, slots, broker(people, other), center, n)
        first = end
    if par[0].weak_ties == 0.0:
        return
    for i in range(n):
        w_1, _w_2, _w_3, _w_4 = drawn(run, draws.WEAK_TIE, 0, people[i].identity, 0)
        tie(run, edges, slots, i, int(uniform(w_1) * n), n)


@rule
def tie_all(people: R, par: R, run: R, edges: R, slots: R) -> None:
    """Tie everyone to all who may ever sit at the table with it or speak for it (3)."""
    seats = 0
    for i in range(len(people)):
        if people[i].seated == 1 or par[0].membership != FIXED:
            people[seats].order = i
            seats += 1
    place = 0  # how many of these stand before i
    for i in range(len(people)):
        sits = place < seats and people[place].order == i
        for j in range(i if sits else place):
            tie(run, edges, slots, i, j if sits else people[j].order, len(people))
        place += 1 if sits else 0


@rule
def lay_edges(people: R, par: R, run: R, edges: R, slots: R) -> None:
    """The edges of the scenario's list or of its form (3)."""
    n = len(people)
    if run[0].listed_ties == 1:
        for k in range(run[0].edges):
            key = edge_key(edges[k].a, edges[k].b, n)
            slots[slot_of(slots, key)] = key
    elif par[0].layout == COMPLETE:
        tie_all(people, par, run, edges, slots)
    elif par[0].layout == SMALL_WORLD:
        tie_in_ring(people, run, edges, slots, 0, n, int(par[0].k))
        rewire(people, par, run, edges, slots)
    else:
        tie_by_brokers(people, par, run, edges, slots)


@rule
def tie_represented(people: R, run: R, edges: R, slots: R) -> None:
    """One tie between each represented stakeholder and its delegate (3)."""
    for i in range(len(people)):
        if people[i].seated == 0 and people[i].delegate != NOBODY:
            tie(run, edges, slots, i, people[i].delegate, len(people))


@rule
def first_trust(people: R, par: R, run: R, i: int, j: int, word: Word) -> float:
    """Trust of i in j at the start (2.2): prehistory in the run's mood, more within a sector.

    clip(prehistory + prehistory_sd Z_run + same_sector_trust [same sector] + tie_sd Z_ij, ...)
    """
    same = par[0].same_sector_trust if people[i].sector == people[j].sector else 0.0
    return clip(
        par[0].prehistory
        + par[0].prehistory_sd * run[0].mood
        + same
        + par[0].tie_sd * normal(word),
        TRUST_LOW,
        TRUST_HIGH,
    )


@rule
def sort_ties(people: R, ties: R, start: R, run: R, edges: R) -> None:
    """Put the edges into ``ties``, by listener and then by neighbour.

    Every edge is there in both directions, so reading an unsorted table by column gives rows in
    rising order of the neighbour.
    """
    n = len(people)
    for i in range(n + 1):
        start[i] = 0
    for k in range(run[0].edges):
        start[edges[k].a + 1] += 1
        start[edges[k].b + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
        people[i].order = start[i]
    for k in range(run[0].edges):
        for way in range(2):
            i, j = (edges[k].a, edges[k].b) if way == 0 else (edges[k].b, edges[k].a)
            ties[people[i].order].other = j
            ties[people[i].order].other_edge = k
            people[i].order += 1
    for i in range(n):
        people[i].order = start[i]
    for j in range(n):
        for t in range(start[j], start[j + 1]):
            i = ties[t].other
            ties[people[i].order].neighbour = j
            ties[people[i].order].edge = ties[t].other_edge
            people[i].order += 1


@rule
def lay_ties(people: R, ties: R, start: R, par: R, run: R, edges: R, slots: R) -> None:
    """Make all ties of the run and draw the trust in them at the start (2.2, 3)."""
    for slot in range(len(slots)):
        slots[slot] = _EMPTY
    lay_edges(people, par, run, edges, slots)
    tie_represented(people, run, edges, slots)
    sort_ties(people, ties, start, run, edges)
    for i in range(len(people)):
        for t in range(start[i], start[i + 1]):
            ties[t].hearer, ties[t].speaker = people[i].identity, people[ties[t].neighbour].identity
    draw_talks(ties, run, draws.TIE, 0, start[len(people)])
    for i in range(len(people)):
        for t in range(start[i], start[i + 1]):
            edge = ties[t].edge
            listed = edges[edge].trust_ab if edges[edge].a == i else edges[edge].trust_ba
            word = uint64(ties[t].word_1)
            trust = first_trust(people, par, run, i, ties[t].neighbour, word)
            if not math.isnan(listed):
                trust = listed
            ties[t].trust_0 = trust
            ties[t].trust = trust
            ties[t].next_trust = trust
