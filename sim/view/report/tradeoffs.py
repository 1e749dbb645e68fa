"""Trade-offs: which scenarios no other one beats."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.language import _
from sim.rules.outcomes import LOWER, YES, Outcome
from sim.studies.compare import ComparisonData
from sim.studies.statistics import holm, p_values, paired
from sim.view.report.findings import Findings
from sim.view.report.words import digits_of, label, plain
from sim.view.verdicts import quoted
from sim.view.words import several

Leads = NDArray[np.bool_]
MOST = 3  # decimals


class Line(NamedTuple):
    """One outcome of the table: its name, the scenarios' means, and which are the best."""

    label: str
    means: tuple[str, ...]
    best: tuple[bool, ...]


class TradeOffs(NamedTuple):
    """What the outcomes say when they are looked at together.

    Attributes
    ----------
    tests
        For how many differences the sentences are corrected.
    """

    scenarios: tuple[str, ...]
    lines: list[Line]
    sentences: list[str]
    tests: int


def beats(leads: Leads) -> Leads:
    """Which scenario beats which: it leads in something, and is led in nothing.

    Parameters
    ----------
    leads
        Shape (scenarios, scenarios, outcomes): whether the first is established to be better.

    Examples
    --------
    >>> leads = np.zeros((2, 2, 2), dtype=bool)
    >>> leads[0, 1, 0] = True
    >>> beats(leads).tolist()
    [[False, True], [False, False]]
    >>> leads[1, 0, 1] = True
    >>> beats(leads).any()
    np.False_
    """
    ahead = leads.any(axis=2)
    return np.asarray(ahead & ~ahead.T, dtype=np.bool_)


def leading(found: ComparisonData, items: Sequence[Outcome]) -> tuple[Leads, int]:
    """Which scenario is established to be better than which, outcome by outcome.

    Of every two scenarios the paired differences are taken, and corrected for all of them (Holm).
    An outcome that too few pairs have says nothing: a scenario without a decision is not behind
    in agreement.

    Returns
    -------
    Shape (scenarios, scenarios, outcomes); and for how many differences it is corrected.
    """
    columns = [found.outcomes.index(item.name) for item in items]
    values = [found.values(name)[:, columns] for name in found.study.scenarios]
    asked = np.array([item.unit == YES for item in items])
    sign = np.array([-1.0 if item.direction == LOWER else 1.0 for item in items])
    couples = list(combinations(range(len(values)), 2))
    all_found = [paired(values[one], values[other], asked) for one, other in couples]
    p = np.array([p_values(each) for each in all_found])
    sure = p <= holm(p).level
    leads = np.zeros((len(values), len(values), len(items)), dtype=np.bool_)
    for (one, other), each, certain in zip(couples, all_found, sure, strict=True):
        better = np.sign(np.nan_to_num(each.centre)) * sign
        leads[other, one], leads[one, other] = certain & (better > 0), certain & (better < 0)
    return leads, int((~np.isnan(p)).sum())


def trade_offs(
    found: ComparisonData, table: Findings, items: tuple[Outcome, ...]
) -> TradeOffs | None:
    """The means of all scenarios side by side, and which scenarios no other one beats.

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
    lines = [
        _line(
            item, [float(summary[name, item.name]) for name in names], _digits(found, table, item)
        )
        for item in wanted
    ]
    leads, tests = leading(found, wanted)
    sentences = list(_sentences([quoted(name) for name in names], leads, wanted))
    return TradeOffs(names, lines, [s[:1].upper() + s[1:] for s in sentences], tests)


def _line(item: Outcome, means: Sequence[float], digits: int) -> Line:
    """The means of one outcome, compared in the digits shown; one alone is not the best."""
    shown = np.array([round(mean, digits) for mean in means])
    good = np.where(np.isnan(shown), -np.inf, -shown if item.direction == LOWER else shown)
    top = (good == good.max()) & np.isfinite(good)
    best = top & ~top.all() & (np.isfinite(good).sum() > 1)
    return Line(label(item), tuple(plain(m, digits) for m in shown), tuple(best.tolist()))


def _digits(found: ComparisonData, table: Findings, item: Outcome) -> int:
    """How many decimals the means of an outcome bear."""
    return max(min(digits_of(table[name, item.name].row), MOST) for name in found.others)


def _sentences(names: list[str], leads: Leads, items: list[Outcome]) -> Iterator[str]:
    """Which scenarios nothing beats, and what beats each of the others."""
    if not leads.any():
        yield _("No difference between any two of them is established: none is to be preferred.")
        return
    over = beats(leads)
    best = [names[k] for k in np.flatnonzero(~over.any(axis=0))]
    if len(best) > 1:
        text = _(
            "No scenario wins everything. None of {names} is beaten by another one: what is better "
            "in one outcome is worse in a different one, or no difference is established."
        )
    elif best:
        text = _("{names} is beaten by no other scenario.")
    else:
        text = _("Each scenario is beaten by another one.")
    yield text.format(names=several(best, len(best)))
    for row, name in enumerate(names):
        ahead = np.delete(leads[row], row, axis=0).all(axis=0)
        labels = [_(items[column].label) for column in np.flatnonzero(ahead)]
        if labels:
            others = names[1 - row] if len(names) == 2 else _("every other")
            text = _("{name} is better than {others} in {outcomes}.")
            yield text.format(name=name, others=others, outcomes=several(labels, len(labels)))
        if over[:, row].any():
            winners = [names[k] for k in np.flatnonzero(over[:, row])]
            text = _("{name} is beaten by {winners}: worse in something, better in nothing.")
            yield text.format(name=name, winners=several(winners, len(winners)))
