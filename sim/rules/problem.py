"""The problem: its value and scale, its options, the facts about them, and what each wants (2.3).

Facts, options and interests belong to the problem's number, whatever cycle it is taken up in.
"""

import math

from numpy import uint64

from sim.rules import draws
from sim.rules.arithmetic import clip, most, surplus
from sim.rules.compile import helper
from sim.rules.draws import EVERYTHING, NOTHING, Word, bit, normal, philox, size, uniform, words
from sim.rules.state import (
    COMMUNITY,
    GOVERNMENT,
    PRIVATE,
    R,
    drawn,
    inner_rule,
    rule,
)
from sim.scenario import KINDS, SECTORS

CANDIDATES = 5  # problems that a strategic table chooses among
MIDDLE, APART = 0.5, 0.4  # where interests meet, and how far from it a sector's centre lies
SECTOR_MOOD = 0.05  # SD of a sector's centre from problem to problem
OPTION_SCATTER = 0.1  # SD of an option's place around its sector's centre
EFFECT_LOW, EFFECT_HIGH = 0.05, 0.95


@helper
def centre_x(sector: int, conflict: float) -> float:
    """Return the centre of a sector's interests on the first axis; low conflict pulls it inwards.

    Government (.5, .9), private (.9, .5), community (.1, .5), civil society (.5, .1).
    """
    if sector == PRIVATE:
        return MIDDLE + conflict * APART
    if sector == COMMUNITY:
        return MIDDLE - conflict * APART
    return MIDDLE


@helper
def centre_y(sector: int, conflict: float) -> float:
    """Return where a sector's interests centre on the second axis (see :func:`centre_x`)."""
    if sector == GOVERNMENT:
        return MIDDLE + conflict * APART
    if sector in (PRIVATE, COMMUNITY):
        return MIDDLE
    return MIDDLE - conflict * APART


@rule
def draw_interests(people: R, par: R, run: R) -> None:
    """Draw what each stakeholder wants for the present problem (2.3); listed interests stay."""
    if run[0].listed_interests == 1:
        return
    for s in range(len(SECTORS)):
        w_1, w_2, _w_3, _w_4 = drawn(run, draws.CENTRE, run[0].problem, s, 0)
        x = centre_x(s, par[0].conflict) + SECTOR_MOOD * normal(w_1)
        y = centre_y(s, par[0].conflict) + SECTOR_MOOD * normal(w_2)
        for i in range(len(people)):
            if people[i].sector == s:
                w_1, w_2, _w_3, _w_4 = drawn(
                    run, draws.INTEREST, run[0].problem, people[i].identity, 0
                )
                people[i].interest_x = clip(x + par[0].spread * normal(w_1), 0.0, 1.0)
                people[i].interest_y = clip(y + par[0].spread * normal(w_2), 0.0, 1.0)


@helper
def better_value(value_1: float, scale_1: float, value_2: float, scale_2: float) -> bool:
    """Return whether the first problem gives more value for its scale than the second."""
    return value_1 * scale_2 > value_2 * scale_1


@rule
def choose_problem(par: R, run: R) -> None:
    """Draw the next problem: of five candidates the best by value for scale, or the first (4.1).

    A strategic table looks at all five with probability *strategic*. Candidates differ in value
    and scale only.
    """
    run[0].problem += 1
    number = run[0].problem
    s_1, _s_2, _s_3, _s_4 = drawn(run, draws.STRATEGIC, number, 0, 0)
    looks = uniform(s_1) < par[0].strategic
    for candidate in range(CANDIDATES):
        w_1, w_2, _w_3, _w_4 = drawn(run, draws.PROBLEM, number, candidate, 0)
        value = par[0].value_low + par[0].value_span * uniform(w_1)
        scale = par[0].scale_low + par[0].scale_span * uniform(w_2)
        if candidate == 0 or (looks and better_value(value, scale, run[0].value, run[0].scale)):
            run[0].value = value
            run[0].scale = scale
    for k in range(len(KINDS)):
        run[0].need[k] = par[0].need[k] * run[0].scale
        run[0].real_need[k] = run[0].need[k]


@rule
def proposal(people: R, par: R, run: R, sector: int) -> tuple[float, float]:
    """Return where a sector's own proposal lies, before it is scattered (2.3).

    At the sector's pulled centre; where interests are listed, at the mean of its stakeholders';
    for a sector without stakeholders in the middle.
    """
    there, x, y = 0, 0.0, 0.0
    for i in range(len(people)):
        if people[i].sector == sector:
            there += 1
            x += people[i].interest_x
            y += people[i].interest_y
    if there == 0:
        return MIDDLE, MIDDLE
    if run[0].listed_interests == 1:
        return x / there, y / there
    return centre_x(sector, par[0].conflict), centre_y(sector, par[0].conflict)


@rule
def draw_options(people: R, options: R, par: R, run: R) -> None:
    """Place the options: each sector's own proposal, the rest in the middle (2.3).

    A listed option is nobody's proposal. One whose place is listed has that place in every problem.
    """
    number = run[0].problem
    for m in range(len(options)):
        options[m].dilution = 0.0
        options[m].opportunities = NOTHING
        options[m].obstacles = NOTHING
        if options[m].placed == 1:
            options[m].x = options[m].drawn_x
            options[m].y = options[m].drawn_y
            continue
        x, y = MIDDLE, MIDDLE
        if m < len(SECTORS) and run[0].listed_options == 0:
            x, y = proposal(people, par, run, m)
        w_1, w_2, _w_3, _w_4 = drawn(run, draws.OPTION, number, m, 0)
        options[m].x = clip(x + OPTION_SCATTER * normal(w_1), 0.0, 1.0)
        options[m].y = clip(y + OPTION_SCATTER * normal(w_2), 0.0, 1.0)
        options[m].drawn_x = options[m].x
        options[m].drawn_y = options[m].y


@helper
def is_opportunity(key_0: Word, key_1: Word, problem: int, fact: int) -> bool:
    """Return whether a fact speaks for its option; at even odds it is an obstacle (2.3)."""
    w_1, _w_2, _w_3, _w_4 = words(key_0, key_1, draws.FACT, problem, fact, 0)
    return uniform(w_1) < 0.5


@rule
def draw_facts(people: R, options: R, par: R, run: R) -> None:
    """Draw the facts: fact f is about option f mod M and belongs to a sector with members (2.3)."""
    members = NOTHING
    for s in range(len(SECTORS)):
        run[0].sector_facts[s] = NOTHING
    for i in range(len(people)):
        members = members | bit(people[i].sector)
    for f in range(int(par[0].fact_count)):
        _w_1, w_2, _w_3, _w_4 = drawn(run, draws.FACT, run[0].problem, f, 0)
        m = f % len(options)
        if is_opportunity(run[0].key_0, run[0].key_1, run[0].problem, f):
            options[m].opportunities = options[m].opportunities | bit(f)
        else:
            options[m].obstacles = options[m].obstacles | bit(f)
        owner = draws.pick(members, w_2)
        run[0].sector_facts[owner] = run[0].sector_facts[owner] | bit(f)


@helper
def known_fact(word: Word, fact: Word, own: Word, knowledge: float, elsewhere: float) -> Word:
    """Return the set that holds the fact if it is known; facts of ``own`` have another chance."""
    one = bit(0) << fact
    chance = knowledge if own & one != NOTHING else elsewhere
    return one if uniform(word) < chance else NOTHING


@rule
def draw_knowledge(people: R, par: R, run: R) -> None:
    """Draw what each knows at the start (2.3).

    Facts of its sector with probability ``knowledge``, others with ``knowledge`` x ``spill``. One
    block of four words serves four facts.
    """
    facts, number = uint64(par[0].fact_count), uint64(run[0].problem)
    key_0, key_1 = run[0].key_0, run[0].key_1
    p, q = par[0].knowledge, par[0].knowledge * par[0].spill
    for i in range(len(people)):
        own, known = run[0].sector_facts[people[i].sector], NOTHING
        purpose, who = uint64(draws.KNOWLEDGE), uint64(people[i].identity)
        for block in range(uint64(0), (facts + uint64(3)) // uint64(4)):
            f = uint64(block) * uint64(4)
            w_1, w_2, w_3, w_4 = philox(key_0, key_1, purpose, number, who, uint64(block))
            known |= known_fact(w_1, f, own, p, q) | known_fact(w_2, f + bit(0), own, p, q)
            known |= known_fact(w_3, f + uint64(2), own, p, q)
            known |= known_fact(w_4, f + uint64(3), own, p, q)
        people[i].knowledge = known & (EVERYTHING >> (uint64(64) - facts))


@rule
def draw_problem(people: R, options: R, par: R, run: R) -> None:
    """Draw a new problem: interests, options, facts, knowledge; positions start at interests."""
    choose_problem(par, run)
    draw_interests(people, par, run)
    draw_options(people, options, par, run)
    draw_facts(people, options, par, run)
    draw_knowledge(people, par, run)
    for i in range(len(people)):
        people[i].position_x = people[i].interest_x
        people[i].position_y = people[i].interest_y


@inner_rule
def effectiveness(options: R, par: R, m: int, known: Word, dilution: float) -> float:
    """Return how effective option m is by the facts in a set; by all facts, how effective it is.

    clip(q0 + g (opportunities - obstacles) - dilution, .05, .95) (2.3).
    """
    balance = size(known & options[m].opportunities) - size(known & options[m].obstacles)
    return clip(par[0].q0 + par[0].g * balance - dilution, EFFECT_LOW, EFFECT_HIGH)


@helper
def distance(x_1: float, y_1: float, x_2: float, y_2: float) -> float:
    """Distance of two places in the policy plane."""
    return math.sqrt((x_1 - x_2) * (x_1 - x_2) + (y_1 - y_2) * (y_1 - y_2))


@helper
def fit(x_1: float, y_1: float, x_2: float, y_2: float) -> float:
    """Return how well a place suits another: (1 - distance)+ (4.3)."""
    return surplus(1.0 - distance(x_1, y_1, x_2, y_2))


@inner_rule
def worth(options: R, par: R, m: int, x: float, y: float, known: Word) -> float:
    """Worth of option m as it stands, seen from a place with a set of facts (4.3).

    h fit + (1 - h) believed effectiveness, h = interest_weight.
    """
    h = par[0].interest_weight
    return float(
        h * fit(x, y, options[m].x, options[m].y)
        + (1.0 - h) * effectiveness(options, par, m, known, options[m].dilution)
    )


@inner_rule
def favourite(people: R, options: R, par: R, i: int) -> int:
    """Return the option that is worth most to i at its position; the lowest number of equals."""
    best, choice = -1.0, 0
    for m in range(len(options)):
        it = worth(options, par, m, people[i].position_x, people[i].position_y, people[i].knowledge)
        choice = m if it > best else choice
        best = most(best, it)
    return choice
