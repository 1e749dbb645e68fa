"""Phase 3a: planning joint action: who pledges what, the pool, and what the plan becomes (4.4)."""

from sim.rules import events
from sim.rules.arithmetic import ROUNDING, clip, least, most, surplus
from sim.rules.decision import set_back
from sim.rules.draws import normal
from sim.rules.population import EQUAL_AMOUNT, EQUAL_FRACTION, fairness_norm
from sim.rules.problem import effectiveness, fit
from sim.rules.state import (
    ACTION,
    CAPACITY,
    CIVIL_SOCIETY,
    COMMUNITY,
    NOBODY,
    R,
    in_touch,
    inner_rule,
    mean_trust,
    rule,
)
from sim.scenario import KINDS, NORMS, SECTORS

EAGER_FOR_GAIN = 2.5  # commitment by what the agreement is worth above the outside option
COMMITMENT_WITHOUT_TRUST, COMMITMENT_BY_TRUST = 0.4, 0.6
OWN_WITHOUT_COPRODUCTION, OWN_BY_COPRODUCTION = 0.8, 0.2
REPRESENTED_OWN, REPRESENTED_OWN_BY_COPRODUCTION = 0.5, 0.4
UNMOBILISED = 0.5  # part of community assets that comes without mobilising them
CAPACITY_BY_EXPERTISE, CAPACITY_BY_COPRODUCTION = 0.3, 0.3
FIRST_PLEDGE_LEAST, FIRST_PLEDGE_MOST = 0.2, 1.2
EFFORT_MOST = 1.5
_NOT_COMPARED = -1.0  # the effort of somebody of whom nothing is asked


@inner_rule
def mobilisable(people: R, par: R, i: int, k: int) -> float:
    """Share of i's endowment of kind k that can be put to use (4.4).

    Community and civil society .5 + .5 *assets*; community capacity times
    (1 + .3 *expertise* + .3 *coproduction*).
    """
    s = people[i].sector
    if s not in (COMMUNITY, CIVIL_SOCIETY):
        return 1.0
    share = UNMOBILISED + (1.0 - UNMOBILISED) * par[0].assets
    if s == COMMUNITY and k == CAPACITY:
        share *= (
            1.0
            + CAPACITY_BY_EXPERTISE * par[0].expertise
            + CAPACITY_BY_COPRODUCTION * par[0].coproduction
        )
    return float(share)


@inner_rule
def usable_endowment(people: R, run: R, i: int) -> float:
    """e_i: i's endowment over the kinds that are needed (4.4)."""
    total = 0.0
    for k in range(len(KINDS)):
        if run[0].need[k] > 0.0:
            total += people[i].endowment[k]
    return total


@inner_rule
def effect(people: R, par: R, run: R, i: int) -> float:
    """eps_i: what i's whole endowment would do for the needed kinds (4.4)."""
    total = 0.0
    for k in range(len(KINDS)):
        if run[0].need[k] > 0.0:
            total += (
                people[i].productivity * people[i].endowment[k] * mobilisable(people, par, i, k)
            )
    return total


@inner_rule
def capacity_left(par: R) -> float:
    """Share of pooled capacity that the principles leave: (1 - sum of price x level)+ (4.4, 5)."""
    p = par[0]
    levels = (
        p.coproduction
        + p.assets
        + p.expertise
        + p.deliberation
        + p.partnership
        + p.strategic
        + p.institutional_change
        + p.accountability
    )
    return surplus(1.0 - p.price * levels)


@inner_rule
def contribution(people: R, par: R, i: int, k: int) -> float:
    """Return what i's pledge puts into the pool of kind k: p_i a_i e_ik mobilisable_ik (4.4).

    Capacity is what the principles' price leaves of it.
    """
    given = (
        people[i].pledge
        * people[i].productivity
        * people[i].endowment[k]
        * mobilisable(people, par, i, k)
    )
    if k == CAPACITY:
        given *= capacity_left(par)
    return float(given)


@rule
def judge(people: R, options: R, par: R, run: R) -> None:
    """Compute what the option on the table is worth to everyone, by interest: U_i (4.4)."""
    h = par[0].interest_weight
    m = run[0].leading
    for i in range(len(people)):
        suits = fit(people[i].interest_x, people[i].interest_y, options[m].x, options[m].y)
        believed = effectiveness(options, par, m, people[i].knowledge, options[m].dilution)
        people[i].utility = h * suits + (1.0 - h) * believed


@rule
def ownership(people: R, par: R, i: int) -> float:
    """own_i: how far i makes the agreement its own, at the table and away from it (4.4)."""
    citizens = people[i].sector in (COMMUNITY, CIVIL_SOCIETY)
    coproduction = par[0].coproduction if citizens else 0.0
    if people[i].seated == 1:
        if citizens:
            return float(OWN_WITHOUT_COPRODUCTION + OWN_BY_COPRODUCTION * coproduction)
        return 1.0
    return float(REPRESENTED_OWN + REPRESENTED_OWN_BY_COPRODUCTION * coproduction)


@rule
def gain(people: R, i: int) -> float:
    """Return the gain of i over its outside option: clip(2.5 (U_i - R_i), 0, 1) (4.4)."""
    return clip(EAGER_FOR_GAIN * (people[i].utility - people[i].outside_option), 0.0, 1.0)


@rule
def commit_to_plan(people: R, ties: R, start: R, par: R, run: R) -> None:
    """Everyone's commitment, fixed at the start of planning (4.4).

    c_i = own_i clip(2.5 (U_i - R_i), 0, 1)(.4 + .6 mean trust of i); a free rider's is 0.
    """
    for i in range(len(people)):
        people[i].pledge = 0.0
        people[i].commitment = 0.0
        if people[i].active == 0 or people[i].free_rider == 1:
            continue
        if run[0].listed_norms == 0:  # the same draw, under the deliberation of now
            people[i].norm = fairness_norm(par, run, people[i].identity)
        trust = mean_trust(people, ties, start, run, i)
        people[i].commitment = (
            ownership(people, par, i)
            * gain(people, i)
            * (COMMITMENT_WITHOUT_TRUST + COMMITMENT_BY_TRUST * trust)
        )


@rule
def assess_needs(people: R, par: R, run: R) -> None:
    """Compute the sums behind the fair shares: what the needs require of all members (4.4).

    ``required``: r = max_k n_k / sum_j a_j e_jk, at most 1; ``amount_asked``: r sum a e / sum a;
    ``effect_asked``: r times the mean effect. Sums run over members with something to give. Then
    what each norm asks of everyone, and the present pledge as a ratio to it: at most 1.5.
    """
    giving, productivity, amount, effects = 0, 0.0, 0.0, 0.0
    for j in range(len(people)):
        e = usable_endowment(people, run, j)
        people[j].usable = e
        if people[j].active == 1 and e > 0.0:
            giving += 1
            productivity += people[j].productivity
            amount += people[j].productivity * e
            effects += effect(people, par, run, j)
    r = 0.0
    for k in range(len(KINDS)):
        if run[0].need[k] <= 0.0:
            continue
        there = 0.0
        for j in range(len(people)):
            if people[j].active == 1:
                there += people[j].productivity * people[j].endowment[k]
        ratio = run[0].need[k] / there if there > run[0].need[k] else 1.0
        if ratio > r:
            r = ratio
    run[0].required = r
    run[0].amount_asked = r * amount / productivity if productivity > 0.0 else 0.0
    run[0].effect_asked = r * effects / giving if giving > 0 else 0.0
    for j in range(len(people)):
        for norm in range(len(NORMS)):
            asked = fair_share(people, par, run, norm, j)
            effort = people[j].pledge / asked if asked > 0.0 else _NOT_COMPARED
            people[j].asked[norm] = asked
            people[j].effort[norm] = least(EFFORT_MOST, effort)


@inner_rule
def fair_share(people: R, par: R, run: R, norm: int, j: int) -> float:
    """Return the share of its endowment that a fairness norm asks of j; 0 if it has none (4.4).

    equal_fraction: r; equal_amount: r (sum a e / sum a) / e_j; equal_effect: r mean(eps) / eps_j;
    each at most 1. Source: Nikiforakis, Noussair & Wilkening 2012.
    """
    e = usable_endowment(people, run, j)
    if e <= 0.0:
        return 0.0
    if norm == EQUAL_FRACTION:
        return float(run[0].required)
    if norm == EQUAL_AMOUNT:
        return least(1.0, run[0].amount_asked / e)
    return least(1.0, run[0].effect_asked / effect(people, par, run, j))


@inner_rule
def others_effort(people: R, ties: R, start: R, run: R, i: int, own: float) -> float:
    """Mean effort of i's neighbours: pledge over the share that *i's* norm asks of them (4.4).

    Without anyone to compare with, it is i's own effort.
    """
    norm = people[i].norm
    total, count = 0.0, 0
    for t in range(start[i], start[i + 1]):
        j = ties[t].neighbour
        effort = people[j].effort[norm]
        compared = in_touch(people, run, i, j) & (effort >= 0.0)
        total += effort if compared else 0.0
        count += 1 if compared else 0
    if count == 0:
        return own
    return total / count


@rule
def covered(run: R) -> bool:
    """Return whether the pool covers every need."""
    return bool(run[0].coverage >= 1.0 - ROUNDING)


@inner_rule
def pledge(people: R, ties: R, start: R, par: R, run: R, i: int) -> float:
    """Return what i pledges at first, and after each round of planning (4.4).

    At first: fair_i min(1.2, .2 + eagerness c_i).

    Short: p + reciprocity (react trust c (1 - coverage)+ fair - resent (1 - trust) (own effort -
    others' effort)+ fair). People top up when the pool is short, and pull back when they think
    that others do less than their share.

    Covered (in a repeated game): p - thrift (coverage - 1)+ p.

    Both within [0, 1]; then plus tremble Z, within [0, 1] again.
    """
    fair = people[i].asked[people[i].norm]
    people[i].fair = fair
    if people[i].free_rider == 1:
        return 0.0
    if run[0].phase_round == 0:
        zeal = FIRST_PLEDGE_LEAST + par[0].eagerness * people[i].commitment
        return clip(fair * least(FIRST_PLEDGE_MOST, zeal), 0.0, 1.0)
    p = people[i].pledge
    if covered(run):
        p -= par[0].thrift * surplus(run[0].coverage - 1.0) * p
    elif fair > 0.0:
        trust = mean_trust(people, ties, start, run, i)
        own = p / fair
        top_up = par[0].react * trust * people[i].commitment * surplus(1.0 - run[0].coverage)
        envy = surplus(own - others_effort(people, ties, start, run, i, own))
        pull_back = par[0].resent * (1.0 - trust) * envy
        p += par[0].reciprocity * (top_up * fair - pull_back * fair)
    return clip(clip(p, 0.0, 1.0) + par[0].tremble * normal(people[i].word_1), 0.0, 1.0)


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
