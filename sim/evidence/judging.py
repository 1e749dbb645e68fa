"""From the runs of all stagings and variants to verdicts."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from sim.evidence.directions import (
    DIRECTIONS,
    EFFECT,
    INTERACTION,
    LEVEL,
    ORDER,
    PRICE,
    Direction,
    Part,
)
from sim.evidence.measures import ROUNDING, YES_OR_NO, Measured, column, tails
from sim.evidence.targets import GROUPS, TARGETS, Target
from sim.language import N_
from sim.studies.claims import REFUTED, SUPPORTED, decide
from sim.studies.statistics import (
    Estimate,
    Numbers,
    Paired,
    estimate,
    mean_interval,
    paired,
    paired_interval,
)

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


def target_table(found: Measured) -> pd.DataFrame:
    """One row a quantity of a target, see ``TARGET_COLUMNS``."""
    rows = []
    for target in TARGETS:
        for quantity in target.quantities:
            value, low, high, n = quantity.measure(found)
            inside = quantity.low <= value <= quantity.high
            within = [quantity.low <= end <= quantity.high for end in (low, high)]
            sure = all(within) if inside else high < quantity.low or low > quantity.high
            rows.append(
                (target.id, target.name, quantity.name, value, low, high, n, quantity.value,
                 quantity.low, quantity.high, INSIDE if inside else OUTSIDE, sure, target.source)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=[name for name, _meaning in TARGET_COLUMNS])


def direction_table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a part of a claim, see ``DIRECTION_COLUMNS``.

    Parameters
    ----------
    runs
        Of all variants.

    Notes
    -----
    Each part is tested one-sidedly both ways, each at half the error rate and corrected for the
    number of parts (Holm), as claims are. An order is a matter of counting: a single run that
    breaks it is contrary. A price is not tested.
    """
    every = [(direction, part) for direction in DIRECTIONS for part in direction.parts]
    sides = [_sides(runs, part) for _direction, part in every]
    gaps = [
        paired(*pair, np.array([_yes_or_no(part)]))
        for pair, (_direction, part) in zip(sides, every, strict=True)
    ]
    tested = [k for k, (_direction, part) in enumerate(every) if part.kind not in (ORDER, PRICE)]
    sign = np.array([every[k][1].sign for k in tested])
    estimates = [
        estimate(*(side[:, 0] for side in sides[k]), is_binary=_yes_or_no(every[k][1]))
        for k in tested
    ]
    stacked = Estimate(*(np.concatenate(field) for field in zip(*estimates, strict=True)))
    decided = decide(stacked.turned(sign), np.zeros(len(tested)), ERROR_RATE)
    turned = np.stack([-decided.high, -decided.low])
    ends: Numbers = np.where(sign > 0, np.stack([decided.low, decided.high]), turned)
    corrected = {k: (ends[0, place], ends[1, place]) for place, k in enumerate(tested)}
    words = {SUPPORTED: CONSISTENT, REFUTED: CONTRARY}
    verdicts = {k: words.get(decided.verdict[place], OPEN) for place, k in enumerate(tested)}
    rows = []
    for k, (direction, part) in enumerate(every):
        low, high = (float(end[0]) for end in paired_interval(gaps[k]))
        verdict = verdicts.get(k, REPORTED)
        if part.kind == ORDER:
            low, high, verdict = np.nan, np.nan, _order(gaps[k])
        rows.append(
            (direction.id, direction.claim, part.says, part.kind, part.outcome,
             " | ".join(part.cells), N_("more") if part.sign > 0 else N_("less"),
             float(gaps[k].difference[0]), low, high, *corrected.get(k, (np.nan, np.nan)),
             _spread(gaps[k]), int(gaps[k].pairs[0]), verdict, direction.source)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[name for name, _meaning in DIRECTION_COLUMNS])


def count_tests() -> int:
    """How many parts of claims are tested, and corrected for."""
    parts = [part for direction in DIRECTIONS for part in direction.parts]
    return sum(part.kind not in (ORDER, PRICE) for part in parts)


def _sides(runs: pd.DataFrame, part: Part) -> tuple[Numbers, Numbers]:
    """What a part holds against each other, run by run."""
    cells = [column(runs, name, part.outcome)[:, None] for name in part.cells]
    if part.kind in (EFFECT, PRICE):
        return cells[0], cells[1]
    if part.kind == INTERACTION:
        return cells[1] - cells[0], cells[3] - cells[2]
    if part.kind == LEVEL:
        return np.full_like(cells[0], part.bound), cells[0]
    return np.zeros_like(cells[0]), _broken(cells)


def _yes_or_no(part: Part) -> bool:
    """Whether both sides of a part are 0 or 1 in each run."""
    return part.kind == ORDER or (part.kind in (EFFECT, PRICE) and part.outcome in YES_OR_NO)


def _broken(cells: Iterable[Numbers]) -> Numbers:
    """1 in each run in which a variant is below the one before it, else 0."""
    falls = np.diff(np.hstack(list(cells)), axis=1) < -ROUNDING
    return np.asarray(falls.any(axis=1, keepdims=True), dtype=np.float64)


def _order(found: Paired) -> str:
    return CONTRARY if found.difference.any() else CONSISTENT


def _spread(found: Paired) -> float:
    """Between runs, of the difference itself."""
    return float((found.error * np.sqrt(found.pairs))[0])


def verdict_table(targets: pd.DataFrame, directions: pd.DataFrame) -> pd.DataFrame:
    """One row a target or claim: id, what, verdict.

    A target is inside if all its quantities are. A claim is consistent if all its parts are,
    contrary if any part is, else undetermined.
    """
    rows = []
    for target in TARGETS:
        own = set(targets["verdict"][targets["id"] == target.id])
        rows.append((target.id, target.name, INSIDE if own == {INSIDE} else OUTSIDE))
    for direction in DIRECTIONS:
        own = set(directions["verdict"][directions["id"] == direction.id]) - {REPORTED}
        verdict = CONTRARY if CONTRARY in own else CONSISTENT if own == {CONSISTENT} else OPEN
        rows.append((direction.id, direction.claim, verdict))
    return pd.DataFrame(rows, columns=["id", "says", "verdict"])


def doubted(verdicts: pd.DataFrame) -> list[Target | Direction]:
    """The targets that are not inside, and the claims that are not consistent."""
    there = set(verdicts["id"][~verdicts["verdict"].isin([INSIDE, CONSISTENT])])
    every: tuple[Target | Direction, ...] = (*TARGETS, *DIRECTIONS)
    return [item for item in every if item.id in there]


def group_table(covered: Mapping[str, Numbers]) -> pd.DataFrame:
    """How groups of a game are distributed, beside the data.

    Parameters
    ----------
    covered
        By game, the share of rounds in which each group covered its need.

    Returns
    -------
    One row a game and part: game, rounds, measured, low, high, data.
    """
    rows = []
    for game, few_groups, most_groups in GROUPS:
        few, most = tails(covered[game])
        for rounds, there, data in (
            (N_("at most a tenth"), few, few_groups),
            (N_("between"), ~few & ~most, 1 - few_groups - most_groups),
            (N_("at least nine tenths"), most, most_groups),
        ):
            value, low, high, _sd, _n = mean_interval(there.astype(np.float64), is_binary=True)
            rows.append((game, rounds, value, low, high, data))
    return pd.DataFrame(rows, columns=["game", "rounds", "measured", "low", "high", "data"])
