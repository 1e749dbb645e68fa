"""The pool and the plan: coverage, trust in planning, funded or unfunded (4.4)."""

from sim.rules import log as events
from sim.rules.arithmetic import most
from sim.rules.decision import set_back
from sim.rules.planning import contribution, covered
from sim.rules.state import ACTION, NOBODY, R, in_touch, rule
from sim.scenario import KINDS, SECTORS


@rule
def note_pledges(people: R, run: R, log: R) -> None:
    """Put the new pledges into force and note them as events."""
    for i in range(len(people)):
        if people[i].active == 1:
            people[i].pledge = people[i].next_pledge
            events.note_of(run, log, events.PLEDGED, i, people[i].pledge, people[i].fair)


@rule
def pool(people: R, par: R, run: R) -> None:
    """Pool_k = sum of contributions; coverage = min over needed k of pool_k / n_k, else 1 (4.4)."""
    run[0].coverage = 1.0
    first = True
    for k in range(len(KINDS)):
        total = 0.0
        for i in range(len(people)):
            if people[i].active == 1:
                total += contribution(people, par, i, k)
        run[0].pool[k] = total
        if run[0].need[k] > 0.0:
            ratio = total / run[0].need[k]
            if first or ratio < run[0].coverage:
                run[0].coverage = ratio
            first = False


@rule
def settle_round(people: R, ties: R, start: R, par: R, run: R) -> None:
    """Update trust between members after a round of planning (4.4).

    Covered: tau += eta_cover (1 - tau); short: tau -= eta_short tau.
    """
    if covered(run):
        run[0].covered_rounds += 1.0
    for i in range(len(people)):
        for t in range(start[i], start[i + 1]):
            if not in_touch(people, run, i, ties[t].neighbour):
                continue
            if covered(run):
                ties[t].trust += par[0].eta_cover * (1.0 - ties[t].trust)
            else:
                ties[t].trust -= par[0].eta_short * ties[t].trust


@rule
def close_planning(people: R, par: R, run: R, log: R) -> None:
    """Close the plan after the last pledges: it goes on to action, or is unfunded (4.4)."""
    run[0].planned = 1
    run[0].plans += 1
    run[0].coverages += run[0].coverage
    run[0].covered_shares += run[0].covered_rounds / most(1.0, float(run[0].phase_round))
    events.note_of(run, log, events.PLANNED, NOBODY, run[0].coverage, par[0].viable)
    add_contributions(people, par, run)
    if run[0].coverage >= par[0].viable:
        return
    run[0].planned = 0
    events.note_of(run, log, events.UNFUNDED, NOBODY, run[0].coverage, par[0].viable)
    if par[0].phases[ACTION - 1] == 1.0:
        run[0].deliveries += 1
    set_back(people, par, run)


@rule
def add_contributions(people: R, par: R, run: R) -> None:
    """Add each sector's share of the pool, over the kinds that are needed, to the run's sums."""
    total = 0.0
    for k in range(len(KINDS)):
        if run[0].need[k] > 0.0:
            total += run[0].pool[k]
    if total <= 0.0:
        return
    run[0].contributors += 1
    for s in range(len(SECTORS)):
        given = 0.0
        for k in range(len(KINDS)):
            if run[0].need[k] > 0.0:
                for i in range(len(people)):
                    if people[i].sector == s and people[i].active == 1:
                        given += contribution(people, par, i, k)
        run[0].contributions[s] += given / total
