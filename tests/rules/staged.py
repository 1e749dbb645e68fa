"""Tables set up by hand, on the arrays that both engines use."""

import numba
import numpy as np
import numpy.typing as npt

from sim.engine.arrays import Arrays, arrays
from sim.rules.course import initialise
from sim.rules.debate import argue, move
from sim.rules.listening import commit, prepare_talk
from sim.rules.membership import update_totals
from sim.rules.problem import draw_problem
from sim.rules.state import at_table
from sim.scenario import Scenario

COMPILED = not numba.config.DISABLE_JIT
Numbers = npt.NDArray[np.float64]

# Everyone is heard, nobody errs, trust stays: what is left of a debate is its dynamics.
STILL = {
    "deliberation": 1.0,
    "confidence": 1.5,
    "anchor": 0.0,
    "self_weight": 0.0,
    "mu": 1.0,
    "wobble": 0.0,
    "eta_face": 0.0,
    "eta_learn": 0.0,
}


def founded(scenario: Scenario, seed: int = 1, run: int = 0) -> Arrays:
    """The arrays of a run whose stakeholders, table and ties are laid."""
    state = arrays(scenario, seed, run)
    initialise(
        state.people, state.ties, state.start, state.par, state.run, state.edges, state.slots
    )
    return state


def table_of(seats: int, **levels: float) -> Arrays:
    """So many at a table where all are tied to all, before the first round of a first debate."""
    counts = {"private": 0, "community": 0, "civil_society": 0, "government": max(seats, 3)}
    changes = {f"stakeholders.{sector}.count": count for sector, count in counts.items()}
    state = founded(Scenario().variant({**changes, "form.ties": "complete", "trust.tie_sd": 0}))
    state.people["seated"][seats:] = 0
    draw_problem(state.people, state.options, state.par, state.run)
    state.run[0].cycle = 1
    for name, level in {**STILL, **levels}.items():
        state.par[name] = level
    update_totals(state.people, state.ties, state.start, state.par, state.run)
    return state


def place(state: Arrays, positions: npt.ArrayLike, interests: npt.ArrayLike | None = None) -> None:
    """Put those at the table at these places; one number each is a place on the first axis."""
    seats = int(state.run[0].table)
    for kind, given in (("position", positions), ("interest", interests)):
        if given is not None:
            plane = np.asarray(given, dtype=np.float64).reshape(seats, -1)
            state.people[f"{kind}_x"][:seats] = plane[:, 0]
            state.people[f"{kind}_y"][:seats] = plane[:, 1] if plane.shape[1] == 2 else 0.5


def places(state: Arrays) -> Numbers:
    """Where those at the table stand, a row each."""
    seats = int(state.run[0].table)
    people = state.people[:seats]
    return np.column_stack([people["position_x"], people["position_y"]])


def trust(state: Arrays, levels: npt.ArrayLike) -> None:
    """Set the trust of each (row) in each (column); one number is everyone's trust in everyone."""
    count = len(state.people)
    table = np.zeros((count, count))
    given = np.asarray(levels, dtype=np.float64)
    rows = len(given) if given.ndim else count
    table[:rows, :rows] = given
    for i in range(count):
        for t in range(state.start[i], state.start[i + 1]):
            state.ties[t].trust = table[i, state.ties[t].neighbour]


def talk(state: Arrays, rounds: int = 1) -> None:
    """Rounds of arguing and moving, as the engines play them."""
    for _round in range(rounds):
        state.run[0].phase_round += 1
        prepare_talk(state.people, state.ties, state.run, 0)
        for i in range(len(state.people)):
            if at_table(state.people, i):
                argue(state.people, state.ties, state.par, state.run, state.log, i)
                move(state.people, state.ties, state.par, i)
        commit(state.people, state.ties, state.run)
