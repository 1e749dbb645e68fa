"""What a calibration found: which values fit, what decides them, what cannot be had together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from sim.calibration.statistics import EDGE, Numbers
from sim.calibration.target_file import Task
from sim.calibration.waves import Cloud, effective, log_weights, shares
from sim.language import N_, _
from sim.studies.posterior import Posterior

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
LEFT_OUT_COLUMNS = (
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
PULL_COLUMNS = (
    ("target", N_("a target")),
    ("other", N_("one that pulls against it")),
    ("distance", N_("how far the target is from being met, in standard errors")),
    ("without", N_("how far it would be, were the other left out")),
    ("relief", N_("the difference")),
    ("effective", N_("how many equal sets the latter rests on")),
)
IN_SHORT = N_(
    "{tried:,} sets of values were tried in {waves} waves; what fits is worth {count:.0f} equal "
    "sets. In fresh runs the sets that fit are {distance:.2f} standard errors from the targets "
    "(root mean square); the values before, {start:.2f}."
)
PREDICTED, FAILED, UNSURE = N_("predicted"), N_("failed"), N_("open")


class Waves(NamedTuple):
    """All sets that were tried.

    Attributes
    ----------
    clouds
        Where each wave was drawn.
    scores, values
        One row a set, one column a parameter: as normal scores, and as they are.
    numbers
        What is taken of their runs: shape (sets, targets, 2), number and error.
    """

    clouds: list[Cloud]
    scores: Numbers
    values: Numbers
    numbers: Numbers


def fits(task: Task, numbers: Numbers) -> Numbers:
    """How likely each target is under each set: logarithms, shape (sets, targets)."""
    columns = [
        target.log_likelihood(numbers[:, place, 0], numbers[:, place, 1])
        for place, target in enumerate(task.targets)
    ]
    return np.stack(columns, axis=1)


def distances(task: Task, numbers: Numbers) -> Numbers:
    """How far each target is under each set, in standard errors: shape (sets, targets)."""
    columns = [
        target.distance(numbers[:, place, 0], numbers[:, place, 1])
        for place, target in enumerate(task.targets)
    ]
    return np.stack(columns, axis=1)


def root_mean_square(task: Task, numbers: Numbers) -> Numbers:
    """How far each set is from all targets, in standard errors."""
    found: Numbers = np.sqrt(np.square(distances(task, numbers)).mean(axis=1))
    return found


def quantiles(values: Numbers, weights: Numbers, shares_: tuple[float, ...] = ENDS) -> Numbers:
    """Quantiles of weighted values; missing ones, which weigh nothing, are passed over.

    >>> quantiles(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), (0.5,)).tolist()
    [2.0]
    """
    there = (weights > 0) & ~np.isnan(values)
    if not there.any():
        return np.full(len(shares_), np.nan)
    order = np.argsort(values[there], kind="stable")
    values, weights = values[there][order], weights[there][order]
    middles = (np.cumsum(weights) - weights / 2) / weights.sum()
    found: Numbers = np.interp(shares_, middles, values)
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Which values of the free parameters agree with what was measured.

    Attributes
    ----------
    task
        What was asked.
    seed, runs
        The seed, and the runs of each scenario under each set.
    waves
        All sets that were tried.
    posterior
        A sample of the sets that fit, with weights and distances.
    at_start
        What the values before give: number and error of each target.
    checked
        The same of each set of the posterior, in runs that played no part in choosing it.
    """

    task: Task
    seed: int
    runs: int
    waves: Waves
    posterior: Posterior
    at_start: Numbers
    checked: Numbers

    def __repr__(self) -> str:
        free, targets = len(self.task.free), len(self.task.targets)
        fit = f"{self.effective:.0f} sets fit"
        return f"<Calibration of {free} parameters on {targets} targets, {fit}>"

    def _repr_html_(self) -> str:
        """What was found, for a notebook."""
        tables = (self.parameters(), self.targets())
        return f"<p>{self.in_short()}</p>" + "".join(t.to_html(index=False) for t in tables)

    @cached_property
    def _fits(self) -> Numbers:
        return fits(self.task, self.waves.numbers)

    @cached_property
    def weights(self) -> Numbers:
        """What each set that was tried weighs; all together 1."""
        return self._weighing(range(len(self.task.targets)))

    def _weighing(self, targets: "range | list[int]") -> Numbers:
        """What each set weighs if only these targets count."""
        fit = self._fits[:, list(targets)].sum(axis=1)
        return shares(log_weights(self.waves.scores, fit, self.waves.clouds))

    def _without(self, place: int) -> Numbers:
        return self._weighing([k for k in range(len(self.task.targets)) if k != place])

    @property
    def effective(self) -> float:
        """How many equal sets the posterior rests on (Kish 1965)."""
        return effective(self.weights)

    def parameters(self) -> pd.DataFrame:
        """One row a free parameter: before, after, what decides it. See ``PARAMETER_COLUMNS``."""
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
        """How wide each parameter's range is with one target alone: shape (parameters, targets)."""
        found = np.empty((len(self.task.free), len(self.task.targets)))
        for place in range(len(self.task.targets)):
            weights = self._weighing([place])
            for row, free in enumerate(self.task.free):
                low, _middle, high = quantiles(self.waves.values[:, row], weights)
                found[row, place] = width_of(low, high, free.low, free.high)
        return found

    def constrains(self) -> pd.DataFrame:
        """One row a parameter and target: how they hang together, and how far it narrows alone.

        ``correlation`` is Spearman's, over the first wave, which covers the bounds evenly;
        ``width`` is that of the 90 % range with this target alone, against the same without any.
        """
        first = len(self.waves.values) // len(self.waves.clouds)
        alone = self._widths_alone()
        rows = []
        for row, free in enumerate(self.task.free):
            for place, target in enumerate(self.task.targets):
                x, y = self.waves.values[:first, row], self.waves.numbers[:first, place, 0]
                there = ~np.isnan(y)
                varies = there.sum() > 2 and np.ptp(y[there]) > 0
                found = stats.spearmanr(x[there], y[there]).statistic if varies else np.nan
                rows.append((free.field, target.name, float(found), alone[row, place]))
        return pd.DataFrame(rows, columns=["field", "target", "correlation", "width"])

    def targets(self) -> pd.DataFrame:
        """One row a target: how well it is met, before and after. See ``TARGET_COLUMNS``.

        What the sets that fit give is measured in runs that played no part in choosing them.
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
        """The targets that are beyond their band under most sets that fit.

        The noise of the runs counts: it alone would carry a number out of a narrow band.
        """
        beyond = np.abs(distances(self.task, self.checked)) > EDGE
        share = np.average(beyond, axis=0, weights=self.posterior.weights)
        names = (target.name for target in self.task.targets)
        return [name for name, own in zip(names, share, strict=True) if own > 0.5]

    def left_out(self) -> pd.DataFrame:
        """One row a target, predicted by the sets that fit all others. See ``LEFT_OUT_COLUMNS``.

        All sets that were tried are weighed anew without the target; none is tried again. Where few
        of them then count (``effective``), the prediction is rough. Ranges hold the noise of the
        runs of each set.
        """
        rows = []
        for place, target in enumerate(self.task.targets):
            weights, numbers = self._without(place), self.waves.numbers[:, place, 0]
            low, middle, high = quantiles(numbers, weights)
            inside = float((weights * target.inside(numbers)).sum())
            count = effective(weights)
            verdict = PREDICTED if target.inside(np.array([middle]))[0] else FAILED
            rows.append(
                (target.name, target.value, target.low, target.high, middle, low, high, inside,
                 UNSURE if count < FEW else verdict, count)
            )  # fmt: skip
        return pd.DataFrame(rows, columns=[name for name, _meaning in LEFT_OUT_COLUMNS])

    def pulls(self) -> pd.DataFrame:
        """One row a pair of targets that pull against each other, the strongest first.

        Leaving one out lets the other be met better: by ``relief``. See ``PULL_COLUMNS``.
        """
        away = np.abs(distances(self.task, self.waves.numbers))
        away = np.where(np.isfinite(away), away, 0.0)  # of sets that weigh nothing
        now = self.weights @ away
        rows = []
        for other, left in enumerate(self.task.targets):
            weights = self._without(other)
            then = weights @ away
            for place, target in enumerate(self.task.targets):
                if place != other and now[place] > then[place]:
                    relief = now[place] - then[place]
                    row = (target.name, left.name, now[place], then[place], relief)
                    rows.append((*row, effective(weights)))
        table = pd.DataFrame(rows, columns=[name for name, _meaning in PULL_COLUMNS])
        return table.sort_values("relief", ascending=False, ignore_index=True)

    def in_short(self, say: Callable[[str], str] = _) -> str:
        """What was found, in a few sentences, which ``say`` puts into the reader's language."""
        return say(IN_SHORT).format(
            tried=len(self.waves.values), waves=len(self.waves.clouds), count=self.effective,
            distance=float(np.sqrt(np.average(
                np.square(root_mean_square(self.task, self.checked)),
                weights=self.posterior.weights,
            ))),
            start=self.posterior.start_distance,
        )  # fmt: skip

    def told(self) -> str:
        """All of it for a terminal."""
        from sim.calibration.told import tell

        return tell(self)

    def plot(self) -> "Figure":
        """A pair plot: each parameter by itself, and each two of them."""
        from sim.view.pictures.pairs import pairs

        return pairs(self)

    def save(self, folder: str | Path) -> None:
        """Write the posterior, all tables and the pair plot into a folder.

        Raises
        ------
        OSError
            They cannot be written.
        """
        from sim.calibration.told import save

        save(self, Path(folder))


def width_of(low: float, high: float, least: float, most: float) -> float:
    """How wide a range is against the one that holds 90 % of what lies evenly between two bounds.

    >>> round(width_of(0.05, 0.95, 0.0, 1.0), 9)
    1.0
    """
    return (high - low) / ((ENDS[-1] - ENDS[0]) * (most - least))
