"""What holds in every run of every valid scenario, in its tables and in its state."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.engine.arrays import arrays
from sim.rules import planning, state
from sim.rules.events import EVENTS
from sim.rules.outcomes import OUTCOMES
from sim.rules.state import EDGES, LOG, OPTIONS, PAR, PEOPLE, RUN, SCHEDULE, TIES
from sim.scenario import KINDS, SECTORS, Scenario
from tests.strategies import scenarios

SHARES = (
    "participation", "agreement", "agreements", "acceptance", "support", "understanding",
    "retried", "ranking_before", "ranking_agreement", "satisfaction", "worst_off",
    "covered_rounds", "delivery", "unspent", "carried_out", "trust", "retention", "survived_10y",
    "decision_quality", "opinion_change",
    *(f"satisfaction_{sector}" for sector in SECTORS),
    *(f"contribution_{sector}" for sector in SECTORS),
)  # fmt: skip
NOT_NEGATIVE = (
    "months_to_agreement", "opinion_spread", "position_spread", "inequity", "coverage",
    "public_value", "effort", "effort_per_month", "months_survived",
)  # fmt: skip
SIGNED = ("ranking_gain", "co_optation", "capture")


def within(values: pd.Series, low: float, high: float) -> bool:
    known = values.dropna().astype(float)
    return bool(((known >= low - 1e-9) & (known <= high + 1e-9)).all())


@given(scenarios(), st.integers(0, 1000))
@settings(max_examples=150)
def test_every_quantity_stays_inside_its_bounds(scenario: Scenario, run: int) -> None:
    done = sim.run(scenario, run=run)
    assert {*SHARES, *NOT_NEGATIVE, *SIGNED} == {item.name for item in OUTCOMES}
    assert within(done.outcomes[list(SHARES)], 0, 1)
    assert within(done.outcomes[list(NOT_NEGATIVE)], 0, math.inf)
    assert within(done.outcomes[list(SIGNED)], -1, 1)
    people, rounds, events = done.stakeholders, done.rounds, done.events
    for column in (
        "interest_x", "interest_y", "position_x", "position_y", "expectation", "commitment",
        "pledge", "delivered", "satisfaction", "utility",
    ):  # fmt: skip
        assert within(people[column], 0, 1), column
    assert within(people["outside_option"], 0.02, 0.9)
    assert math.isclose(people["power"].sum(), 1.0, rel_tol=1e-9)
    for column in ("trust", "understanding", "expectation", "institution", "accepting",
                   "accepting_power", "commitment", "pledge", "delivering", "step"):  # fmt: skip
        assert within(rounds[column], 0, 1), column
    assert list(rounds["round"]) == list(range(1, len(rounds) + 1))
    assert len(rounds) <= scenario.latest_round
    assert (rounds["table"] <= rounds["members"]).all()
    assert (events["event"].isin([name for name, _says in EVENTS])).all()
    assert events["round"].is_monotonic_increasing
    assert not np.isinf(events[["value", "bound"]].to_numpy()).any()


@given(scenarios(), st.integers(0, 1000))
@settings(max_examples=100)
def test_the_tables_tell_one_story(scenario: Scenario, run: int) -> None:
    done = sim.run(scenario, run=run)
    events, people, out = done.events, done.stakeholders, done.outcomes
    agreed = events[events["event"] == "agreed"]
    if not math.isnan(out["agreements"]):
        assert math.isclose(out["agreements"], len(agreed) / scenario.cycles)
    if len(agreed):
        assert out["months_to_agreement"] == agreed["round"].iloc[0]
        assert out["acceptance"] == agreed["value"].iloc[0]
    else:
        assert math.isnan(out["months_to_agreement"])
    assert math.isclose(out["retention"], people["member"].mean())
    assert math.isclose(out["participation"], people["took_part"].mean())
    stayed_away = events[events["event"] == "stayed_away"]["who"]
    assert set(stayed_away) == set(people.query("not took_part")["name"])
    delivered = events[events["event"] == "delivered"]["value"]
    unfunded = (events["event"] == "unfunded").sum() if "action" in scenario.phases else 0
    if len(delivered) + unfunded:
        assert math.isclose(out["delivery"], delivered.sum() / (len(delivered) + unfunded))
    else:
        assert math.isnan(out["delivery"])
    dissolved = (events["event"] == "dissolved").any()
    if out["survived_10y"] == 0:
        assert dissolved
        assert out["months_survived"] < 120
    told = events[events["event"].isin(["explained", "argued"])]
    assert told[["who", "whom", "option", "fact", "kind"]].notna().all().all()
    assert (told["who"] != told["whom"]).all()


@given(scenarios(), st.integers(0, 50), st.integers(1, 12))
@settings(max_examples=60)
def test_power_is_conserved_and_the_pool_is_what_was_pledged(
    scenario: Scenario, run: int, rounds: int
) -> None:
    model = sim.CollaborationModel(scenario, run=run)
    for _ in range(rounds):
        model.step()
    people, state = model.arrays.people, model.arrays
    assert math.isclose(people["power"].sum(), 1.0, rel_tol=1e-9)
    assert ((people["active"] == 1) | (people["active"] == 0)).all()
    used = state.ties[: state.start[-1]]
    assert ((used["trust"] >= 0) & (used["trust"] <= 1)).all()
    planning.pool(people, state.par, state.run)
    together = state.run[0].pool.copy()
    alone = np.zeros(len(KINDS))
    pledges = people["pledge"].copy()
    for i in range(len(people)):  # the pool of one pledge after the other
        people["pledge"] = 0.0
        people[i].pledge = pledges[i]
        planning.pool(people, state.par, state.run)
        alone += state.run[0].pool
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-12)


def test_no_field_of_a_record_is_hidden_by_numpy() -> None:
    # A field named like a method of NumPy's scalars cannot be read in plain Python.
    for dtype in (PEOPLE, TIES, OPTIONS, PAR, RUN, EDGES, SCHEDULE):
        assert [name for name in dtype.names or () if hasattr(np.void, name)] == []
    written_only = {*(LOG.names or ()), *(state.SERIES.names or ())}
    assert {name for name in written_only if hasattr(np.void, name)} == {"round"}


def test_arrays_of_two_runs_share_nothing() -> None:
    from sim.engine.arrays import for_run, template

    blank = template(sim.load("election"))
    one, other = for_run(blank, 1, 0), for_run(blank, 1, 0)
    for name, rows in one._asdict().items():
        assert not np.shares_memory(rows, getattr(other, name)), name
        assert not np.shares_memory(rows, getattr(blank, name)), name
    assert np.shares_memory(one.levels, one.par)
    assert arrays(sim.load("election")).schedule["month"].max() > 0


@pytest.mark.parametrize(
    "changes",
    [
        {f"stakeholders.{sector}.count": 0 for sector in SECTORS[1:]}
        | {"stakeholders.government.count": 3},
        {f"stakeholders.private.{kind}": 0.0 for kind in KINDS},
        {f"stakeholders.{sector}.{kind}": 0.0 for sector in SECTORS for kind in KINDS},
        {f"problem.need_{kind}": 0.0 for kind in KINDS},
        {"problem.fact_count": 64},
        {"problem.fact_count": 1, "problem.option_count": 16},
        {"phases": ("planning",), "planning.stop_when_covered": False},
        {"phases": ("listening", "debate"), "decide": False},
        {"horizon": 1},
        {"form.kind": "team", "form.seats": 3, "form.membership": "open"},
        {"stakeholders.government.power": 0.0, "decision.rule": "lead"},
    ],
)
def test_extremes_run(changes: dict[str, object]) -> None:
    done = sim.run(sim.load("baseline").variant(changes))
    assert len(done.stakeholders) >= 3
    assert 0 <= done.outcomes["participation"] <= 1


def test_nothing_needed_is_covered_at_once() -> None:
    needless = {f"problem.need_{kind}": 0.0 for kind in KINDS}
    done = sim.run(sim.load("mandated").variant({**needless, "decision.rule": "majority"}))
    assert done.outcomes["coverage"] == 1.0
    assert done.outcomes["covered_rounds"] == 1.0


def test_two_thousand_stakeholders_run() -> None:
    counts = dict(zip(SECTORS, (400, 400, 800, 400), strict=True))
    many = {f"stakeholders.{sector}.count": count for sector, count in counts.items()}
    done = sim.run(sim.load("baseline").variant({**many, "cycles": 1, "form.deadline": 6}))
    assert len(done.stakeholders) == 2000
