"""The findings of a comparison: differences, summaries, trade-offs and typical runs."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.text import _
from sim.rules.outcomes import LOWER, YES, Outcome
from sim.studies.compare import ComparisonData
from sim.studies.differences import DIFFERENCE, MISSING, NONE, OPEN, worth_knowing
from sim.studies.statistics import holm, p_values, paired
from sim.studies.study import StudyData
from sim.view.console import MAIN_OUTCOMES
from sim.view.report.words import KINDS, digits_of, kind_of, label, plain
from sim.view.verdicts import quoted, verdict_table
from sim.view.words import several

MAX_DECIMALS = 3
Leads = NDArray[np.bool_]
Numbers = NDArray[np.float64]


class Finding(NamedTuple):
    """The difference of one scenario from the reference in one outcome.

    Attributes
    ----------
    scenario, item
        The scenario and the outcome.
    row
        Its row of ``Comparison.differences()``.
    kind
        One of ``KINDS``.
    sentence
        The verdict as a sentence.
    spread
        Standard deviation between runs (root mean square of the two); 0 where runs do not vary.
    """

    scenario: str
    item: Outcome
    row: dict[str, Any]
    kind: str
    sentence: str
    spread: float

    @property
    def sign(self) -> str:
        """The sign of the kind, which is clear without colour."""
        return KINDS[self.kind][0]

    @property
    def word(self) -> str:
        """The kind in words."""
        return _(KINDS[self.kind][1])

    @property
    def does(self) -> str:
        """The words for what the scenario does more or less than the reference."""
        return _(self.item.more if self.row["difference"] > 0 else self.item.less)

    @property
    def established(self) -> bool:
        """Whether the difference is established."""
        return self.kind in ("better", "worse", DIFFERENCE)


Findings = dict[tuple[str, str], Finding]


def findings(comparison: ComparisonData) -> Findings:
    """Return every difference, by scenario and outcome."""
    items = {item.name: item for item in comparison.items}
    spread = {name: _run_spread(comparison, name) for name in comparison.others}
    verdicts = verdict_table(comparison).itertuples(index=False)
    by_outcome = {}
    for row, verdict in zip(comparison.differences().to_dict("records"), verdicts, strict=True):
        item = items[row["outcome"]]
        kind = kind_of(item, str(verdict.kind), row["difference"])
        by_outcome[row["scenario"], item.name] = Finding(
            row["scenario"], item, {str(key): value for key, value in row.items()}, kind,
            str(verdict.sentence), spread[row["scenario"]][item.name],
        )  # fmt: skip
    return by_outcome


def _run_spread(comparison: ComparisonData, name: str) -> dict[str, float]:
    """Return the standard deviation between runs of each outcome, over the pairs."""
    one, other = comparison.values(comparison.reference), comparison.values(name)
    both = ~np.isnan(one) & ~np.isnan(other)
    spreads = {}
    for column, item in enumerate(comparison.items):
        pairs = both[:, column]
        values = [table[pairs, column] for table in (one, other)]
        enough = pairs.sum() > 1
        spreads[item.name] = (
            float(np.sqrt(np.mean([x.var(ddof=1) for x in values]))) if enough else 0.0
        )
    return spreads


def in_short(
    comparison: ComparisonData, table: Findings, name: str, items: Sequence[Outcome]
) -> str:
    """Return a summary of how a scenario differs from the reference."""
    own = [table[name, item.name] for item in items]
    words = {"name": quoted(name), "reference": quoted(comparison.reference)}
    said: list[str] = []
    for first, later, kind in (
        (_("{name} {does} than {reference}."), "", "better"),
        (_("{name} {does} than {reference}."), _("On the other hand it {does}."), "worse"),
        (_("{name} {does} than {reference}."), _("It also {does}."), DIFFERENCE),
    ):
        does = [finding.does for finding in own if finding.kind == kind]
        if does:
            text = later if said else first
            said.append(text.format(does=several(does, len(does)), **words))
    if not said:
        said.append(_("No difference between {name} and {reference} is established here.", **words))
    said[0] = said[0][:1].upper() + said[0][1:]
    return " ".join([*said, *_notes(own)])


def _notes(own: Sequence[Finding]) -> list[str]:
    """Return the notes that a summary needs to be correct."""
    sure = [finding for finding in own if finding.established]
    small = [f for f in sure if abs(f.row["difference"]) < worth_knowing(f.item)]
    partly = [f for f in sure if 0 < f.row["pairs"] < f.row["runs"]]
    notes = (
        (_("Established, but smaller than is worth knowing by our estimate: {labels}."), small),
        (_("No difference worth knowing is left in {labels}."), _of_kind(own, NONE)),
        (_("Open between the two: {labels}."), _of_kind(own, OPEN)),
        (_("No pair of runs tells of {labels}."), _of_kind(own, MISSING)),
        (_("Only pairs in which both runs have such a number tell of {labels}."), partly),
    )
    said = []
    for text, about in notes:
        labels = [_(finding.item.label) for finding in about]
        if labels:
            said.append(text.format(labels=several(labels, len(labels))))
    return said


def _of_kind(own: Sequence[Finding], kind: str) -> list[Finding]:
    return [finding for finding in own if finding.kind == kind]


class TradeOffRow(NamedTuple):
    """One outcome of the trade-off table: its label, the means, and which of them are best."""

    label: str
    means: tuple[str, ...]
    best: tuple[bool, ...]


class TradeOffs(NamedTuple):
    """The trade-offs between outcomes, over all scenarios.

    Attributes
    ----------
    tests
        The number of differences that the sentences are corrected for.
    """

    scenarios: tuple[str, ...]
    lines: list[TradeOffRow]
    sentences: list[str]
    tests: int


def beats(leads: Leads) -> Leads:
    """Return which scenario beats which: it leads in an outcome, and the other one in none.

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


def leading(comparison: ComparisonData, items: Sequence[Outcome]) -> tuple[Leads, int]:
    """Return which scenario is established to be better than which, by outcome.

    It rests on the paired differences of every two scenarios, corrected for all of them (Holm). An
    outcome with too few pairs does not count.

    Returns
    -------
    An array of shape (scenarios, scenarios, outcomes), and the number of differences.
    """
    columns = [comparison.outcomes.index(item.name) for item in items]
    values = [comparison.values(name)[:, columns] for name in comparison.study.scenarios]
    binary = np.array([item.unit == YES for item in items])
    sign = np.array([-1.0 if item.direction == LOWER else 1.0 for item in items])
    couples = list(combinations(range(len(values)), 2))
    differences = [paired(values[one], values[other], binary) for one, other in couples]
    p = np.array([p_values(each) for each in differences])
    sure = p <= holm(p).level
    leads = np.zeros((len(values), len(values), len(items)), dtype=np.bool_)
    for (one, other), each, certain in zip(couples, differences, sure, strict=True):
        better = np.sign(np.nan_to_num(each.centre)) * sign
        leads[other, one], leads[one, other] = certain & (better > 0), certain & (better < 0)
    return leads, int((~np.isnan(p)).sum())


def trade_offs(
    comparison: ComparisonData, table: Findings, items: tuple[Outcome, ...]
) -> TradeOffs | None:
    """Return the means of all scenarios, and which scenarios no other one beats.

    Parameters
    ----------
    table
        All differences, whose intervals determine the decimals of the means.
    items
        The outcomes; those without a better direction are left out.

    Returns
    -------
    TradeOffs or None
        None if fewer than two outcomes have a direction.
    """
    wanted = [item for item in items if item.direction]
    if len(wanted) < 2:
        return None
    names = tuple(comparison.study.scenarios)
    summary: Any = comparison.study.summary().set_index(["scenario", "outcome"])["mean"]
    lines = [
        _trade_off_row(
            item,
            [float(summary[name, item.name]) for name in names],
            _mean_decimals(comparison, table, item),
        )
        for item in wanted
    ]
    leads, tests = leading(comparison, wanted)
    sentences = list(_trade_off_sentences([quoted(name) for name in names], leads, wanted))
    return TradeOffs(names, lines, [s[:1].upper() + s[1:] for s in sentences], tests)


def _trade_off_row(item: Outcome, means: Sequence[float], digits: int) -> TradeOffRow:
    """Return the means of one outcome; the best is chosen after rounding, and only of several."""
    shown = np.array([round(mean, digits) for mean in means])
    good = np.where(np.isnan(shown), -np.inf, -shown if item.direction == LOWER else shown)
    top = (good == good.max()) & np.isfinite(good)
    best = top & ~top.all() & (np.isfinite(good).sum() > 1)
    return TradeOffRow(label(item), tuple(plain(m, digits) for m in shown), tuple(best.tolist()))


def _mean_decimals(comparison: ComparisonData, table: Findings, item: Outcome) -> int:
    """Return the number of decimals for the means of an outcome."""
    return max(
        min(digits_of(table[name, item.name].row), MAX_DECIMALS) for name in comparison.others
    )


def _trade_off_sentences(names: list[str], leads: Leads, items: list[Outcome]) -> Iterator[str]:
    """Yield which scenarios are unbeaten, and what beats each of the others."""
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


def typical_run(study: StudyData, scenario: str) -> int:
    """Return the number of the run nearest to the medians of the main outcomes.

    Examples
    --------
    >>> import sim
    >>> typical_run(sim.study("team", runs=30), "team") in range(30)
    True
    """
    own = study.runs[study.runs["scenario"] == scenario]
    return int(
        own["run"].iloc[most_typical_row(own[list(MAIN_OUTCOMES)].to_numpy(dtype=np.float64))]
    )


def most_typical_row(values: Numbers) -> int:
    """Return the row nearest to the medians of the columns, in standard deviations.

    Only rows with the most common pattern of missing values count: if most runs never agree, a run
    without an agreement is typical. If several rows are equally near, it is the first.

    Parameters
    ----------
    values
        An array of shape (runs, outcomes) with NaN for missing values.

    Examples
    --------
    >>> most_typical_row(np.array([[0.0], [1.0], [9.0], [np.nan]]))
    1
    """
    there = ~np.isnan(values)
    kinds, kind, counts = np.unique(there, axis=0, return_inverse=True, return_counts=True)
    common = int(np.argmax(counts))
    rows = np.flatnonzero(kind.ravel() == common)
    columns = kinds[common]
    if not columns.any():
        return int(rows[0])
    medians = np.nanmedian(values[:, columns], axis=0)
    spread = np.nanstd(values[:, columns], axis=0)
    away = (values[np.ix_(rows, columns)] - medians) / np.where(spread > 0, spread, 1.0)
    return int(rows[np.argmin((away * away).sum(axis=1))])
