"""The table of a form: who is invited, who gets an empty seat, who speaks for whom (3)."""

from sim.rules import draws, events
from sim.rules.arithmetic import sort_rows
from sim.rules.population import chance
from sim.rules.problem import distance
from sim.rules.state import (
    NETWORK,
    NOBODY,
    R,
    at_table,
    rule,
)
from sim.scenario import INVITATIONS, MEMBERSHIPS, SECTORS

EQUAL, BY_POWER, BY_LOT, CONNECTED, DIVERSE = range(len(INVITATIONS))
FIXED, VOLUNTARY, OPEN = range(len(MEMBERSHIPS))
ANY_SECTOR = -1
FARTHEST = 2.0  # farther than any two places of the policy plane


@rule
def claim_to_a_seat(people: R, par: R, run: R, i: int) -> float:
    """Return what an invitation ranks by: power, a lot, network, or distance to those seated (3).

    ``gap`` holds the distance of i's interest to the nearest seated one; with nobody seated yet
    the most powerful comes first.
    """
    invite = par[0].invite
    if invite == BY_LOT:
        return chance(run, draws.INVITATION, people[i].identity)
    if invite == CONNECTED:
        return float(people[i].endowment[NETWORK])
    if invite == DIVERSE and people[i].gap < FARTHEST:
        return float(people[i].gap)
    return float(people[i].power)


@rule
def list_invited(people: R, par: R, run: R) -> None:
    """Write the order of the invitation into ``order``; of equals the lowest row comes first."""
    for i in range(len(people)):
        people[i].lot = -claim_to_a_seat(people, par, run, i)
    sort_rows(people, 0, len(people))


@rule
def can_be_invited(people: R, sector: int, i: int) -> bool:
    """Return whether i is a member without a seat, of that sector or of any."""
    free = people[i].active == 1 and people[i].seated == 0
    return bool(free and sector in (ANY_SECTOR, people[i].sector))


@rule
def farthest(people: R, par: R, run: R, sector: int) -> int:
    """Return whom a diverse invitation names next, in a sector or in any; -1 if nobody is left."""
    best, chosen = -1.0, NOBODY
    for i in range(len(people)):
        if can_be_invited(people, sector, i):
            claim = claim_to_a_seat(people, par, run, i)
            if claim > best:
                best, chosen = claim, i
    return chosen


@rule
def take_seat(people: R, par: R, i: int) -> None:
    """Seat i; under a diverse invitation, keep everyone's distance to the table up to date."""
    people[i].seated = 1
    if par[0].invite != DIVERSE:
        return
    for j in range(len(people)):
        away = distance(people[i].first_x, people[i].first_y, people[j].first_x, people[j].first_y)
        if away < people[j].gap:
            people[j].gap = away


@rule
def invite_up_to(people: R, par: R, run: R, sector: int, seats: int) -> None:
    """Invite members of a sector, or of any, until all seats are taken or nobody is left.

    The order is that of :func:`list_invited`.
    """
    taken, place, n = 0, 0, len(people)
    for i in range(n):
        if people[i].seated == 1 and sector in (ANY_SECTOR, people[i].sector):
            taken += 1
    while taken < seats and place < n:
        i = people[place].order
        place += 1
        if par[0].invite == DIVERSE:  # each seat that is taken changes who is farthest from all
            i = farthest(people, par, run, sector)
            if i == NOBODY:
                return
        if can_be_invited(people, sector, i):
            take_seat(people, par, i)
            taken += 1


@rule
def invite(people: R, par: R, run: R) -> None:
    """Fill the table for the first time (3).

    A table that holds everyone seats everyone. ``equal`` gives each sector with members the same
    number of seats, its most powerful first; seats left over go by power.
    """
    n = len(people)
    seats = n if par[0].seats == 0.0 else int(par[0].seats)
    for i in range(n):
        people[i].gap = FARTHEST
        people[i].first_x = people[i].interest_x
        people[i].first_y = people[i].interest_y
    if run[0].listed_seats == 0 and seats >= n:
        for i in range(n):
            people[i].seated = 1
    elif run[0].listed_seats == 0:
        list_invited(people, par, run)
        if par[0].invite == EQUAL:
            sectors = 0
            for s in range(len(SECTORS)):
                sectors += 1 if members_of(people, s) > 0 else 0
            for s in range(len(SECTORS)):
                if members_of(people, s) > 0:
                    invite_up_to(people, par, run, s, seats // sectors)
        invite_up_to(people, par, run, ANY_SECTOR, seats)
    run[0].sectors_invited = 0
    for s in range(len(SECTORS)):
        run[0].sector_seats[s] = seated_of(people, s)
        run[0].sectors_invited += 1 if run[0].sector_seats[s] > 0 else 0


@rule
def members_of(people: R, sector: int) -> int:
    """Return how many active stakeholders a sector has."""
    count = 0
    for i in range(len(people)):
        if people[i].sector == sector and people[i].active == 1:
            count += 1
    return count


@rule
def seated_of(people: R, sector: int) -> int:
    """Return how many seats of the table active stakeholders of a sector hold."""
    count = 0
    for i in range(len(people)):
        if people[i].sector == sector and at_table(people, i):
            count += 1
    return count


@rule
def appoint_delegates(people: R) -> None:
    """Name the delegate who speaks for each represented stakeholder (3).

    The most powerful at the table of its sector, or of the whole table if its sector has nobody
    there.
    """
    overall = NOBODY
    for i in range(len(people)):
        if at_table(people, i) and (overall == NOBODY or people[i].power > people[overall].power):
            overall = i
    for s in range(len(SECTORS)):
        delegate = NOBODY
        for i in range(len(people)):
            if people[i].sector != s or not at_table(people, i):
                continue
            if delegate == NOBODY or people[i].power > people[delegate].power:
                delegate = i
        for i in range(len(people)):
            if people[i].sector == s:
                people[i].delegate = overall if delegate == NOBODY else delegate


@rule
def refill(people: R, par: R, run: R, log: R) -> None:
    """Give empty seats to members of the sector that held them, then to any (3, 4.1)."""
    n = len(people)
    wanted = 0
    for s in range(len(SECTORS)):
        wanted += run[0].sector_seats[s]
    for i in range(n):
        if people[i].active == 0:
            people[i].seated = 0
        people[i].gap = FARTHEST
        people[i].stays = people[i].seated  # who sat there before
    if wanted == n:  # a table that holds everyone
        for i in range(n):
            people[i].seated = people[i].active
    else:
        for i in range(n):
            if people[i].seated == 1:
                take_seat(people, par, i)
        list_invited(people, par, run)
        for s in range(len(SECTORS)):
            invite_up_to(people, par, run, s, run[0].sector_seats[s])
        invite_up_to(people, par, run, ANY_SECTOR, wanted)
    for i in range(n):
        if people[i].seated == 1 and people[i].stays == 0:
            events.note_of(run, log, events.SEATED, i, 0.0, 0.0)


@rule
def fill_seats(people: R, par: R, run: R, log: R) -> None:
    """Fill empty seats by the same invitation, unless membership is fixed (3, 4.1).

    Then name the delegates of those who are not at the table.
    """
    if par[0].membership != FIXED:
        refill(people, par, run, log)
    appoint_delegates(people)
