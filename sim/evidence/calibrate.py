"""Calibration: sets of values under which the model meets measured targets.

Waves of sets close in on those that fit. The tables of the result say which values fit, which
target narrows them, and which targets are in conflict.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special
from tqdm import tqdm

from sim.base.text import N_, _
from sim.evidence.evaluate import (
    MIN_SHARE,
    Evaluator,
    PieceStore,
    Proposal,
    adapt,
    draw,
    effective,
    log_weights,
    prior,
    resampled,
    shares,
    task_digest,
)
from sim.evidence.measures import EDGE
from sim.evidence.target_file import BASE, Free, Task, read_task
from sim.scenario import Scenario, load
from sim.studies.posterior import Posterior
from sim.studies.statistics import Numbers

RUNS, SETS, WAVES = 100, 1024, 12
ENOUGH = 400  # effective sets at which it ends
ACCEPTED = 200  # sets of the posterior
# Times as many runs as a set has: of the start values, of the posterior.
START_RUNS, CHECK_RUNS = 10, 5
FRESH = 3_000_000_000  # the first run number of these, which no wave reaches
MAX_RUNS, MAX_SETS, MAX_WAVES = 10_000, 2**15, 100
START_WAVE, CHECK_WAVE = 0, 999
ENDS = (0.05, 0.5, 0.95)  # of the 90 % range
FEW = 30  # effective sets below which a number is not to be trusted

# name, what it says
PARAMETER_COLUMNS = (
    ("field", N_("the free parameter")),
    ("low", N_("its least value")),
    ("high", N_("its greatest value")),
    ("start", N_("what it was before")),
    ("median", N_("median of the sets that fit")),
    ("from", N_("lower end of the range that holds 90 % of them")),
    ("to", N_("upper end of it")),
    ("width", N_("how wide that range is, against the same before: 1 is as wide")),
    ("by", N_("the target that alone would narrow it most")),
    ("width_by", N_("and how wide it would be with that target alone")),
)
TARGET_COLUMNS = (
    ("target", N_("the target")),
    ("says", N_("what was measured")),
    ("value", N_("the value")),
    ("band_low", N_("the band: from here")),
    ("band_high", N_("to here")),
    ("start", N_("what the values before give")),
    ("median", N_("what the sets that fit give, in fresh runs: the median")),
    ("from", N_("lower end of the range that holds 90 % of them")),
    ("to", N_("upper end of it")),
    ("inside", N_("share of the sets under which it is inside the band, in fresh runs")),
)
LEAVE_ONE_OUT_COLUMNS = (
    ("target", N_("the target that was left out")),
    ("value", N_("the value")),
    ("band_low", N_("the band: from here")),
    ("band_high", N_("to here")),
    ("predicted", N_("what the sets that fit all others give: the median")),
    ("from", N_("lower end of the range that holds 90 % of them")),
    ("to", N_("upper end of it")),
    ("inside", N_("how likely it is to be inside the band")),
    ("verdict", N_("predicted: the median is inside; failed; or open, if too few sets count")),
    ("effective", N_("how many equal sets this rests on")),
)
CONFLICT_COLUMNS = (
    ("target", N_("a target")),
    ("other", N_("one that pulls against it")),
    ("distance", N_("how far the target is from being met, in standard errors")),
    ("without", N_("how far it would be, were the other left out")),
    ("relief", N_("the difference")),
    ("effective", N_("how many equal sets the latter rests on")),
)
PREDICTED, FAILED, UNSURE = N_("predicted"), N_("failed"), N_("open")


class Waves(NamedTuple):
    """All sets that were evaluated.

    Attributes
    ----------
    proposals
        The distribution that each wave was drawn from.
    scores, values
        One row a set, one column a parameter: as normal scores, and as they are.
    numbers
        The model's number and its error for each target: shape (sets, targets, 2).
    """

    proposals: list[Proposal]
    scores: Numbers
    values: Numbers
    numbers: Numbers


def fits(task: Task, numbers: Numbers) -> Numbers:
    """Return the log-likelihood of each target under each set: shape (sets, targets)."""
    columns = [
        target.log_likelihood(numbers[:, place, 0], numbers[:, place, 1])
        for place, target in enumerate(task.targets)
    ]
    return np.stack(columns, axis=1)


def distances(task: Task, numbers: Numbers) -> Numbers:
    """Return the distance from each target under each set, in standard errors."""
    columns = [
        target.distance(numbers[:, place, 0], numbers[:, place, 1])
        for place, target in enumerate(task.targets)
    ]
    return np.stack(columns, axis=1)


def root_mean_square(task: Task, numbers: Numbers) -> Numbers:
    """Return the distance of each set from all targets, in standard errors."""
    result: Numbers = np.sqrt(np.square(distances(task, numbers)).mean(axis=1))
    return result


def quantiles(values: Numbers, weights: Numbers, levels: tuple[float, ...] = ENDS) -> Numbers:
    """Return quantiles of weighted values, without missing ones.

    >>> quantiles(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), (0.5,)).tolist()
    [2.0]
    """
    present = (weights > 0) & ~np.isnan(values)
    if not present.any():
        return np.full(len(levels), np.nan)
    order = np.argsort(values[present], kind="stable")
    values, weights = values[present][order], weights[present][order]
    middles = (np.cumsum(weights) - weights / 2) / weights.sum()
    result: Numbers = np.interp(levels, middles, values)
    return result


@dataclass(frozen=True, eq=False, repr=False)
class CalibrationData:
    """The result of a calibration, as data; for its attributes see :class:`sim.Calibration`."""

    task: Task
    seed: int
    runs: int
    waves: Waves
    posterior: Posterior
    at_start: Numbers
    checked: Numbers

    @cached_property
    def _fits(self) -> Numbers:
        return fits(self.task, self.waves.numbers)

    @cached_property
    def weights(self) -> Numbers:
        """The weight of each evaluated set; they sum to 1."""
        return self._weights_of(range(len(self.task.targets)))

    def _weights_of(self, targets: Iterable[int]) -> Numbers:
        """Return the weight of each set if only these targets count."""
        fit = self._fits[:, list(targets)].sum(axis=1)
        return shares(log_weights(self.waves.scores, fit, self.waves.proposals))

    def _weights_without(self, place: int) -> Numbers:
        return self._weights_of(k for k in range(len(self.task.targets)) if k != place)

    @property
    def effective(self) -> float:
        """The effective number of sets that the posterior rests on (Kish 1965)."""
        return effective(self.weights)

    def parameters(self) -> pd.DataFrame:
        """Return one row a free parameter: before and after, and the target that narrows it most.

        Columns are those of ``PARAMETER_COLUMNS``.
        """
        alone = self._widths_alone()
        rows = []
        for place, (free, start) in enumerate(
            zip(self.task.free, self.posterior.start, strict=True)
        ):
            low, middle, high = quantiles(self.waves.values[:, place], self.weights)
            best = int(np.argmin(alone[place]))
            rows.append(
                (free.field, free.low, free.high, start, middle, low, high,
                 width_of(low, high, free.low, free.high),
                 self.task.targets[best].name, alone[place, best])
            )  # fmt: skip
        return pd.DataFrame(rows, columns=[name for name, _meaning in PARAMETER_COLUMNS])

    def _widths_alone(self) -> Numbers:
        """Return the width of each parameter's range with each target alone."""
        widths = np.empty((len(self.task.free), len(self.task.targets)))
        for place in range(len(self.task.targets)):
            weights = self._weights_of([place])
            for row, free in enumerate(self.task.free):
                low, _middle, high = quantiles(self.waves.values[:, row], weights)
                widths[row, place] = width_of(low, high, free.low, free.high)
        return widths

    def constrains(self) -> pd.DataFrame:
        """Return one row a parameter and target: correlation, and width with this target alone.

        ``correlation`` is Spearman's over the first wave, which covers the bounds evenly; ``width``
        is that of the 90 % range with this target alone, relative to the range without targets.
        """
        from scipy.stats import spearmanr  # late: slow to import

        first = len(self.waves.values) // len(self.waves.proposals)
        alone = self._widths_alone()
        rows = []
        for row, free in enumerate(self.task.free):
            for place, target in enumerate(self.task.targets):
                x, y = self.waves.values[:first, row], self.waves.numbers[:first, place, 0]
                present = ~np.isnan(y)
                varies = present.sum() > 2 and np.ptp(y[present]) > 0
                rank = spearmanr(x[present], y[present]).statistic if varies else np.nan
                rows.append((free.field, target.name, float(rank), alone[row, place]))
        return pd.DataFrame(rows, columns=["field", "target", "correlation", "width"])

    def targets(self) -> pd.DataFrame:
        """Return one row a target: how well it is met, before and after. See ``TARGET_COLUMNS``.

        The sets that fit are checked in runs that did not choose them.
        """
        rows = []
        for place, target in enumerate(self.task.targets):
            numbers = self.checked[:, place, 0]
            low, middle, high = quantiles(numbers, self.posterior.weights)
            inside = np.average(target.inside(numbers), weights=self.posterior.weights)
            rows.append(
                (target.name, target.says, target.value, target.low, target.high,
                 self.at_start[place, 0], middle, low, high, float(inside))
            )  # fmt: skip
        return pd.DataFrame(rows, columns=[name for name, _meaning in TARGET_COLUMNS])

    def missed(self) -> list[str]:
        """Return the targets that are outside their band under most sets that fit.

        The noise of the runs counts, as it alone could put a number outside a narrow band.
        """
        beyond = np.abs(distances(self.task, self.checked)) > EDGE
        share = np.average(beyond, axis=0, weights=self.posterior.weights)
        return [self.task.targets[place].name for place in np.flatnonzero(share > 0.5)]

    def left_out(self) -> pd.DataFrame:
        """Return one row a target, predicted by the sets that fit all others.

        All evaluated sets are weighted without the target; none is evaluated again. The prediction
        is rough if few sets then count (``effective``). Ranges include the noise of the runs of
        each set. Columns are those of ``LEAVE_ONE_OUT_COLUMNS``.
        """
        rows = []
        for place, target in enumerate(self.task.targets):
            weights, numbers = self._weights_without(place), self.waves.numbers[:, place, 0]
            low, middle, high = quantiles(numbers, weights)
            inside = float((weights * target.inside(numbers)).sum())
            count = effective(weights)
            verdict = PREDICTED if target.inside(np.array([middle]))[0] else FAILED
            rows.append(
                (target.name, target.value, target.low, target.high, middle, low, high, inside,
                 UNSURE if count < FEW else verdict, count)
            )  # fmt: skip
        return pd.DataFrame(rows, columns=[name for name, _meaning in LEAVE_ONE_OUT_COLUMNS])

    def pulls(self) -> pd.DataFrame:
        """Return one row a pair of targets in conflict, the strongest conflict first.

        Without one of them the other is met better, by ``relief``. See ``CONFLICT_COLUMNS``.
        """
        away = np.abs(distances(self.task, self.waves.numbers))
        away = np.where(np.isfinite(away), away, 0.0)  # of sets that weigh nothing
        with_all = self.weights @ away
        rows = []
        for other, left in enumerate(self.task.targets):
            weights = self._weights_without(other)
            without = weights @ away
            for place, target in enumerate(self.task.targets):
                relief = with_all[place] - without[place]
                if place != other and relief > 0:
                    row = (target.name, left.name, with_all[place], without[place], relief)
                    rows.append((*row, effective(weights)))
        table = pd.DataFrame(rows, columns=[name for name, _meaning in CONFLICT_COLUMNS])
        return table.sort_values("relief", ascending=False, ignore_index=True)


def calibrate(
    scenario: Scenario | str,
    targets: str | Path,
    *,
    runs: int = RUNS,
    sets: int = SETS,
    waves: int = WAVES,
    seed: int = 1,
    store: str | Path | None = None,
    progress: bool = True,
) -> CalibrationData:
    """Evaluate wave after wave of sets; for the parameters see :func:`sim.calibrate`."""
    task = read_task(load(scenario) if isinstance(scenario, str) else scenario, targets)
    _require_numbers(runs, sets, waves, seed)
    digest = task_digest(task, runs, sets, seed)
    pieces = PieceStore(digest, None if store is None else Path(store))
    with tqdm(
        total=sets * waves + 1 + ACCEPTED, unit=_("sets"), disable=None if progress else True
    ) as bar:
        evaluator = Evaluator(task, seed, pieces, bar)
        all_waves = _narrow(evaluator, runs, sets, waves)
        start, start_runs = np.array([_start(task)]), START_RUNS * runs
        at_start = evaluator.wave(START_WAVE, start, first=FRESH // start_runs, runs=start_runs)
        posterior = _posterior(task, all_waves, at_start)
        check_runs = CHECK_RUNS * runs
        first = FRESH // check_runs + 2 * START_RUNS  # after the runs of the start values
        number = CHECK_WAVE - len(all_waves.proposals)  # another one after each number of waves
        checked = evaluator.wave(number, posterior.sets, first=first, runs=check_runs)
    # Both this and the distance of the start values rest on runs that chose nothing.
    posterior = replace(posterior, distances=root_mean_square(task, checked))
    return CalibrationData(task, seed, runs, all_waves, posterior, at_start[0], checked)


def _narrow(evaluator: Evaluator, runs: int, sets: int, waves: int) -> Waves:
    """Evaluate wave after wave, until enough sets fit."""
    task, seed, _store, bar = evaluator
    proposals = [prior(len(task.free))]
    scores = np.empty((0, len(task.free)))
    numbers = np.empty((0, len(task.targets), 2))
    for wave in range(1, waves + 1):
        new = draw(proposals[-1], sets, seed, wave)
        evaluated = evaluator.wave(
            wave, values_of(task.free, new), first=(wave - 1) * sets, runs=runs
        )
        scores, numbers = np.concatenate([scores, new]), np.concatenate([numbers, evaluated])
        fit = fits(task, numbers).sum(axis=1)
        weights = shares(log_weights(scores, fit, proposals))
        if not weights.any():
            raise ValueError(_nothing_fits(task, numbers))
        bar.set_postfix({_("effective"): f"{effective(weights):.0f}"}, refresh=False)
        if effective(weights) >= ENOUGH or wave == waves:
            break
        proposals.append(adapt(scores, fit, proposals, MIN_SHARE * sets))
    return Waves(proposals, scores, values_of(task.free, scores), numbers)


def values_of(free: tuple[Free, ...], scores: Numbers) -> Numbers:
    """Return the values of normal scores: uniform between the bounds, rounded to ten decimals."""
    low = np.array([item.low for item in free])
    high = np.array([item.high for item in free])
    values: Numbers = low + special.ndtr(scores) * (high - low)
    return np.clip(np.round(values, 10), low, high)


def _posterior(task: Task, waves: Waves, at_start: Numbers) -> Posterior:
    """Return sets drawn by weight; a set that is drawn several times has a weight of as many."""
    fit = fits(task, waves.numbers)
    weights = shares(log_weights(waves.scores, fit.sum(axis=1), waves.proposals))
    times = resampled(weights, ACCEPTED)
    rows = np.flatnonzero(times)
    return Posterior(
        task.fields, _start(task), float(root_mean_square(task, at_start)[0]),
        waves.values[rows], times[rows], root_mean_square(task, waves.numbers[rows]),
    )  # fmt: skip


def _start(task: Task) -> tuple[float, ...]:
    """Return the values of the free fields before the calibration."""
    return tuple(float(task.scenarios[BASE].value(field)) for field in task.fields)


def _nothing_fits(task: Task, numbers: Numbers) -> str:
    """Return the error message if no set fits: the targets that no set has a number for."""
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
    limits = {
        "runs": (runs, 5, MAX_RUNS),
        "sets": (sets, 2, MAX_SETS),
        "waves": (waves, 1, MAX_WAVES),
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


def width_of(low: float, high: float, least: float, most: float) -> float:
    """Return the width of a range, relative to 90 % of the distance between two bounds.

    >>> round(width_of(0.05, 0.95, 0.0, 1.0), 9)
    1.0
    """
    return (high - low) / ((ENDS[-1] - ENDS[0]) * (most - least))


def distance_of(result: CalibrationData) -> float:
    """Return the distance from all targets of the sets that fit, in fresh runs.

    It is the root mean square of the targets' distances in standard errors, averaged over sets.
    """
    squares = np.square(root_mean_square(result.task, result.checked))
    return float(np.sqrt(np.average(squares, weights=result.posterior.weights)))
