"""Pictures of many runs, as the notebooks show them: means with their 95 % intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import sim
from sim.rules.outcomes import OUTCOMES, YES
from sim.view.plots.stakeholders import network
from sim.view.plots.style import FAINT, GREY, INK, LOOKS, Picture, our_settings

COLOURS = [look.colour for look in LOOKS.values()]
MARKS = [look.marker for look in LOOKS.values()]
DASHES = [look.dash for look in LOOKS.values()]


def means(
    study: sim.Study, outcomes: Sequence[str], names: Mapping[str, str] | None = None
) -> Figure:
    """A panel for each outcome, and in it the mean of each scenario with its interval."""
    table = study.summary().set_index(["outcome", "scenario"])
    scenarios = list(study.scenarios)
    with our_settings("".join(scenarios)):
        page = Picture(2.7 * len(outcomes) + 0.8, 0.95 + 0.3 * len(scenarios))
        panels = page.subplots(1, len(outcomes), sharey=True, squeeze=False)[0]
        for ax, outcome in zip(panels, outcomes, strict=True):
            for place, name in enumerate(scenarios):
                row = table.loc[(outcome, name)]
                ax.plot([row["low"], row["high"]], [place, place], color=GREY, lw=3, alpha=0.6)
                ax.plot(row["mean"], place, "o", color=COLOURS[0], ms=5)
            ax.set(title=heading(outcome), ylim=(len(scenarios) - 0.5, -0.5))
            ax.set_xlabel(unit(outcome))
            ax.grid(axis="x", color=FAINT, lw=0.5)
        panels[0].set_yticks(range(len(scenarios)), [(names or {}).get(n, n) for n in scenarios])
        page.tight_layout(w_pad=1.5)
    return page


def lines(sweep: sim.Sweep, outcome: str, x: str, by: str) -> Figure:
    """The mean of an outcome along one field, a line for each value of another."""
    table = sweep.means(outcome)
    with our_settings(""):
        page = Picture(5.6, 3.0)
        ax = page.subplots()
        for place, (value, own) in enumerate(table.groupby(by)):
            look = {"color": COLOURS[place], "marker": MARKS[place], "ls": DASHES[place]}
            wide = np.array([own["mean"] - own["low"], own["high"] - own["mean"]])
            ax.errorbar(own[x], own["mean"], wide, label=f"{value:g}", ms=4, capsize=2, **look)
        ax.legend(title=by, loc="center left", bbox_to_anchor=(1.02, 0.5))
        ax.set(title=heading(outcome), xlabel=x, ylabel=unit(outcome))
        ax.grid(color=FAINT, lw=0.5)
        page.tight_layout()
    return page


def effects(table: pd.DataFrame, title: str, columns: Sequence[str]) -> Figure:
    """Differences with their intervals: a panel a column, a row a change.

    Parameters
    ----------
    table
        One row a change and outcome: change, outcome, difference, low, high.
    columns
        The outcomes.
    """
    changes = list(dict.fromkeys(table["change"]))
    rows = table.set_index(["outcome", "change"])
    with our_settings("".join(changes)):
        page = Picture(2.2 * len(columns) + 1.2, 1.2 + 0.27 * len(changes))
        panels = page.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for ax, outcome in zip(panels, columns, strict=True):
            ax.axvline(0, color=GREY, lw=0.8)
            for place, change in enumerate(changes):
                row = rows.loc[(outcome, change)]
                sure = row["low"] > 0 or row["high"] < 0
                ax.plot([row["low"], row["high"]], [place, place], color=GREY, lw=3, alpha=0.6)
                fill = COLOURS[0] if sure else "white"
                ax.plot(row["difference"], place, "o", mfc=fill, mec=COLOURS[0], ms=5)
            ax.set(title=heading(outcome), ylim=(len(changes) - 0.5, -0.5))
            ax.set_xlabel(unit(outcome))
            ax.grid(axis="x", color=FAINT, lw=0.5)
        panels[0].set_yticks(range(len(changes)), changes)
        page.suptitle(title, x=0.01, ha="left", fontsize=9.5, color=INK)
        page.tight_layout(w_pad=1.2)
    return page


def networks(runs: Mapping[str, sim.Run]) -> Figure:
    """Who trusts whom at the start of some runs, side by side, with one legend for all."""
    side, key = 3.6, 2.1  # inches
    wide, high = side * len(runs) + key, side + 0.35
    with our_settings(""):
        page = Picture(wide, high)
        for place, (name, run) in enumerate(runs.items()):
            ax = page.add_axes((place * side / wide, 0, side / wide, side / high))
            network(run, ax, when="start")
            ax.set_title(name)
            legend = ax.get_legend()
            if not place:
                shown = [handle for handle in legend.legend_handles if handle is not None]
                words = [text.get_text() for text in legend.get_texts()]
                page.legend(shown, words, loc="center right", bbox_to_anchor=(1 - 0.1 / wide, 0.5))
            legend.remove()
    return page


def spread(study: sim.Study, outcome: str) -> Figure:
    """How the runs of each scenario are spread over an outcome."""
    with our_settings(""):
        page = Picture(6.0, 0.8 + 1.0 * len(study.scenarios))
        panels = page.subplots(len(study.scenarios), 1, sharex=True, squeeze=False)[:, 0]
        known = study.runs[outcome].dropna()
        bins = np.linspace(known.min(), known.max(), 31)
        for ax, (name, own) in zip(
            panels, study.runs.groupby("scenario", observed=True), strict=True
        ):
            ax.hist(own[outcome].dropna(), bins=bins, color=COLOURS[2], ec="white", lw=0.4)
            missing = int(own[outcome].isna().sum())
            note = f"; {missing} without such a number" if missing else ""
            ax.set_title(f"{name} ({len(own)} runs{note})")
            ax.set_ylabel("runs")
        panels[-1].set_xlabel(f"{heading(outcome)} ({unit(outcome)})")
        page.tight_layout()
    return page


def heading(outcome: str) -> str:
    """What an outcome is called."""
    return next(item.label for item in OUTCOMES if item.name == outcome)


def unit(outcome: str) -> str:
    """Its unit; of what is 0 or 1, the mean is a share of runs."""
    found = next(item.unit for item in OUTCOMES if item.name == outcome)
    return "share of runs" if found == YES else found
