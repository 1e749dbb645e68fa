"""Calibration: sets of values that agree with what was measured, in waves that close in on them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import special
from tqdm import tqdm

from sim.calibration.keeping import Pieces
from sim.calibration.result import Calibration, Waves, fits, root_mean_square
from sim.calibration.statistics import Numbers
from sim.calibration.target_file import BASE, Free, Task, read_task
from sim.calibration.trying import Bar, asked, try_wave
from sim.calibration.waves import (
    AT_LEAST,
    around,
    drawn,
    effective,
    log_weights,
    prior,
    resampled,
    shares,
)
from sim.language import _
from sim.scenario import Scenario, load
from sim.studies.posterior import Posterior

RUNS, SETS, WAVES = 100, 1024, 12
ENOUGH = 400  # effective sets at which it ends
ACCEPTED = 200  # sets of the posterior
START_RUNS, CHECK_RUNS = (
    10,
    5,
)  # times as many runs as a set has: of the start values, of the posterior
FRESH = 3_000_000_000  # the first run number of these, which no wave reaches
MOST_RUNS, MOST_SETS, MOST_WAVES = 10_000, 2**15, 100
START_WAVE, CHECK_WAVE = 0, 999


def calibrate(
    scenario: Scenario | str,
    targets: str | Path,
    runs: int = RUNS,
    sets: int = SETS,
    waves: int = WAVES,
    seed: int = 1,
    store: str | Path | None = None,
    progress: bool = True,
) -> Calibration:
    """Find the values of free parameters under which the model meets measured targets.

    The method is adaptive multiple importance sampling on a scrambled Sobol' design, with the
    targets' tolerances as errors around them; see the model description, section 8.6.

    Parameters
    ----------
    scenario
        What the targets are measured in where they name no other scenario.
    targets
        A TOML file that says which parameters are free, and what is to come out.
    runs
        Runs of each scenario under each set.
    sets
        Sets of a wave: a power of 2.
    waves
        The most waves; fewer, if enough sets fit before.
    seed
        From 0 to 2^64 - 1.
    store
        A folder that keeps what is done. One that was interrupted goes on where it stopped, and
        ends with the posterior of an undisturbed one; one that asks for more waves adds those.
    progress
        Show a progress bar, if stderr is a terminal.

    Raises
    ------
    ScenarioError
        Whatever is wrong with scenario or targets, with file and line.
    ValueError
        A number outside its range, or a target that no set has a number for.
    StoreError
        The store is the folder of something else.
    OSError
        The store cannot be written.

    Examples
    --------
    >>> import sim, tempfile
    >>> file = Path(tempfile.mkdtemp(), "targets.toml")
    >>> _ = file.write_text('''
    ... [[parameters]]
    ... field = "debate.concession"
    ... low = 0.5
    ... high = 3.0
    ... [[targets]]
    ... says = "in our district agreement took 40 months"
    ... outcome = "months_to_agreement"
    ... statistic = "median"
    ... value = 40
    ... band = [30, 50]
    ... ''')
    >>> found = sim.calibrate("community", file, runs=20, sets=16, waves=2)
    >>> found.parameters()["field"].tolist()
    ['debate.concession']
    """
    task = read_task(load(scenario) if isinstance(scenario, str) else scenario, targets)
    _require_numbers(runs, sets, waves, seed)
    pieces = Pieces(asked(task, runs, sets, seed), None if store is None else Path(store))
    with tqdm(
        total=sets * waves + 1 + ACCEPTED, unit=_("sets"), disable=None if progress else True
    ) as bar:
        found = _narrow(task, runs, sets, waves, seed, pieces, bar)
        start = np.array([_start(task)])
        many = START_RUNS * runs
        at_start = try_wave(task, start, START_WAVE, seed, FRESH // many, many, pieces, bar)
        posterior = _posterior(task, found, at_start)
        many = CHECK_RUNS * runs
        fresh = FRESH // many + 2 * START_RUNS  # behind the runs of the start values
        checked = try_wave(task, posterior.sets, _check_wave(found), seed, fresh, many, pieces, bar)
    # Both this and the distance of the start values rest on runs that chose nothing.
    posterior = replace(posterior, distances=root_mean_square(task, checked))
    return Calibration(task, seed, runs, found, posterior, at_start[0], checked)


def _narrow(
    task: Task, runs: int, sets: int, waves: int, seed: int, pieces: Pieces, bar: Bar
) -> Waves:
    """Wave after wave, until enough sets fit."""
    clouds = [prior(len(task.free))]
    scores = np.empty((0, len(task.free)))
    numbers = np.empty((0, len(task.targets), 2))
    for wave in range(1, waves + 1):
        new = drawn(clouds[-1], sets, seed, wave)
        values = values_of(task.free, new)
        tried = try_wave(task, values, wave, seed, (wave - 1) * sets, runs, pieces, bar)
        scores, numbers = np.concatenate([scores, new]), np.concatenate([numbers, tried])
        fit = fits(task, numbers).sum(axis=1)
        weights = shares(log_weights(scores, fit, clouds))
        if not weights.any():
            raise ValueError(_nothing_fits(task, numbers))
        bar.set_postfix({_("effective"): f"{effective(weights):.0f}"}, refresh=False)
        if effective(weights) >= ENOUGH or wave == waves:
            break
        clouds.append(around(scores, fit, clouds, AT_LEAST * sets))
    return Waves(clouds, scores, values_of(task.free, scores), numbers)


def values_of(free: tuple[Free, ...], scores: Numbers) -> Numbers:
    """Normal scores as values, even between their bounds, in ten digits."""
    low = np.array([item.low for item in free])
    high = np.array([item.high for item in free])
    found: Numbers = low + special.ndtr(scores) * (high - low)
    return np.clip(np.round(found, 10), low, high)


def _posterior(task: Task, found: Waves, at_start: Numbers) -> Posterior:
    """Equal sets drawn by weight; one that is drawn several times weighs as much more."""
    fit = fits(task, found.numbers)
    weights = shares(log_weights(found.scores, fit.sum(axis=1), found.clouds))
    times = resampled(weights, ACCEPTED)
    rows = np.flatnonzero(times)
    return Posterior(
        task.fields, _start(task), float(root_mean_square(task, at_start)[0]),
        found.values[rows], times[rows], root_mean_square(task, found.numbers[rows]),
    )  # fmt: skip


def _check_wave(found: Waves) -> int:
    """A number for the wave of the check, another one after each number of waves."""
    return CHECK_WAVE - len(found.clouds)


def _start(task: Task) -> tuple[float, ...]:
    """What the scenario has in the free fields."""
    return tuple(float(task.scenarios[BASE].value(field)) for field in task.fields)


def _nothing_fits(task: Task, numbers: Numbers) -> str:
    """Which target no set has a number for."""
    text = _("no set of values gives enough runs that have: {targets}")
    missing = [
        target.name
        for place, target in enumerate(task.targets)
        if np.isnan(numbers[:, place, 0]).all()
    ]
    return text.format(targets=", ".join(missing) or _("all outcomes at once"))


def _require_numbers(runs: int, sets: int, waves: int, seed: int) -> None:
    """Refuse numbers outside their range."""
    if not 0 <= seed < 2**64:
        raise ValueError(
            _("seed is {number}; it must be from 0 to {most}", number=seed, most=2**64 - 1)
        )
    limits: Mapping[str, tuple[int, int, int]] = {
        "runs": (runs, 5, MOST_RUNS),
        "sets": (sets, 2, MOST_SETS),
        "waves": (waves, 1, MOST_WAVES),
    }
    for name, (number, least, most) in limits.items():
        if not least <= number <= most:
            text = _("{name} is {number}; it must be from {least} to {most}")
            raise ValueError(text.format(name=name, number=number, least=least, most=most))
    if sets & (sets - 1):
        text = _("sets is {number}; it must be a power of 2, such as {near}")
        raise ValueError(text.format(number=sets, near=2 ** (sets.bit_length() - 1)))
    if runs * sets * waves > FRESH:
        raise ValueError(_("runs x sets x waves must be at most {most:,}", most=FRESH))
