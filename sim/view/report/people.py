"""Stakeholders by name: who gains, who stays away, who leaves."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.text import _
from sim.scenario import SECTORS
from sim.studies.compare import ComparisonData
from sim.studies.statistics import Corrected, holm, mean_interval, p_values, paired, simultaneous
from sim.studies.study import KEPT, stakeholders
from sim.view.plots.style import GREY, shorten
from sim.view.report.drawing import (
    Drawing,
    Look,
    at_the_left,
    at_the_right,
    centre_on_zero,
    drawing,
    key_height,
    lanes,
    scenario_key,
)
from sim.view.report.words import NOTHING, plain, signed, span
from sim.view.verdicts import decimals, quoted
from sim.view.words import sector_name, several, share

RUNS = 200  # per scenario, at most
MAX_NAMED = 3  # stakeholders in a sentence
MIN_SHARE = 0.05  # of runs; rarer cases are not named


class People(NamedTuple):
    """The section of the report about stakeholders.

    Attributes
    ----------
    runs
        The number of runs per scenario.
    error
        The margin of error of a share: half of its 95 % interval where that is widest.
    scenarios
        The scenarios that list stakeholders by name.
    sentences
        Who gains, who stays away, who leaves.
    pictures
        The same for all stakeholders, as pictures.
    rows
        A table: name, sector, and four cells for each scenario.
    """

    runs: int
    error: float
    scenarios: tuple[str, ...]
    sentences: list[str]
    pictures: list[Drawing]
    rows: list[tuple[str, str, tuple[str, ...]]]


def people(comparison: ComparisonData, shown: dict[str, Look]) -> People | None:
    """Return the results by stakeholder, or None if no scenario lists them by name."""
    done = comparison.study.runs
    numbers = {  # runs that did not fail
        name: done.loc[done["scenario"] == name, "run"].head(RUNS)
        for name, scenario in comparison.study.scenarios.items()
        if scenario.listed is not None
    }
    tables = {
        name: stakeholders(comparison.study.scenarios[name], comparison.study.seed, own)
        for name, own in numbers.items()
        if len(own)
    }
    if not tables:
        return None
    means = {
        name: table.groupby("name", sort=False)[list(KEPT)].mean() for name, table in tables.items()
    }
    sector = {
        who: of
        for table in tables.values()
        for who, of in zip(table["name"], table["sector"], strict=True)
    }
    names = sorted(sector, key=lambda who: SECTORS.index(sector[who]))  # stable
    sentences: list[str] = []
    pictures: list[Drawing] = []
    for name, gaps in _gaps(tables, comparison.reference).items():
        sentences.append(_who_gains(name, comparison.reference, gaps))
        pictures.append(_gain_picture(name, comparison.reference, gaps, shown[name], len(pictures)))
    sentences += [_who_stays_away_and_leaves(name, table) for name, table in means.items()]
    pictures += [
        _away_picture(means, names, shown, "stayed_away", _("Who stays away")),
        _away_picture(means, names, shown, "left", _("Who leaves")),
    ]
    rows = [
        (
            " ".join(who.split()),
            sector_name(sector[who]),
            tuple(text for table in means.values() for text in _cells(table, who)),
        )
        for who in names
    ]
    counts = [len(numbers[name]) for name in tables]
    error = _margin_of_error(min(counts))
    return People(max(counts), error, tuple(tables), sentences, pictures, rows)


def _margin_of_error(runs: int) -> float:
    """Return half the width of Wilson's interval for a share of one half, where it is widest.

    >>> round(_margin_of_error(200), 3)
    0.069
    """
    low, high = mean_interval([0.0, 1.0] * (runs // 2) + [0.0] * (runs % 2), is_binary=True)[1:3]
    return (high - low) / 2


def _cells(means: Any, who: str) -> tuple[str, ...]:
    """Return satisfaction, and the shares of runs: better off than alone, stayed away, left."""
    if who not in means.index:
        return (NOTHING,) * len(KEPT)
    fit, away, left, gains = means.loc[who, list(KEPT)]
    return (
        plain(fit, 2),
        NOTHING if np.isnan(gains) else share(gains),
        share(away),
        share(left),
    )


def _gaps(tables: dict[str, pd.DataFrame], reference: str) -> dict[str, pd.DataFrame]:
    """Return the paired differences in satisfaction of the stakeholders in both scenarios.

    Their intervals are corrected for all stakeholders of all scenarios.
    """
    wide = {
        name: table.pivot(index="run", columns="name", values="satisfaction")
        for name, table in tables.items()
    }
    found, names = {}, {}
    for name, table in tables.items():
        who = [who for who in dict.fromkeys(table["name"]) if who in wide.get(reference, ())]
        if name != reference and who:
            one, other = wide[reference][who].align(wide[name][who], join="inner")
            numbers = one.to_numpy(dtype=np.float64), other[who].to_numpy(dtype=np.float64)
            names[name], found[name] = who, paired(*numbers, np.zeros(len(who), dtype=np.bool_))
    if not found:
        return {}
    p = {name: p_values(each) for name, each in found.items()}
    corrected = holm(np.concatenate(list(p.values())))
    gaps, start = {}, 0
    for name, each in found.items():
        part = slice(start, start := start + len(names[name]))
        own = Corrected(corrected.p[part], corrected.level[part], corrected.bonferroni)
        low, high = simultaneous(each, p[name], own)
        rows = {"name": names[name], "mean": each.difference, "low": low, "high": high}
        gaps[name] = pd.DataFrame(rows)
    return gaps


def _who_gains(name: str, reference: str, gaps: pd.DataFrame) -> str:
    """Return who is more satisfied than in the reference, and who is less so, as sentences."""
    up = gaps[gaps["low"] > 0].sort_values("mean", ascending=False, kind="stable")
    down = gaps[gaps["high"] < 0].sort_values("mean", kind="stable")
    words = {"name": quoted(name), "reference": quoted(reference)}
    said = []
    for text, rows in (
        (_("The agreement of {name} suits these better than that of {reference}: {who}."), up),
        (_("It suits these less well: {who}."), down),
    ):
        who = [_gap_text(*row) for row in rows[["name", "mean", "low", "high"]].to_numpy()]
        if who:
            said.append(text.format(who=several(who, MAX_NAMED), **words))
    if not said:
        return _(
            "Between {name} and {reference} no stakeholder is seen to gain or lose satisfaction.",
            **words,
        )
    if up.empty:
        text = _(
            "The agreement of {name} is not seen to suit anybody better than that of {reference}."
        )
        said.insert(0, text.format(**words))
    return " ".join(said)


def _gap_text(who: str, mean: float, low: float, high: float) -> str:
    """Return the difference of a stakeholder with its interval, as text."""
    return _(
        "{who} ({mean}; {ends})",
        who=" ".join(who.split()),
        mean=signed(mean, decimals(low, high)),
        ends=span({"low": low, "high": high}),
    )


def _who_stays_away_and_leaves(name: str, means: pd.DataFrame) -> str:
    """Return who stays away and who leaves most often, as sentences."""
    return " ".join(_who_most(name, means, column) for column in ("stayed_away", "left"))


def _who_most(name: str, means: pd.DataFrame, column: str) -> str:
    """Return who stays away, or who leaves, most often, as a sentence."""
    if column == "stayed_away":
        text, nobody = (
            _("In {name} these stay away most often: {who}."),
            _("In {name} hardly anybody stays away."),
        )
    else:
        text, nobody = (
            _("In {name} these leave most often: {who}."),
            _("In {name} hardly anybody leaves."),
        )
    top = means[means[column] > MIN_SHARE].sort_values(column, ascending=False, kind="stable")
    who = [f"{' '.join(str(n).split())} ({share(v)})" for n, v in top[column].items()]
    return (text if who else nobody).format(name=quoted(name), who=several(who[:MAX_NAMED]))


def _gain_picture(
    name: str, reference: str, gaps: pd.DataFrame, look: Look, number: int
) -> Drawing:
    """Draw the difference in satisfaction of each stakeholder, with its interval."""
    ax = lanes(len(gaps), left=2.05, top=0.14)
    reach = 0.02
    for y, (who, mean, low, high) in enumerate(gaps.to_numpy()):
        at_the_left(ax, y, shorten(who, 30))
        if np.isnan(mean):
            at_the_right(ax, y, NOTHING, GREY)
            continue
        sure = low > 0 or high < 0
        ax.plot([low, high], [y, y], color=look.colour, linewidth=1.6)
        ax.plot(
            mean, y, look.marker, color=look.colour, markersize=4.6, markeredgewidth=1.1,
            markerfacecolor=look.colour if sure else "white",
        )  # fmt: skip
        at_the_right(ax, y, signed(mean, 2))
        reach = max(reach, *(abs(end) for end in (mean, low, high) if not np.isnan(end)))
    centre_on_zero(ax, reach, _("less satisfied  ←   →  more satisfied"))
    title = _("Who gains and who loses with {name}", name=name)
    caption = _(
        "Satisfaction in {name} minus that in {reference}, over the runs in which both agreed, "
        "with 95 % intervals, corrected for all stakeholders. A filled mark is an established "
        "difference, a hollow one is not.",
        name=name,
        reference=reference,
    )
    return drawing(ax, f"gain{number}", title, _who_gains(name, reference, gaps), caption)


def _away_picture(
    means: dict[str, pd.DataFrame],
    names: list[str],
    shown: dict[str, Look],
    column: str,
    title: str,
) -> Drawing:
    """Draw the share of runs in which each stakeholder stays away, or leaves."""
    own = {name: shown[name] for name in means}
    ax = lanes(len(names), left=2.05, right=0.2, top=key_height(own))
    for y, who in enumerate(names):
        at_the_left(ax, y, shorten(who, 30))
        for place, (name, look) in enumerate(own.items()):
            if who in means[name].index:
                share_of: Any = means[name][column]
                ax.plot(
                    share_of[who], y, look.marker, color=look.colour, clip_on=False,
                    markersize=5 + 1.5 * (len(own) - place - 1),  # the last covers no other
                )  # fmt: skip
    ax.set(xlim=(0, 1), xlabel=_("share of runs"))
    scenario_key(ax, own)
    caption = (
        _("The share of runs in which a stakeholder is no member at the start.")
        if column == "stayed_away"
        else _("The share of runs in which it is a member at the start and none at the end.")
    )
    said = " ".join(_who_most(name, table, column) for name, table in means.items())
    return drawing(ax, column, title, said, caption)
