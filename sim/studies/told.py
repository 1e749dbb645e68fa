"""What a study came to, in a few lines for a terminal."""

import math
from collections.abc import Sequence
from typing import Any

from sim.language import _, _n
from sim.rules.outcomes import OUTCOMES
from sim.studies.compare import Comparison
from sim.studies.manifest import MANIFEST
from sim.studies.robust import in_words
from sim.studies.study import Study

# What a person asks first; all others are in the table.
TOLD = (
    "participation",
    "agreement",
    "months_to_agreement",
    "support",
    "inequity",
    "delivery",
    "retention",
)
FAILURES = 3
MOST_TOLD = 30  # scenarios: a sweep may have thousands


def tell(study: Study) -> str:
    """The main outcomes of every scenario: mean, 95 % interval and the runs behind it."""
    names = list(study.scenarios)[:MOST_TOLD]
    table: Any = study.summary()
    table = table[table["scenario"].isin(names)].set_index(["scenario", "outcome"])
    labels = {item.name: f"{_(item.label)} ({_(item.unit)})" for item in OUTCOMES}
    width = max(map(len, names))
    lines = [_("Means with their 95 % intervals, and the runs that have such a number:")]
    for outcome in TOLD:
        lines.append(labels[outcome])
        for name in names:
            if (name, outcome) not in table.index:
                continue
            row = table.loc[(name, outcome)]
            lines.append(f"  {name:{width}}  {_interval(*row[['mean', 'low', 'high', 'n']])}")
    return "\n".join([*lines, *_rest(len(study.scenarios) - len(names)), *troubles(study)])


def _rest(count: int) -> list[str]:
    """How many scenarios there was no room for."""
    text = _n(
        "{count} more scenario is not shown here.",
        "{count:,} more scenarios are not shown here.",
        count,
    )
    return [text] if count else []


def tell_comparison(found: Comparison) -> str:
    """The verdicts on the main outcomes; on all that are compared, if none of those is."""
    main = [name for name in TOLD if name in found.outcomes] or list(found.outcomes)
    others = found.others[:MOST_TOLD]
    lines = [found.verdict(name, other) for other in others for name in main]
    lines += _rest(len(found.others) - len(others))
    if found.over:
        items = tuple(item for item in found.items if item.name in main)
        lines += in_words(found, found.over, items)
    return "\n".join([*lines, *_widths(found), *troubles(found.study)])


def _widths(found: Comparison) -> list[str]:
    """Which intervals are wider than was asked for."""
    text = _("The interval of {name} did not reach the precision that was asked for: {half}.")
    return [
        text.format(name=name, half=_("too few pairs have it") if half != half else f"± {half:.2g}")
        for name, half in found.unreached().items()
    ]


def troubles(study: Study) -> list[str]:
    """What went wrong on the way, and what was done about it."""
    lines = _damage(study.damaged)
    if len(study.failures):
        lines.append(_n("{count} run failed:", "{count} runs failed:", len(study.failures)))
        lines += [
            f"  {scenario}, {number}: {cause}"
            for scenario, number, cause in study.failures.head(FAILURES).to_numpy()
        ]
    return lines


def _damage(damaged: Sequence[str]) -> list[str]:
    """What was damaged in the store, and is so no longer.

    >>> _damage(["manifest.json"])
    ['The manifest of the store was damaged or missing; it was written anew.']
    """
    lines = []
    files = len([name for name in damaged if name != MANIFEST])
    if files:
        text = _n(
            "{count} file of the store was damaged; its runs were carried out again.",
            "{count} files of the store were damaged; their runs were carried out again.",
            files,
        )
        lines.append(text)
    if MANIFEST in damaged:
        lines.append(_("The manifest of the store was damaged or missing; it was written anew."))
    return lines


def _interval(mean: float, low: float, high: float, n: float) -> str:
    """A mean with its interval.

    >>> _interval(0.5, 0.25, 0.75, 12.0), _interval(math.nan, math.nan, math.nan, 0.0)
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
