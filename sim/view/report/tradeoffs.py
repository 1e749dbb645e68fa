"""Trade-offs: which scenarios no other one beats."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.language import _
from sim.rules.outcomes import LOWER, Outcome
from sim.studies.compare import Comparison
from sim.view.report.findings import Findings
from sim.view.report.words import digits_of, label, plain
from sim.view.words import several

Numbers = NDArray[np.float64]
MOST = 3  # decimals


class Line(NamedTuple):
    """One outcome of the table: its name, the scenarios' means, and which are the best."""

    label: str
    means: tuple[str, ...]
    best: tuple[bool, ...]


class TradeOffs(NamedTuple):
    """What the means say when all outcomes are looked at together."""

    scenarios: tuple[str, ...]
    lines: list[Line]
    sentences: list[str]


def beats(one: Numbers, other: Numbers) -> bool:
    """Whether one is at least as good in everything and better in something (higher is better).

    >>> beats(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    True
    """
    return bool((one >= other).all() and (one > other).any())


def unbeaten(values: Numbers) -> NDArray[np.bool_]:
    """The Pareto set: which rows no other row beats.

    Parameters
    ----------
    values
        Shape (scenarios, outcomes); higher is better.

    Examples
    --------
    >>> unbeaten(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.5]])).tolist()
    [True, True, False]
    """
    return np.array([not any(beats(other, one) for other in values) for one in values])


def trade_offs(found: Comparison, table: Findings, items: tuple[Outcome, ...]) -> TradeOffs | None:
    """The means of all scenarios side by side, and which scenarios no other one beats.

    Means are compared in as many digits as they are shown with.
    An outcome that no run of a scenario has, such as the months to an agreement that is never
    reached, counts as worse than any number.

    Parameters
    ----------
    table
        All differences: their intervals say how many digits a mean bears.
    items
        Outcomes; those without a better direction are left out.

    Returns
    -------
    TradeOffs or None
        None if fewer than two outcomes have a direction.
    """
    wanted = [item for item in items if item.direction]
    if len(wanted) < 2:
        return None
    names = tuple(found.study.scenarios)
    summary: Any = found.study.summary().set_index(["scenario", "outcome"])["mean"]
    digits = [_digits(found, table, item) for item in wanted]
    means = np.array(
        [
            [
                round(float(summary[name, item.name]), d)
                for item, d in zip(wanted, digits, strict=True)
            ]
            for name in names
        ]
    )
    sign = np.array([-1.0 if item.direction == LOWER else 1.0 for item in wanted])
    good = np.where(np.isnan(means), -np.inf, means * sign)
    top = (good == good.max(axis=0)) & np.isfinite(good)
    lines = [
        Line(
            label(item),
            tuple(plain(value, digits[column]) for value in means[:, column]),
            tuple(bool(best) for best in top[:, column] & ~top[:, column].all()),
        )
        for column, item in enumerate(wanted)
    ]
    return TradeOffs(names, lines, list(_sentences(names, good, wanted)))


def _digits(found: Comparison, table: Findings, item: Outcome) -> int:
    """How many decimals the means of an outcome bear."""
    return max(min(digits_of(table[name, item.name].row), MOST) for name in found.others)


def _sentences(names: tuple[str, ...], good: Numbers, items: list[Outcome]) -> list[str]:
    """Which scenarios nothing beats, and what beats each of the others."""
    if (good == good[0]).all():
        return [_("All scenarios have the same means.")]
    said = []
    kept = unbeaten(good)
    best = [name for name, is_kept in zip(names, kept, strict=True) if is_kept]
    rivals = len(np.unique(good[kept], axis=0)) > 1
    if not rivals:
        text = _(
            "Nothing beats {names}: as good as all others or better on each of these outcomes."
        )
        said.append(text.format(names=several(best, len(best))))
    else:
        text = _(
            "No scenario wins everything: none of {names} is beaten by another one on all of these "
            "outcomes, so that choosing among them means giving something up."
        )
        said.append(text.format(names=several(best, len(best))))
    for row, name in enumerate(names):
        ahead = [
            _(item.label)
            for column, item in enumerate(items)
            if good[row, column] > np.delete(good[:, column], row).max()
        ]
        if kept[row] and ahead and rivals:
            text = _("{name} has the best mean in {outcomes}.")
            said.append(text.format(name=name, outcomes=several(ahead, len(ahead))))
        if not kept[row]:
            winners = [names[k] for k in range(len(names)) if beats(good[k], good[row])]
            text = _("{name} is beaten on all of them by {winners}.")
            said.append(text.format(name=name, winners=several(winners, len(winners))))
    return said
