"""What one tie costs in one round of talk: printed, not judged. ``make bench`` runs it.

Beside it, a bare loop that only makes the same draws and reads the same ties, as the rules do. All
are timed on states of a real run, one after the other, so that the processor cannot learn by heart
what is heard and understood in them.
"""

import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

import sim
from sim.rules import draws
from sim.rules.debate import argue, move, take_sides
from sim.rules.listening import draw_talks, listen, prepare_talk
from sim.rules.state import DEBATE, LISTENING, R, at_table

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="plain Python has no such costs"),
]

RUNS, ROUNDS = 6, 20  # of each run its first rounds of the phase
compiled = numba.njit(nogil=True, error_model="numpy")


def states_of(run: int, phase: int) -> list[tuple[Any, ...]]:
    """The arrays of a run of baseline after rounds of a phase; no log is kept."""
    found: list[tuple[Any, ...]] = []
    model = sim.CollaborationModel(sim.load("baseline"), run=run)
    while model.running and len(found) < ROUNDS:
        model.step()
        if model.arrays.run[0].phase == phase:
            found.append((*(rows.copy() for rows in model.state[:6]), model.state[6][:0]))
    return found


@compiled
def nothing(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """The cost of setting the scene."""


@compiled
def draw(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """Only the draws."""
    draw_talks(ties, run, draws.DEBATE, 0, run[0].talks)


@compiled
def bare(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """The same draws, and every tie is read with its words and who speaks."""
    draw_talks(ties, run, draws.DEBATE, 0, run[0].talks)
    for i in range(len(people)):
        if at_table(people, i):
            total = 0.0
            for k in range(people[i].first_talk, people[i].end_talk):
                t = ties[k].talk
                words = ties[k].word_1 + ties[k].word_2 + ties[k].word_3
                total += words + ties[t].trust + people[ties[t].neighbour].voice
            people[i].lot = total


@compiled
def listened(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """The draws, and everyone listens."""
    draw_talks(ties, run, draws.LISTENING, 0, run[0].talks)
    for i in range(len(people)):
        if at_table(people, i):
            listen(people, ties, par, run, log, i)


@compiled
def argued(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """The draws, and everyone hears the arguments."""
    draw_talks(ties, run, draws.DEBATE, 0, run[0].talks)
    for i in range(len(people)):
        if at_table(people, i):
            argue(people, ties, par, run, log, i)


@compiled
def debated(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """The same, and everyone has a favourite and moves."""
    prepare_talk(people, ties, run, 0)
    take_sides(people, options, par, run)
    for i in range(len(people)):
        if at_table(people, i):
            argue(people, ties, par, run, log, i)
            move(people, ties, par, i)


def nanoseconds(work: Callable[..., None], runs: list[list[tuple[Any, ...]]]) -> float:
    """What one tie costs in it, mean of the runs: the least of many times through the states."""

    @compiled
    def play(people, ties, start, options, par, run, log, were, had, lay, stood):  # type: ignore[no-untyped-def]
        for k in range(len(were)):
            for i in range(len(people)):
                people[i] = were[k, i]
            for t in range(len(ties)):
                ties[t] = had[k, t]
            for m in range(len(options)):
                options[m] = lay[k, m]
            run[0] = stood[k, 0]
            work(people, ties, start, options, par, run, log)

    spent = []
    for states in runs:
        stacked = [np.stack([state[place] for state in states]) for place in (0, 1, 3, 5)]
        own = tuple(rows.copy() for rows in states[0])
        talks = sum(int(state[5][0].talks) for state in states)
        play(*own, *stacked)
        least = float("inf")
        for _ in range(2_000):
            began = time.perf_counter_ns()
            play(*own, *stacked)
            least = min(least, time.perf_counter_ns() - began)
        spent.append(least / talks)
    return float(np.mean(spent))


@pytest.mark.parametrize(("phase", "name"), [(LISTENING, "listening"), (DEBATE, "debate")])
def test_one_tie(phase: int, name: str) -> None:
    states = [states_of(run, phase) for run in range(RUNS)]
    rest = nanoseconds(nothing, states)
    whole = nanoseconds(listened if phase == LISTENING else argued, states) - rest
    drawing, reading = nanoseconds(draw, states) - rest, nanoseconds(bare, states) - rest
    print(f"\none tie in one round of {name}: {whole:.1f} ns; a bare loop {reading:.1f} ns")
    print(
        f"  draws {drawing:.1f}, memory {reading - drawing:.1f}, "
        f"arithmetic and chance {whole - reading:.1f}; {whole / reading:.1f} times the bare loop"
    )
    if phase == DEBATE:
        moving = nanoseconds(debated, states) - rest
        print(f"  with favourites and movement, by tie: {moving:.1f} ns")
