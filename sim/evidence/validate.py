"""The model compared with the evidence: 12 measured targets, 16 directions, one set of values."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sim.base.text import N_, _
from sim.evidence.measures import ROUNDING, Measured, column, networks, tails
from sim.evidence.targets import (
    DIRECTIONS,
    EFFECT,
    GROUPS,
    INTERACTION,
    LAID_OUT,
    LEVEL,
    ORDER,
    PRICE,
    TARGETS,
    Direction,
    Part,
    Target,
    stagings,
    variants,
)
from sim.studies.claims import REFUTED, SUPPORTED, decide
from sim.studies.statistics import Estimate, Numbers, Paired, estimate, mean_interval, paired
from sim.studies.statistics import paired_interval as interval
from sim.studies.study import StudyData, study
from sim.studies.workers import BINARY

RUNS, QUICK_RUNS = 5000, 500
RUNS_A_NETWORK = 50  # ties vary little: of so many runs, those of one are looked at
INSIDE, OUTSIDE = N_("inside"), N_("outside")
CONSISTENT, CONTRARY, OPEN = N_("consistent"), N_("contrary"), N_("undetermined")
REPORTED = N_("reported")
ERROR_RATE = 0.05  # the chance that any verdict on a direction is wrong

# name, what it says
TARGET_COLUMNS = (
    ("id", N_("which target")),
    ("target", N_("what it is")),
    ("quantity", N_("the number")),
    ("measured", N_("what the model has")),
    ("low", N_("lower end of its 95 % interval")),
    ("high", N_("upper end of it")),
    ("n", N_("runs, or pairs of runs, that have it")),
    ("value", N_("what was measured in the world; missing where only a direction was")),
    ("band_low", N_("the band: from here")),
    ("band_high", N_("to here")),
    ("verdict", N_("inside or outside")),
    ("sure", N_("whether the whole interval is on the same side of the band's edge")),
    ("source", N_("who measured it")),
)
DIRECTION_COLUMNS = (
    ("id", N_("which claim")),
    ("claim", N_("what it says")),
    ("part", N_("the part of it that is tested")),
    ("test", N_("effect, interaction, level, order or price")),
    ("outcome", N_("the outcome")),
    ("cells", N_("what is compared")),
    ("claimed", N_("more or less")),
    ("difference", N_("what the model has, run by run")),
    ("low", N_("lower end of its 95 % interval")),
    ("high", N_("upper end of it")),
    ("corrected_low", N_("the same, one-sided and corrected for the number of tests (Holm)")),
    ("corrected_high", N_("the same for the upper end")),
    ("spread", N_("standard deviation of it between runs")),
    ("pairs", N_("runs that have it")),
    ("verdict", N_("consistent, contrary or undetermined; a price is only reported")),
    ("source", N_("who says so")),
)


@dataclass(frozen=True, eq=False, repr=False)
class ValidationData:
    """The result of a validation, as data; for its attributes see :class:`sim.Validation`."""

    staged: StudyData
    compared: StudyData
    networks: Mapping[str, pd.DataFrame]

    @property
    def seed(self) -> int:
        """The seed that all runs share."""
        return self.staged.seed

    @property
    def runs(self) -> int:
        """Runs of each staging and variant."""
        return self.staged.size

    @cached_property
    def _targets(self) -> pd.DataFrame:
        return target_table(Measured(self.staged, self.networks))

    @cached_property
    def _directions(self) -> pd.DataFrame:
        return direction_table(self.compared.runs)

    @cached_property
    def _verdicts(self) -> pd.DataFrame:
        return verdict_table(self._targets, self._directions)

    def targets(self) -> pd.DataFrame:
        """Return one row a measured quantity: the model's number, the band, inside or outside.

        Columns are those of ``sim.evidence.validate.TARGET_COLUMNS``.
        """
        return self._targets.copy()

    def directions(self) -> pd.DataFrame:
        """Return one row a part of a claim: the paired effect, and the verdict on the claim.

        Columns are those of ``sim.evidence.validate.DIRECTION_COLUMNS``.
        """
        return self._directions.copy()

    def verdicts(self) -> pd.DataFrame:
        """Return one row for each of the 28 targets and directions: id, text, verdict."""
        return self._verdicts.copy()

    def groups(self) -> pd.DataFrame:
        """Return the distribution of the groups of each threshold game, beside the data."""
        return group_table(self.covered())

    def covered(self) -> dict[str, Numbers]:
        """Return the share of rounds in which each group covered its need, by game."""
        measured = Measured(self.staged, self.networks)
        return {group.game: measured.values(group.game, "covered_rounds") for group in GROUPS}

    @property
    def failures(self) -> pd.DataFrame:
        """One row for each run that raised an error: scenario, run, cause."""
        return pd.concat([self.staged.failures, self.compared.failures], ignore_index=True)

    @property
    def outside(self) -> int:
        """The number of targets that are outside, and directions contrary; also the exit code."""
        return self.count(OUTSIDE) + self.count(CONTRARY)

    def count(self, verdict: str) -> int:
        """Return how many of the 28 have this verdict."""
        return int((self._verdicts["verdict"] == verdict).sum())

    def counts(self) -> dict[str, int]:
        """Return how many of the 28 have each verdict, and how many targets are ``unsure``."""
        words = (INSIDE, OUTSIDE, CONSISTENT, CONTRARY, OPEN)
        unsure = self._targets.loc[~self._targets["sure"].astype(bool), "id"].nunique()
        return {**{word: self.count(word) for word in words}, "unsure": unsure}


def validate(
    *,
    quick: bool = False,
    seed: int = 1,
    runs: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> ValidationData:
    """Run all stagings and variants; for the parameters see :func:`sim.validate`."""
    if runs is None:
        runs = QUICK_RUNS if quick else RUNS
    if runs < 2:
        raise ValueError(_("runs is {runs}; it must be 2 or more", runs=runs))
    scenarios = stagings()
    staged = study(scenarios, runs, seed, executor=executor, progress=progress)
    compared = study(variants(), runs, seed, executor=executor, progress=progress)
    few = max(runs // RUNS_A_NETWORK, 2)
    laid_out = {name: networks(scenarios[name], seed, few) for name in LAID_OUT}
    return ValidationData(staged, compared, laid_out)


def target_table(measured: Measured) -> pd.DataFrame:
    """Return one row a quantity of a target, see ``TARGET_COLUMNS``."""
    rows = []
    for target in TARGETS:
        for quantity in target.quantities:
            value, low, high, n = quantity.measure.estimate(measured)
            inside = quantity.low <= value <= quantity.high
            within = [quantity.low <= end <= quantity.high for end in (low, high)]
            sure = all(within) if inside else high < quantity.low or low > quantity.high
            rows.append(
                (target.id, target.name, quantity.name, value, low, high, n, quantity.value,
                 quantity.low, quantity.high, INSIDE if inside else OUTSIDE, sure, target.source)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=[name for name, _meaning in TARGET_COLUMNS])


def direction_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a part of a claim, see ``DIRECTION_COLUMNS``.

    Parameters
    ----------
    runs
        The runs of all variants, one row a run.

    Notes
    -----
    Each part is tested one-sidedly both ways, each at half the error rate and corrected for the
    number of parts (Holm), as claims are. An order is counted, not tested: a single run that
    breaks it is contrary. A price is not tested either.
    """
    claims = [(direction, part) for direction in DIRECTIONS for part in direction.parts]
    sides = [_sides(runs, part) for _direction, part in claims]
    decisions = _decisions([part for _direction, part in claims], sides)
    rows = []
    for place, (direction, part) in enumerate(claims):
        gap = paired(*sides[place], np.array([_is_binary(part)]))
        low, high = (float(end[0]) for end in interval(gap))
        verdict, *corrected = decisions.get(place, (REPORTED, np.nan, np.nan))
        if part.kind == ORDER:
            low, high = np.nan, np.nan
            verdict = CONTRARY if gap.difference.any() else CONSISTENT
        rows.append(
            (direction.id, direction.claim, part.says, part.kind, part.outcome,
             " | ".join(part.cells), N_("more") if part.sign > 0 else N_("less"),
             float(gap.difference[0]), low, high, *corrected,
             _spread(gap), int(gap.pairs[0]), verdict, direction.source)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[name for name, _meaning in DIRECTION_COLUMNS])


def _decisions(
    parts: Sequence[Part], sides: Sequence[tuple[Numbers, Numbers]]
) -> dict[int, tuple[str, float, float]]:
    """Return verdict and corrected interval of each part that is tested, by its place."""
    tested = [place for place, part in enumerate(parts) if _is_tested(part)]
    sign = np.array([parts[place].sign for place in tested])
    estimates = Estimate.joined(
        estimate(*(side[:, 0] for side in sides[place]), is_binary=_is_binary(parts[place]))
        for place in tested
    )
    decided = decide(estimates, np.zeros(len(tested)), ERROR_RATE, sign)
    words = {SUPPORTED: CONSISTENT, REFUTED: CONTRARY}
    verdicts = [words.get(verdict, OPEN) for verdict in decided.verdict]
    return dict(zip(tested, zip(verdicts, decided.low, decided.high, strict=True), strict=True))


def _is_tested(part: Part) -> bool:
    """Return whether a part is tested: an order is counted, and a price reported."""
    return part.kind not in (ORDER, PRICE)


def count_tests() -> int:
    """Return how many parts of claims are tested and corrected for."""
    return sum(_is_tested(part) for direction in DIRECTIONS for part in direction.parts)


def _sides(runs: pd.DataFrame, part: Part) -> tuple[Numbers, Numbers]:
    """Return the two sides of a part that are compared, run by run."""
    cells = [column(runs, name, part.outcome)[:, None] for name in part.cells]
    if part.kind in (EFFECT, PRICE):
        return cells[0], cells[1]
    if part.kind == INTERACTION:
        return cells[1] - cells[0], cells[3] - cells[2]
    if part.kind == LEVEL:
        return np.full_like(cells[0], part.bound), cells[0]
    return np.zeros_like(cells[0]), _broken(cells)


def _is_binary(part: Part) -> bool:
    """Return whether both sides of a part are 0 or 1 in each run."""
    return part.kind == ORDER or (part.kind in (EFFECT, PRICE) and part.outcome in BINARY)


def _broken(cells: Iterable[Numbers]) -> Numbers:
    """Return 1 for each run in which a variant is below the one before it, else 0."""
    falls = np.diff(np.hstack(list(cells)), axis=1) < -ROUNDING
    return np.asarray(falls.any(axis=1, keepdims=True), dtype=np.float64)


def _spread(differences: Paired) -> float:
    """Return the standard deviation of the difference between runs."""
    return float((differences.error * np.sqrt(differences.pairs))[0])


def verdict_table(targets: pd.DataFrame, directions: pd.DataFrame) -> pd.DataFrame:
    """Return one row a target or claim: id, text, verdict.

    A target is inside if all its quantities are. A claim is consistent if all its parts are,
    contrary if any part is, else undetermined.
    """
    rows = []
    for target in TARGETS:
        parts = set(targets["verdict"][targets["id"] == target.id])
        rows.append((target.id, target.name, INSIDE if parts == {INSIDE} else OUTSIDE))
    for direction in DIRECTIONS:
        parts = set(directions["verdict"][directions["id"] == direction.id]) - {REPORTED}
        verdict = CONTRARY if CONTRARY in parts else CONSISTENT if parts == {CONSISTENT} else OPEN
        rows.append((direction.id, direction.claim, verdict))
    return pd.DataFrame(rows, columns=["id", "says", "verdict"])


def doubted(verdicts: pd.DataFrame) -> list[Target | Direction]:
    """Return the targets that are not inside, and the claims that are not consistent."""
    ids = set(verdicts["id"][~verdicts["verdict"].isin([INSIDE, CONSISTENT])])
    every: tuple[Target | Direction, ...] = (*TARGETS, *DIRECTIONS)
    return [item for item in every if item.id in ids]


def group_table(covered: Mapping[str, Numbers]) -> pd.DataFrame:
    """Return the distribution of the groups of each game, beside the data.

    Parameters
    ----------
    covered
        By game, the share of rounds in which each group covered its need.

    Returns
    -------
    One row a game and part: game, rounds, measured, low, high, data.
    """
    rows = []
    for group in GROUPS:
        few, most = tails(covered[group.game])
        for rounds, counted, data in (
            (N_("at most a tenth"), few, group.few),
            (N_("between"), ~few & ~most, 1 - group.few - group.most),
            (N_("at least nine tenths"), most, group.most),
        ):
            value, low, high, _sd, _n = mean_interval(counted.astype(np.float64), True)
            rows.append((group.game, rounds, value, low, high, data))
    return pd.DataFrame(rows, columns=["game", "rounds", "measured", "low", "high", "data"])
