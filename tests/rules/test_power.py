"""Power indices beyond the exact limits, and Gini."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.arrays import Arrays, records
from sim.rules.decision import CONSENSUS_MINUS_ONE, LEAD, MAJORITY, decided
from sim.rules.membership import update_totals
from sim.rules.power_index import MAX_EXACT, SAMPLED_ORDERS, gini, power_indices
from sim.rules.state import POWER_INDEX, R, at_table
from sim.scenario import RULES, Scenario
from tests.rules.staged import COMPILED, Numbers, founded, table_of
from tests.strategies import scenarios

SAMPLES = SAMPLED_ORDERS if COMPILED else 300


def indices(state: Arrays, samples: int = SAMPLES) -> tuple[int, R]:
    found = records(len(state.people), POWER_INDEX)
    arrays = state.people, state.ties, state.start, state.par, state.run
    orders = power_indices(*arrays, found, samples)
    return orders, found


def decided_by(state: Arrays, rows: tuple[int, ...]) -> bool:
    """Whether these rows are enough, if all others object."""
    state.people["accepts"] = 0
    state.people["accepts"][list(rows)] = 1
    return bool(decided(state.people, state.par, state.run))


def joining_one_by_one(state: Arrays) -> list[float]:
    """The same indices the long way: every order, one acceptance after the other."""
    there = [i for i in range(len(state.people)) if at_table(state.people, i)]
    pivots = dict.fromkeys(range(len(state.people)), 0)
    if not decided_by(state, ()):
        for order in itertools.permutations(there):
            for k, i in enumerate(order):
                if decided_by(state, order[: k + 1]):
                    pivots[i] += 1
                    break
    return [count / math.factorial(len(there)) for count in pivots.values()]


def by_sets(state: Arrays) -> Numbers:
    """The same indices by Shapley's formula, over who has accepted before."""
    n = int(state.run[0].table)
    index = np.zeros(n)
    for size in range(n):
        weight = math.factorial(size) * math.factorial(n - 1 - size) / math.factorial(n)
        for before in itertools.combinations(range(n), size):
            if not decided_by(state, before):
                for i in set(range(n)) - set(before):
                    index[i] += weight * decided_by(state, (*before, i))
    return index


@st.composite
def tables(draw: st.DrawFn) -> Arrays:
    """Up to five at a table, perhaps others away from it, any rule and vetoes."""
    scenario = draw(scenarios())
    state = founded(scenario)
    there = draw(st.integers(0, 5))
    state.people["seated"] = np.arange(len(state.people)) < there
    state.people["accepts"] = draw(st.integers(0, 1))
    update_totals(state.people, state.ties, state.start, state.par, state.run)
    return state


@settings(max_examples=100 if COMPILED else 10)
@given(tables())
def test_an_index_is_the_share_of_orders_that_one_decides(state: Arrays) -> None:
    before = state.people.copy()
    orders, found = indices(state)
    changed = [
        name
        for name in before.dtype.names or ()
        if before[name].tobytes() != state.people[name].tobytes()
    ]
    assert set(changed) <= {"order"}  # scratch
    assert orders == math.factorial(int(state.run[0].table))
    assert found["index"].tolist() == joining_one_by_one(state)
    assert not found["error"].any()


def test_a_sector_with_a_veto_is_more_decisive() -> None:
    scenario = Scenario().variant(
        {"form.kind": "team", "decision.rule": "majority", "decision.veto": ["government"]}
    )
    state = founded(scenario)
    _orders, found = indices(state)
    seated = state.people["seated"] == 1
    government = state.people["sector"] == 0
    assert found["index"][seated & government].min() > found["index"][seated & ~government].max()
    assert found["index"].sum() == pytest.approx(1)


def test_nobody_is_decisive_where_no_acceptance_is_needed() -> None:
    state = table_of(1, rule=CONSENSUS_MINUS_ONE)
    _orders, found = indices(state)
    assert found["index"].tolist() == [0, 0, 0]


def test_many_at_the_table_are_sampled_with_their_standard_error() -> None:
    """Eleven estimates beyond 4.5 standard errors: one seed in 13,000."""
    power = np.array([6, 5, 4, 3, 2, 2, 1, 1, 1, 1, 0.5])
    assert len(power) > MAX_EXACT
    state = table_of(len(power), rule=LEAD, lead_quorum=0.6)
    state.people["power"] = power / power.sum()
    orders, found = indices(state)
    assert orders == SAMPLES
    exact = by_sets(state)
    expected_error = np.sqrt(exact * (1 - exact) / SAMPLES)
    assert np.all(np.abs(found["index"] - exact) <= 4.5 * expected_error)  # a dummy is never off
    share = found["index"]
    assert np.allclose(found["error"], np.sqrt(share * (1 - share) / SAMPLES), rtol=1e-12)
    assert found["index"].sum() == pytest.approx(1)


def test_sampled_orders_are_the_same_each_time_and_others_in_another_run() -> None:
    def drawn(run: int) -> list[int]:
        state = founded(Scenario(), run=run)
        state.par["rule"] = MAJORITY
        return [int(count) for count in indices(state, 100)[1]["pivots"]]

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)
    assert sum(drawn(0)) == 100


@pytest.mark.parametrize("rule", RULES)
def test_sampling_gives_every_order_one_who_decides(rule: str) -> None:
    state = founded(Scenario().variant({"decision.rule": rule}))
    state.people["accepts"][::2] = 1
    before = state.people["accepts"].copy()
    orders, found = indices(state, 200)
    assert found["pivots"].sum() == orders == 200
    assert np.array_equal(state.people["accepts"], before)


amounts = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)


@given(amounts)
def test_gini_is_half_the_mean_difference_by_the_mean(values: list[float]) -> None:
    array: npt.NDArray[np.float64] = np.array(values)
    if array.sum() == 0:
        assert math.isnan(gini(values))
        return
    difference = np.abs(array[:, np.newaxis] - array).mean()
    assert gini(values) == pytest.approx(difference / (2 * array.mean()), abs=1e-9)
    assert -1e-9 <= gini(values) <= 1 - 1 / len(values) + 1e-9
    assert gini([7 * value for value in values]) == pytest.approx(gini(values), abs=1e-9)


@given(st.floats(1e-3, 1e6), st.integers(1, 30))
def test_gini_of_equals_is_zero_and_of_one_owner_nearly_one(value: float, count: int) -> None:
    assert gini([value] * count) == pytest.approx(0, abs=1e-9)
    assert gini([value] + [0] * (count - 1)) == pytest.approx(1 - 1 / count)
