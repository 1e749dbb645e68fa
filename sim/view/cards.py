"""How a scenario, a run, a study and a comparison show themselves in a notebook.

All share one small template without scripts or colours of its own, so that it is read on light and
on dark ground alike; whatever a person wrote is escaped.
"""

import math
from collections.abc import Sequence
from typing import Any

from sim.base.text import _, _n
from sim.engine.tables import RunData
from sim.rules.outcomes import OUTCOMES
from sim.scenario import SECTORS, Scenario
from sim.scenario.choices import DECISION_RULES
from sim.studies.compare import ComparisonData
from sim.studies.study import StudyData
from sim.view.console import MAIN_OUTCOMES, format_run, format_troubles
from sim.view.report.words import KINDS, NOTHING, kind_of, side_by_side
from sim.view.report.words import main_outcomes as main_ones
from sim.view.verdicts import between, decimals, number, verdict_table
from sim.view.words import render, sector_name

MAX_ROWS = 12  # what a reader takes in at once; the tables hold the rest


def of_scenario(scenario: Scenario) -> str:
    """Return who meets, in which form, by which rule, and what differs from the start values.

    >>> "consensus of all" in of_scenario(Scenario(title="Mine"))
    True
    """
    rows = [
        (row.path, row.values[1], row.values[0], row.meaning)
        for row in side_by_side({"": Scenario(), "own": scenario})
        if row.path != "listed"
    ]
    return _card(
        _("Scenario"),
        scenario.title or _("untitled"),
        [" ".join(scenario.description.split()), _people(scenario)],
        heads=(_("differs in"), _("here"), _("start value"), _("meaning")),
        rows=rows,
    )


def of_run(run: RunData) -> str:
    """Return the run in plain words, and where the rest of it is.

    >>> import sim
    >>> "seed 1, run 0" in of_run(sim.run(sim.load("team")))
    True
    """
    title, *sentences = format_run(run).splitlines()
    return _card(
        _("Run"),
        title,
        [" ".join(line.strip() for line in sentences)],
        notes=[_("One course of events. The story: minutes(); the pictures: plot().")],
    )


def of_study(study: StudyData) -> str:
    """Return the means of the main outcomes with their intervals, a column for each scenario.

    >>> import sim
    >>> "team" in of_study(sim.study("team", runs=20))
    True
    """
    names = list(study.scenarios)
    shown = names[: MAX_ROWS // 2]
    table: Any = study.summary()
    table = table[table["scenario"].isin(shown)].set_index(["outcome", "scenario"])
    rows = [
        (
            f"{_(item.label)} ({_(item.unit)})",
            *(
                _mean(table.loc[(item.name, own)]) if (item.name, own) in table.index else NOTHING
                for own in shown
            ),
        )
        for item in OUTCOMES
        if item.name in MAIN_OUTCOMES
    ]
    notes = [_("Means with their 95 % intervals; all outcomes: summary().")]
    more = len(names) - len(shown)
    if more:
        text = _n(
            "{count} more scenario is not shown.", "{count} more scenarios are not shown.", more
        )
        notes.append(text)
    return _card(
        _("Study"),
        repr(study)[1:-1],
        format_troubles(study),
        heads=(_("outcome"), *shown),
        rows=rows,
        notes=notes,
    )


def of_comparison(found: ComparisonData) -> str:
    """Return the verdicts on what a person asks first.

    >>> import sim
    >>> "sooner" in of_comparison(sim.compare(["community", "team"], runs=200))
    True
    """
    table: Any = verdict_table(found).merge(found.differences(), on=["scenario", "outcome"])
    items = {item.name: item for item in main_ones(found.items)}
    rows = []
    for row in table[table["outcome"].isin(items)].to_dict("records"):
        sign, word = KINDS[kind_of(items[row["outcome"]], row["kind"], row["difference"])]
        rows.append((f"{sign} {_(word)}", row["sentence"]))
    return _card(
        _("Comparison"),
        repr(found)[1:-1],
        format_troubles(found.study),
        heads=(_("verdict"), _("what was found")),
        rows=rows,
        notes=[
            _("Of the model, not of the world. All outcomes: verdicts(); as a page: report(path).")
        ],
    )


def _card(
    kind: str,
    title: str,
    texts: Sequence[str],
    *,
    heads: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    notes: Sequence[str] = (),
) -> str:
    """Return the card; rows for which there is no room are counted."""
    more = len(rows) - MAX_ROWS
    if more > 0:
        text = _n("{count} more row is not shown.", "{count} more rows are not shown.", more)
        notes = [*notes, text]
    return render(
        "card.html",
        {
            "kind": kind,
            "title": title,
            "texts": [text for text in texts if text],
            "heads": heads,
            "rows": rows[:MAX_ROWS],
            "notes": notes,
        },
    )


def _people(scenario: Scenario) -> str:
    """Return who is concerned, how many sit at the table, and what decides."""
    counts = {sector: scenario.count(sector) for sector in SECTORS}
    people = [f"{count} {sector_name(sector)}" for sector, count in counts.items() if count]
    return _(
        "{all} stakeholders ({people}); form: {form}; seats: {seats}; decision: {rule}.",
        all=sum(counts.values()),
        people=", ".join(people),
        form=scenario.form.kind,
        seats=scenario.form.seats,
        rule=_(DECISION_RULES[scenario.decision.rule].label),
    )


def _mean(row: Any) -> str:
    """Return a mean with its interval, in as many digits as that bears."""
    if not row["n"]:
        return NOTHING
    if math.isnan(row["low"]):
        return number(row["mean"], 2)
    digits = decimals(row["low"], row["high"])
    return f"{number(row['mean'], digits)} ({between(row['low'], row['high'], digits)})"
