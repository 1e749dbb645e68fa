"""Runs of thousands: the same rules, refused where they do not fit, told where they can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.engine import runs
from sim.engine.arrays import arrays, records
from sim.engine.runs import outcomes_of
from sim.engine.tables import MAX_INDEXED
from sim.rules.course import initialise
from sim.rules.memory import LINE, MANY
from sim.rules.state import PEOPLE, TIES
from sim.rules.ties import edge_key, slot_of, tied
from sim.scenario import SECTORS, Scenario, ScenarioError
from sim.view.console import MAX_STAKEHOLDERS, format_power
from tests.rules.staged import COMPILED


def crowd(count: int, **changes: object) -> Scenario:
    """So many stakeholders, in the baseline's proportions."""
    counts = {f"stakeholders.{s}.count": count // 4 for s in SECTORS}
    paths = {path.replace("__", "."): value for path, value in changes.items()}
    return Scenario().variant(counts | paths)


def test_a_row_begins_where_a_line_begins() -> None:
    for dtype in (PEOPLE, TIES):
        assert dtype.itemsize % LINE == 0
        assert records(3, dtype).ctypes.data % LINE == 0


def test_what_is_asked_of_a_neighbour_in_talk_lies_in_its_first_line() -> None:
    asked = ("voice", "knowledge", "argument", "position_x", "position_y", "seated", "active")
    assert all(PEOPLE.fields[name][1] < LINE for name in asked)  # type: ignore[index]


@pytest.mark.skipif(not COMPILED, reason="slow without compiling")
@pytest.mark.parametrize("kind", ["community", "network"])
def test_a_crowd_runs_the_same_row_by_row(kind: str) -> None:
    """Above ``MANY`` rows are asked for ahead of their time: no number may depend on it."""
    scenario = crowd(MANY + 400, form__kind=kind, horizon=4, listening__rounds=2)
    ended = outcomes_of(scenario, 3, 5, 1)[0]
    model = sim.CollaborationModel(scenario, seed=3, run=5)
    while model.running:
        model.step()
    assert np.array_equal(ended, model.result().outcomes.to_numpy(), equal_nan=True)


@pytest.mark.skipif(not COMPILED, reason="slow without compiling")
@pytest.mark.parametrize("invite", ["equal", "power", "random", "connected"])
def test_a_small_table_of_a_crowd_holds_whom_the_invitation_names(invite: str) -> None:
    scenario = crowd(20_000, form__kind="network", form__seats=40, form__invite=invite)
    state = arrays(scenario, seed=1, run=0)
    initialise(
        state.people, state.ties, state.start, state.par, state.run, state.edges, state.slots
    )
    people = state.people
    assert people["seated"].sum() == 40
    if invite in ("equal", "power"):
        for sector in range(len(SECTORS)) if invite == "equal" else (None,):
            own = people if sector is None else people[people["sector"] == sector]
            least = own["power"][own["seated"] == 1].min()
            assert least > own["power"][own["seated"] == 0].max()
    if invite == "connected":
        network = people["endowment"][:, 2]
        assert network[people["seated"] == 1].min() > network[people["seated"] == 0].max()


@pytest.mark.skipif(not COMPILED, reason="slow without compiling")
def test_delegates_of_a_crowd_are_tied_to_everyone_they_speak_to() -> None:
    scenario = crowd(8_000, form__kind="team", form__seats=8)
    state = arrays(scenario, seed=1, run=0)
    initialise(
        state.people, state.ties, state.start, state.par, state.run, state.edges, state.slots
    )
    degree = np.diff(state.start)
    seated = state.people["seated"] == 1
    assert (degree[seated] == 7_999).all()
    assert (degree[~seated] == 8).all()


@given(st.integers(3, 2**20), st.data())
@settings(max_examples=50)
def test_pairs_are_told_apart_whatever_their_number(n: int, data: st.DataObject) -> None:
    rows = st.integers(0, n - 1)
    pairs = data.draw(st.lists(st.tuples(rows, rows).filter(lambda p: p[0] != p[1]), max_size=40))
    slots = np.zeros(256, dtype=np.uint64)
    for a, b in pairs:
        key = edge_key(a, b, n)
        slots[slot_of(slots, key)] = key
    for a, b in pairs:
        assert tied(slots, a, b, n)
        assert tied(slots, b, a, n)
    there = {frozenset(pair) for pair in pairs}
    for a, b in data.draw(st.lists(st.tuples(rows, rows), max_size=40)):
        assert tied(slots, a, b, n) == (frozenset((a, b)) in there)


def test_ties_that_fit_nowhere_are_refused() -> None:
    with pytest.raises(ScenarioError, match=r"form.ties: lays up to 199,990,001 ties"):
        crowd(20_000, form__ties="complete")
    with pytest.raises(ScenarioError, match="neighbours"):
        crowd(400_000, form__k=600)
    crowd(400_000, form__k=10)


def test_a_run_of_too_many_has_no_tables_of_every_month() -> None:
    with pytest.raises(runs.TooLarge, match="36,000,000 rows"):
        sim.run(crowd(100_000))
    with pytest.raises(ValueError, match="returns what the runs end with"):
        sim.run(crowd(100_000))


def test_a_large_power_table_is_cut_off() -> None:
    said = format_power(crowd(4_000))
    assert f"No power index is given for more than {MAX_INDEXED:,} at the table." in said
    assert said.endswith(f"... and {4_000 - MAX_STAKEHOLDERS:,} more")
    assert "±" not in said
