"""Where the model must agree with published results to rounding (model description 8.1).

All of it on the rules that both engines use, with the state set by hand where a result asks for
another start than a drawn one. Nothing here is random: a failure is an error.
"""

import itertools
import math
import random
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.arrays import Arrays, records
from sim.engine.runs import outcomes_of
from sim.rules.debate import accepts, draft, take_sides
from sim.rules.decision import CONSENSUS, LEAD, MAJORITY, SUPERMAJORITY, decide, decided
from sim.rules.membership import update_totals
from sim.rules.outcomes import OUTCOMES
from sim.rules.power_index import gini, power_indices
from sim.rules.state import POWER_INDEX
from sim.scenario import RULES, Scenario, load, shipped
from tests.rules.staged import COMPILED, Numbers, place, places, table_of, talk, trust
from tests.strategies import scenarios

ROUNDING = 1e-12
AGREEMENT = [outcome.name for outcome in OUTCOMES].index("agreement")
RUNS = 40 if COMPILED else 1


def same(values: object, expected: object, within: float = ROUNDING) -> bool:
    return bool(np.all(np.abs(np.asarray(values) - np.asarray(expected)) <= within))


# DeGroot 1974: a weighted mean of oneself and those whom one trusts.

DEGROOT_TRUST = np.array([[0, 0.5, 0.5], [1, 0, 0], [0, 1, 0]])
DEGROOT_WEIGHTS = np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0], [0, 0.5, 0.5]])


def degroot(start: Numbers) -> Arrays:
    state = table_of(3, self_weight=1.0)
    trust(state, DEGROOT_TRUST)
    place(state, start)
    return state


def test_degroot_moves_by_its_matrix() -> None:
    for k in range(3):  # from each corner: a column of the matrix at a time
        start = np.column_stack([np.eye(3)[k], 1 - np.eye(3)[k]])
        state = degroot(start)
        talk(state)
        assert same(places(state), DEGROOT_WEIGHTS @ start)


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_degroot_ends_where_its_weights_say(coordinates: list[float]) -> None:
    start = np.reshape(coordinates, (3, 2))
    state = degroot(start)
    talk(state, 40)
    assert same(places(state), np.array([0.4, 0.4, 0.2]) @ start)


# Friedkin & Johnsen 1990: pulled back by what one wanted at first.


@given(
    st.integers(2, 6), st.floats(0.001, 1), st.floats(0.01, 1), st.randoms(use_true_random=False)
)
def test_friedkin_johnsen_comes_to_rest_at_its_fixed_point_for_any_mu(
    seats: int, mu: float, anchor: float, numbers: random.Random
) -> None:
    levels = np.array(
        [[0.01 + 0.99 * numbers.random() for _ in range(seats)] for _ in range(seats)]
    )
    np.fill_diagonal(levels, 0)
    weights = levels / levels.sum(axis=1, keepdims=True)
    wanted = np.array([[numbers.random(), numbers.random()] for _ in range(seats)])
    rest = np.linalg.solve(np.eye(seats) - (1 - anchor) * weights, anchor * wanted)

    state = table_of(seats, mu=mu, anchor=anchor)
    trust(state, levels)
    place(state, rest, wanted)
    talk(state)
    assert same(places(state), rest)  # there it stays
    start = 1 - wanted
    place(state, start)
    talk(state)
    step = start + mu * ((1 - anchor) * (weights @ start - start) + anchor * (wanted - start))
    assert same(places(state), step)
    nearer = (1 - mu * anchor) * np.abs(start - rest).max()
    assert np.abs(step - rest).max() <= nearer + ROUNDING  # from anywhere else it gets there


@pytest.mark.parametrize(("mu", "rounds"), [(1.0, 60), (0.5, 120), (0.03, 2000)])
def test_friedkin_johnsen_two_agents(mu: float, rounds: int) -> None:
    state = table_of(2, mu=mu, anchor=0.5)
    trust(state, 0.7)
    place(state, [0, 1], [0, 1])
    talk(state, rounds)
    assert same(places(state)[:, 0], [1 / 3, 2 / 3])


@pytest.mark.parametrize(("seats", "anchor", "kept"), [(3, 0.5, 0.4), (5, 0.7, 0.7 / 1.075)])
def test_friedkin_johnsen_complete_graph_keeps_a_part_of_each_deviation(
    seats: int, anchor: float, kept: float
) -> None:
    wanted = np.linspace(0.1, 0.8, seats) ** 2
    state = table_of(seats, anchor=anchor)
    trust(state, 0.3)
    place(state, wanted, wanted)
    talk(state, 100)
    ended = places(state)[:, 0]
    assert same(ended.mean(), wanted.mean())
    assert same(ended - ended.mean(), kept * (wanted - wanted.mean()))


# Hegselmann & Krause 2002: nobody listens to what is too far away.


def clusters(seats: int, confidence: float) -> int:
    state = table_of(seats, self_weight=0.5, confidence=confidence)
    trust(state, 0.5)
    place(state, (np.arange(seats) + 0.5) / seats)
    for _round in range(60):
        before = places(state)
        talk(state)
        if same(places(state), before):
            return len(np.unique(places(state)[:, 0].round(9)))
    raise AssertionError("still moving")


def test_hegselmann_krause_one_cluster_or_more() -> None:
    assert clusters(50, 0.30) == 1
    assert clusters(50, 0.15) > 1


def test_hegselmann_krause_three_meet_in_two_steps() -> None:
    state = table_of(3, self_weight=0.5, confidence=0.5)
    trust(state, 0.5)
    place(state, [0, 0.5, 1])
    talk(state)
    assert same(places(state)[:, 0], [0.25, 0.5, 0.75])
    talk(state)
    assert same(places(state)[:, 0], 0.5)


# Faratin, Sierra & Jennings 1998: how fast what is asked for comes down.


def negotiation(seats: int, deadline: int, **levels: float) -> Arrays:
    """Everybody's best is an option at its own place, the last option is on the table."""
    state = table_of(seats, interest_weight=1.0, deadline=deadline, concession=1.0, **levels)
    place(state, np.linspace(0, 1, seats))
    state.options["x"][:seats] = np.linspace(0, 1, seats)
    state.options["y"] = 0.5
    state.people["outside_option"] = 0.0
    draft(state.people, state.options, state.par, state.run)
    state.run[0].leading = len(state.options) - 1
    return state


def come_to_round(state: Arrays, number: int) -> None:
    """Go on to a round of the debate, with the same option on the table."""
    state.run[0].phase_round = number
    take_sides(state.people, state.options, state.par, state.run)


@pytest.mark.parametrize(
    ("concession", "mean_trust", "conceded"),
    [
        (1.0, 0.0, (0.0625, 0.25, 0.5625)),
        (0.5, 0.5, (0.0625, 0.25, 0.5625)),
        (4.0, 0.0, (0.5, math.sqrt(0.5), math.sqrt(0.75))),
        (2.0, 0.5, (0.5, math.sqrt(0.5), math.sqrt(0.75))),
    ],
)
@pytest.mark.parametrize("outside_option", [0.0, 0.3])
def test_faratin_aspirations(
    concession: float, mean_trust: float, conceded: tuple[float, ...], outside_option: float
) -> None:
    state = negotiation(3, deadline=100)
    trust(state, mean_trust)
    state.par["concession"] = concession
    state.people["outside_option"] = outside_option
    for elapsed, part in zip((25, 50, 75, 100), (*conceded, 1.0), strict=True):
        come_to_round(state, elapsed)
        for i in range(3):
            accepts(state.people, state.ties, state.options, state.par, state.run, i)
            assert same(state.people[i].aspiration, 1 - part * (1 - outside_option))


def test_faratin_two_parties_first_meet() -> None:
    deadline = 10_000_000
    state = negotiation(2, deadline)
    trust(state, [[0, 0.0], [0.5, 0]])  # concession .5 and 1

    def both(elapsed: int, draft: float) -> list[bool]:
        come_to_round(state, elapsed)
        state.options[-1].x = draft
        arrays = state.people, state.ties, state.options, state.par, state.run
        return [bool(accepts(*arrays, i)) for i in range(2)]

    def gap(elapsed: int) -> float:
        """From what the first accepts at most to what the second accepts at least."""
        both(elapsed, 0.5)
        return float(state.people[0].aspiration + state.people[1].aspiration - 1)

    apart, met = 1, deadline
    while met - apart > 1:
        middle = (apart + met) // 2
        apart, met = (apart, middle) if gap(middle) <= 0 else (middle, met)
    assert round(met / deadline, 6) == 0.618034
    gap(met)
    draft = 1 - float(state.people[0].aspiration)
    assert round(draft, 6) == 0.381966
    # Once they have met both accept it; before, no draft that either would accept suits the other.
    assert both(met + 10, draft) == [True, True]
    assert both(met - 10, draft - 1e-5) == [True, False]
    assert both(met - 10, draft + 1e-5) == [False, True]
    assert False in both(met - 10, draft)


# Davis 1973: who would accept by themselves, and what a rule makes of it.


def chance_of_agreement(seats: int, rule: int, acceptance: float) -> float:
    """Over all profiles of who accepts and who does not, each with its own chance."""
    state = table_of(seats, rule=rule, quorum=2 / 3)
    state.run[0].leading = 0
    total = 0.0
    for profile in itertools.product((0, 1), repeat=seats):
        state.people["accepts"] = profile
        state.run[0].agreed = 0
        decide(state.people, state.options, state.par, state.run, state.log)
        yes = sum(profile)
        total += state.run[0].agreed * acceptance**yes * (1 - acceptance) ** (seats - yes)
    return total


@pytest.mark.parametrize(
    ("seats", "rule", "acceptance", "chance"),
    [
        (9, SUPERMAJORITY, 0.6, 0.48261),
        (9, MAJORITY, 0.6, 0.73343),
        (5, CONSENSUS, 0.9, 0.59049),
    ],
)
def test_independent_voters(seats: int, rule: int, acceptance: float, chance: float) -> None:
    assert round(chance_of_agreement(seats, rule, acceptance), 5) == chance


ENOUGH: dict[str, Callable[[list[bool], list[Fraction]], bool]] = {
    "consensus": lambda yes, power: all(yes),
    "consensus_minus_one": lambda yes, power: yes.count(False) <= 1,
    "supermajority": lambda yes, power: 3 * sum(yes) >= 2 * len(yes),
    "majority": lambda yes, power: 2 * sum(yes) > len(yes),
    "lead": lambda yes, power: sum(itertools.compress(power, yes)) > Fraction(1, 2),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seats", range(1, 8))
def test_every_profile_is_decided_as_the_rule_is_written(seats: int, rule: str) -> None:
    """With power 1, 2, ... of which some groups have exactly half; a veto needs more than half."""
    state = table_of(seats, rule=RULES.index(rule), quorum=2 / 3)
    power = [Fraction(2 * k, seats * (seats + 1)) for k in range(1, seats + 1)]
    state.people["power"][:seats] = [float(part) for part in power]
    state.people["sector"][: seats // 2] = 1
    update_totals(state.people, state.ties, state.start, state.par, state.run)
    for veto in (False, True):
        state.par["veto"][0, 1] = veto
        for profile in itertools.product((False, True), repeat=seats):
            state.people["accepts"][:seats] = profile
            theirs = profile[: seats // 2]
            withheld = veto and bool(theirs) and 2 * sum(theirs) <= len(theirs)
            expected = ENOUGH[rule](list(profile), power) and not withheld
            assert decided(state.people, state.par, state.run) == expected


# What a stricter rule can decide, a laxer one has decided before.


def agreed(scenario: Scenario, rule: str, first: int, runs: int) -> Numbers:
    """Whether each of some consecutive runs agreed."""
    ends = outcomes_of(scenario.variant({"decision.rule": rule}), 1, first, runs)
    return ends[:, AGREEMENT]


def in_order(scenario: Scenario, first: int, runs: int) -> bool:
    """No stricter rule agreed where a laxer one did not."""
    strict, middle, lax = (
        agreed(scenario, rule, first, runs) for rule in ("consensus", "supermajority", "majority")
    )
    return not ((strict > middle) | (middle > lax)).any()


@pytest.mark.parametrize("name", shipped())
def test_a_laxer_rule_agrees_in_every_run_in_which_a_stricter_one_does(name: str) -> None:
    assert in_order(load(name), 0, RUNS)


@settings(max_examples=100 if COMPILED else 5)
@given(scenarios(), st.integers(0, 2**32 - 1))
def test_a_laxer_rule_agrees_when_a_stricter_one_does_in_any_scenario(
    scenario: Scenario, run: int
) -> None:
    assert in_order(scenario, run, 1)


def test_rules_do_differ() -> None:
    """Otherwise the two tests above would show nothing."""
    scenario = load("baseline")
    rates = [
        agreed(scenario, rule, 0, RUNS).mean()
        for rule in ("consensus", "supermajority", "majority")
    ]
    assert not COMPILED or rates[0] < rates[2]


# Shapley & Shubik 1954: whose acceptance decides. Gini 1912: how unequally things are shared.


def indices(power: list[float], **levels: float) -> list[float]:
    state = table_of(len(power), **levels)
    state.people["power"] = power
    found = records(len(power), POWER_INDEX)
    arrays = state.people, state.ties, state.start, state.par, state.run
    assert power_indices(*arrays, found, 0) == math.factorial(len(power))
    return [float(index) for index in found["index"]]


@pytest.mark.parametrize("power", [[1, 1, 1], [0.97, 0.01, 0.01, 0.01, 0], [4, 4, 4, 2, 2, 1]])
def test_under_consensus_all_are_decisive_alike(power: list[float]) -> None:
    assert indices(power, rule=CONSENSUS) == [1 / len(power)] * len(power)


def test_who_has_half_the_power_decides_two_thirds() -> None:
    power = [2 / 4, 1 / 4, 1 / 4]
    assert indices(power, rule=LEAD, lead_quorum=0.5) == [2 / 3, 1 / 6, 1 / 6]


def test_luxembourg_never_decided_in_the_council_of_1958() -> None:
    power = [votes / 17 for votes in (4, 4, 4, 2, 2, 1)]
    expected = [7 / 30, 7 / 30, 7 / 30, 3 / 20, 3 / 20, 0]
    assert indices(power, rule=LEAD, lead_quorum=11.5 / 17) == expected


def test_gini_of_unequal_endowments() -> None:
    assert gini([36, 36, 12, 12]) == 0.25


def test_half_is_no_supermajority_however_low_its_quorum() -> None:
    state = table_of(6, rule=SUPERMAJORITY, quorum=math.nextafter(0.5, 1))
    for yes, enough in ((3, False), (4, True)):
        state.people["accepts"][:6] = [1] * yes + [0] * (6 - yes)
        assert decided(state.people, state.par, state.run) == enough
