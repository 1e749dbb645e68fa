"""After a cycle: expectations, institution and trust are renewed, or fade (4.6)."""

from sim.rules.arithmetic import clip, least
from sim.rules.membership import dissolve, update_totals
from sim.rules.state import ACTION, R, in_touch, rule

LEARNING = 0.5  # how far an expectation moves to what was experienced
SATISFYING_DELIVERY = 1.2  # delivery x this is as good as promised
INSTITUTION_GROWS = 0.6
TRUST_FADES_TO = 0.5  # of what history left


@rule
def renew(people: R, ties: R, start: R, par: R, run: R) -> None:
    """Update expectations, then the institution, then trust (4.6).

    E_i += .5 (min(1, 1.2 delivery x U_i) - E_i), unless there was a setback or no action is part
    of the scenario; I += (1 - I) .6 *institutional_change* delivery;
    tau += decay (1 - *partnership*)(1 - I)(.5 tau0 - tau) between members.
    """
    if run[0].setback == 0 and par[0].phases[ACTION - 1] == 1.0:
        for i in range(len(people)):
            if people[i].active == 1:
                seen = SATISFYING_DELIVERY * run[0].delivery * people[i].utility
                people[i].expectation += LEARNING * (least(1.0, seen) - people[i].expectation)
    run[0].institution += (
        (1.0 - run[0].institution)
        * INSTITUTION_GROWS
        * par[0].institutional_change
        * run[0].delivery
    )
    rate = par[0].decay * (1.0 - par[0].partnership) * (1.0 - run[0].institution)
    for i in range(len(people)):
        for t in range(start[i], start[i + 1]):
            if in_touch(people, run, i, ties[t].neighbour):
                faded = TRUST_FADES_TO * ties[t].trust_0
                ties[t].trust = clip(ties[t].trust + rate * (faded - ties[t].trust), 0.0, 1.0)


@rule
def close_renewal(people: R, ties: R, start: R, par: R, run: R, log: R) -> None:
    """Dissolve if fewer than half of those who took part at the start remain (4.6)."""
    update_totals(people, ties, start, par, run)
    remaining = 0
    for i in range(len(people)):
        if people[i].active == 1 and people[i].took_part == 1:
            remaining += 1
    if 2 * remaining < run[0].took_part:
        dissolve(people, run, log)
