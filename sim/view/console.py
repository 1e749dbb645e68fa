"""What the commands print: a run, a study, a comparison, claims and power, in a few lines each."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

import pandas as pd

from sim.base.files import MANIFEST
from sim.base.text import N_, _, _n
from sim.engine.tables import MAX_INDEXED, PowerTable, RunData, power_table
from sim.rules.outcomes import OUTCOMES, Outcome
from sim.scenario import Scenario
from sim.studies.claims import UNDETERMINED, ClaimsData
from sim.studies.compare import ComparisonData
from sim.studies.differences import HOLDS, MIN_SAME_SIGN, ONLY_SETS, ONLY_START, TURNS, Over
from sim.studies.study import StudyData
from sim.view.verdicts import MAX_DECIMALS, decimals, format_verdict, quoted


def aligned(rows: Sequence[Sequence[str]]) -> str:
    r"""Cells below each other, two spaces apart; no spaces at the end of a line.

    >>> print(aligned([["id", "verdict"], ["V12", "inside"]]))
    id   verdict
    V12  inside
    """
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


# What a person asks first; all others are in the table.
MAIN_OUTCOMES = (
    "participation",
    "agreement",
    "months_to_agreement",
    "support",
    "inequity",
    "delivery",
    "retention",
)
# What a run ended with; each sentence needs all outcomes that it names.
SENTENCES = (
    N_(
        "{participation:.0%} of the stakeholders thought it worth taking part at the start; "
        "{retention:.0%} were members at the end."
    ),
    N_(
        "{acceptance:.0%} of the table accepted the agreement; {support:.0%} of all stakeholders "
        "are at least as well off with it as alone."
    ),
    N_(
        "Satisfaction, from 0 to 1, is {satisfaction:.2f} on average and {worst_off:.2f} among "
        "the tenth worst served."
    ),
    N_(
        "Pledges covered {coverage:.0%} of what was needed, and {delivery:.0%} of the work was "
        "delivered."
    ),
)
MAX_FAILURES = 3
MAX_SCENARIOS = 30  # a sweep may have thousands
MAX_STAKEHOLDERS = 2_000  # that anyone would read


def format_run(run: RunData) -> str:
    """Return a run in plain words, a few lines long."""
    title = _(
        "{title} (seed {seed}, run {run})", title=run.scenario.title, seed=run.seed, run=run.run
    )
    dissolved = bool((run.events["event"] == "dissolved").any())
    known = {str(name): float(value) for name, value in run.outcomes.dropna().items()}
    texts = [_decision(known), *map(_, SENTENCES), _life(known, dissolved)]
    sentences = [text.format(**known) for text in texts if _names(text) <= known.keys()]
    return "\n".join([title, *(f"  {sentence}" for sentence in sentences)])


def _names(text: str) -> set[str]:
    """Return the names of the outcomes in a sentence.

    >>> _names("{coverage:.0%} of what was needed")
    {'coverage'}
    """
    return {name for _text, name, _format, _conversion in Formatter().parse(text) if name}


def _decision(known: Mapping[str, float]) -> str:
    if "agreement" not in known:
        return _("Nothing was put to a decision.")
    if "months_to_agreement" not in known:
        return _("No debate ended in agreement.")
    if known["agreement"]:
        return _("The first debate ended in agreement, in month {months_to_agreement:.0f}.")
    return _(
        "The first debate ended in deadlock; a later one in agreement, in month "
        "{months_to_agreement:.0f}."
    )


def _life(known: Mapping[str, float], dissolved: bool) -> str:
    if "survived_10y" not in known:
        return _(
            "The collaboration still stood when the run ended, in month {months_survived:.0f}."
        )
    if not known["survived_10y"]:
        return _("The collaboration dissolved in month {months_survived:.0f}.")
    if dissolved:
        return _(
            "The collaboration stood for ten years, and dissolved in month {months_survived:.0f}."
        )
    return _(
        "The collaboration stood for ten years; it was followed to month {months_survived:.0f}."
    )


def format_study(study: StudyData) -> str:
    """Return the main outcomes of every scenario: mean, 95 % interval and the runs behind it."""
    names = list(study.scenarios)[:MAX_SCENARIOS]
    table: Any = study.summary()
    table = table[table["scenario"].isin(names)].set_index(["scenario", "outcome"])
    labels = {item.name: f"{_(item.label)} ({_(item.unit)})" for item in OUTCOMES}
    width = max(map(len, names))
    lines = [_("Means with their 95 % intervals, and the runs that have such a number:")]
    for outcome in MAIN_OUTCOMES:
        lines.append(labels[outcome])
        for name in names:
            if (name, outcome) not in table.index:
                continue
            row = table.loc[(name, outcome)]
            lines.append(f"  {name:{width}}  {_format_mean(*row[['mean', 'low', 'high', 'n']])}")
    return "\n".join([*lines, *_rest(len(study.scenarios) - len(names)), *format_troubles(study)])


def _rest(count: int) -> list[str]:
    """Return how many scenarios are left out."""
    text = _n(
        "{count} more scenario is not shown here.",
        "{count:,} more scenarios are not shown here.",
        count,
    )
    return [text] if count else []


def format_comparison(found: ComparisonData) -> str:
    """Return the verdicts on the main outcomes; on all that are compared, if none of those is."""
    main = [name for name in MAIN_OUTCOMES if name in found.outcomes] or list(found.outcomes)
    others = found.others[:MAX_SCENARIOS]
    lines = [
        format_verdict(found.judged[other, name], found.reference, found.tests)
        for other in others
        for name in main
    ]
    lines += _rest(len(found.others) - len(others))
    if found.over:
        items = tuple(item for item in found.items if item.name in main)
        lines += format_robust(found, found.over, items)
    return "\n".join([*lines, *_widths(found), *format_troubles(found.study)])


def _widths(found: ComparisonData) -> list[str]:
    """Return which intervals are wider than was asked for."""
    text = _("The interval of {name} did not reach the precision that was asked for: {half}.")
    return [
        text.format(name=name, half=_("too few pairs have it") if half != half else f"± {half:.2g}")
        for name, half in found.unreached().items()
    ]


def format_robust(found: ComparisonData, over: Over, items: tuple[Outcome, ...]) -> list[str]:
    """Return what holds over the parameter sets and what does not, in some outcomes."""
    table = found.robust()
    labels = {item.name: _(item.label) for item in items}
    table = table[table["outcome"].isin(labels)]
    counts = Counter(table["holds"])
    total = sum(counts[word] for word in (HOLDS, ONLY_START, TURNS))
    text = _("of {total} differences under the start values {holds} hold.")
    if not total:
        text = _("under the start values no difference was established.")
    over_sets = _n(
        "Over {count} parameter set that fits the evidence: ",
        "Over {count} parameter sets that fit the evidence: ",
        len(over.posterior),
    )
    lines = [over_sets + text.format(total=total, holds=counts[HOLDS])]
    words = table["holds"]
    split = words.isin([HOLDS, TURNS, ONLY_SETS]) & (table["same_sign"] < MIN_SAME_SIGN)
    for own, text in (
        (words == ONLY_START, _("Established for the start values, not over the sets: {names}.")),
        (words == TURNS, _("Turns round: {names}.")),
        (
            words == ONLY_SETS,
            _("Established over the sets, not for the start values: {names}."),
        ),
        (split, _("Holds on the whole, but is the other way round under many sets: {names}.")),
    ):
        names = [
            _("{label} ({name})", label=labels[outcome], name=quoted(scenario))
            for scenario, outcome in table.loc[own, ["scenario", "outcome"]].to_numpy()
        ]
        if names:
            lines.append(text.format(names=", ".join(names)))
    if over.held:
        text = _("Fields that the scenarios set themselves keep their values: {names}.")
        lines.append(text.format(names=", ".join(over.held)))
    return lines


def format_troubles(study: StudyData) -> list[str]:
    """Return what went wrong on the way, and what was done about it."""
    lines = _damage(study.damaged)
    if len(study.failures):
        lines.append(_n("{count} run failed:", "{count} runs failed:", len(study.failures)))
        lines += [
            f"  {scenario}, {number}: {cause}"
            for scenario, number, cause in study.failures.head(MAX_FAILURES).to_numpy()
        ]
    return lines


def _damage(damaged: Sequence[str]) -> list[str]:
    """Return what was damaged in the store, and is so no longer.

    >>> _damage(["manifest.json"])
    ['The manifest of the store was damaged or missing; it was written anew.']
    """
    files = len([name for name in damaged if name != MANIFEST])
    again = _n(
        "{count} file of the store was damaged; its runs were carried out again.",
        "{count} files of the store were damaged; their runs were carried out again.",
        files,
    )
    anew = _("The manifest of the store was damaged or missing; it was written anew.")
    return [*([again] if files else []), *([anew] if MANIFEST in damaged else [])]


def _format_mean(mean: float, low: float, high: float, n: float) -> str:
    """Return a mean with its interval.

    >>> _format_mean(0.5, 0.25, 0.75, 12.0), _format_mean(math.nan, math.nan, math.nan, 0.0)
    ('0.500 (0.250 to 0.750; 12 runs)', 'no run has it')
    """
    if not n:
        return _("no run has it")
    runs = _n("{count} run", "{count} runs", int(n))
    if math.isnan(low):
        return _("{mean:.3f} ({runs})", mean=mean, runs=runs)
    return _(
        "{mean:.3f} ({low:.3f} to {high:.3f}; {runs})", mean=mean, low=low, high=high, runs=runs
    )


def format_claims(checked: ClaimsData) -> str:
    """Return the verdicts on a file of claims as a table for a terminal."""
    heading = [_("verdict"), _("difference"), _("interval"), _("pairs"), _("claim")]
    claims: list[dict[Any, Any]] = checked.table().to_dict("records")
    text = _n(
        "The chance that this verdict is wrong is at most {{rate:.3g}}.",
        "The chance that any of these {count} verdicts is wrong is at most {{rate:.3g}}.",
        len(claims),
    )
    return aligned([heading, *map(_cells, claims)]) + "\n" + text.format(rate=checked.error_rate)


def _cells(row: dict[str, Any]) -> list[str]:
    """Return a row of the table in words."""
    pairs = f"{row['pairs']:,}"
    if row["pairs"] < row["runs"]:
        pairs = _("{pairs} of {runs:,}", pairs=pairs, runs=row["runs"])
    claim = row["claim"]
    if row["verdict"] == UNDETERMINED:
        more = _("no number of runs in reach would settle it")
        if not row["pairs"]:
            more = _("in no pair both runs have it")
        elif not pd.isna(row["needed"]):
            more = _("about {count:,} runs of another seed would most likely settle it")
            more = more.format(count=row["needed"])
        claim = f"{claim} ({more})"
    if math.isnan(row["low"]):
        return [_(row["verdict"]), "", "", pairs, claim]
    digits = decimals(row["low"] - row["margin"], row["high"] - row["margin"], MAX_DECIMALS)
    ends = {name: f"{row[name]:.{digits}f}" for name in ("low", "high")}
    return [
        _(row["verdict"]),
        f"{row['difference']:+.{digits}f}",
        _("{low} to {high}", **ends),
        pairs,
        claim,
    ]


def format_power(scenario: Scenario) -> str:
    """Return the balance of power at the start: Gini coefficients, and a row a stakeholder.

    Examples
    --------
    >>> from sim.scenario import load
    >>> print(format_power(load("team")).splitlines()[0])
    Power and resources as drawn in run 0 of seed 1, before anybody stays away or leaves.
    """
    found = power_table(scenario)
    heading = (_("stakeholder"), _("sector"), _("power"), _("power index"))
    rows = [_power_row(row, found) for row in found.table.to_dict("records")]
    lines = [*_inequality(found), *_power_index(scenario, found), ""]
    lines.append(aligned([heading, *rows[:MAX_STAKEHOLDERS]]))
    if len(rows) > MAX_STAKEHOLDERS:
        lines.append(_("... and {count:,} more", count=len(rows) - MAX_STAKEHOLDERS))
    return "\n".join(lines)


def _inequality(found: PowerTable) -> list[str]:
    """Return how unequally power and resources are shared."""
    labels = {"power": _("power"), "all resources": _("all resources")}
    told = ", ".join(
        f"{labels.get(what, what)} "
        + (_("(nobody has any)") if math.isnan(value) else f"{value:.3f}")
        for what, value in found.gini.items()
    )
    return [
        _("Power and resources as drawn in run 0 of seed 1, before anybody stays away or leaves."),
        _("Gini, from 0 (all have the same) to 1 (one has everything): {told}.", told=told),
    ]


def _power_index(scenario: Scenario, found: PowerTable) -> list[str]:
    """Return what a power index is, and what this one rests on."""
    line = _(
        "At the table: {seats} of {people}. Decision rule: {rule}; veto: {veto}.",
        seats=found.seats,
        people=scenario.people,
        rule=scenario.decision.rule,
        veto=", ".join(scenario.decision.veto) or _("nobody"),
    )
    if found.seats > MAX_INDEXED:
        text = _("No power index is given for more than {most:,} at the table.", most=MAX_INDEXED)
        return [line, text]
    if found.orders is None:
        orders = math.factorial(found.seats)
        text = _("those at the table accept one after the other, in each of all {orders} orders.")
    else:
        orders = found.orders
        text = _(
            "those at the table accept one after the other; from {orders} orders drawn evenly, "
            "with standard error."
        )
    index = _(
        "Power index (Shapley & Shubik): how often it is one's own acceptance that decides, if"
    )
    return [line, index, text.format(orders=orders)]


def _power_row(row: dict[Any, Any], found: PowerTable) -> tuple[str, ...]:
    """Name, sector, power and power index of a stakeholder, or who speaks for it."""
    if not row["seated"]:
        speaker = _printable(row["speaker"])
        index = _("represented by {speaker}", speaker=speaker) if speaker else _("not represented")
    elif found.seats > MAX_INDEXED:
        index = ""
    else:
        index = f"{row['index']:.4f}"
        index += f" ± {row['error']:.4f}" if found.orders is not None else ""
    return _printable(row["name"]), row["sector"], f"{row['power']:.4f}", index


def _printable(name: str) -> str:
    r"""Return a name in one line.

    >>> _printable("Bima\nLtd")
    'Bima Ltd'
    """
    return "".join(letter if letter.isprintable() else " " for letter in name)
