"""The report on a comparison: one page of HTML with inline SVG, no scripts and no downloads."""

import shlex
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from sim.base.text import _
from sim.engine.runs import run
from sim.rules.outcomes import MONTHS, YES, Outcome
from sim.scenario import Scenario, load, shipped
from sim.scenario.files import to_toml
from sim.studies.compare import ComparisonData
from sim.studies.differences import NEITHER
from sim.view.console import format_robust
from sim.view.minutes import minutes
from sim.view.report.drawing import (
    Drawing,
    Look,
    agreements,
    contributions_by_sector,
    distributions,
    forest,
    looks,
    report_style,
    satisfaction_by_sector,
)
from sim.view.report.findings import Findings, findings, in_short, trade_offs, typical_run
from sim.view.report.people import people
from sim.view.report.words import (
    NOTHING,
    digits_of,
    groups,
    html_from_markdown,
    label,
    main_outcomes,
    plain,
    side_by_side,
    signed,
    span,
    two_digits,
)
from sim.view.verdicts import quoted
from sim.view.words import render, several

MAX_FAILURES = 10
POSTERIOR = "posterior.csv"  # the file name for parameter sets that were made in Python
MAX_NAMED = 4  # scenarios in the title


def page(comparison: ComparisonData) -> str:
    """Return the report on a comparison as HTML; the same comparison gives the same text.

    Examples
    --------
    >>> import sim
    >>> text = page(sim.compare(["team", "community"], runs=20))
    >>> text.startswith("<!DOCTYPE html>"), "<script" in text
    (True, False)
    """
    return render("report/page.html", _template_values(comparison))


def _template_values(comparison: ComparisonData) -> dict[str, Any]:
    """Return the values of the template."""
    scenarios = comparison.study.scenarios
    table, shown = findings(comparison), looks(list(scenarios))
    items = main_outcomes(comparison.items)
    with report_style(_custom_names(scenarios)):
        pictures = _pictures(comparison, table, shown)
        who = people(comparison, shown)
    return {
        "title": _title(comparison),
        "scenarios": scenarios,
        "reference": comparison.reference,
        "others": comparison.others,
        "rows": side_by_side(scenarios),
        "items": items,
        "table": table,
        "short": [in_short(comparison, table, name, items) for name in comparison.others],
        "full": _all_differences(comparison, table),
        **pictures,
        "people": who,
        "trade": trade_offs(comparison, table, items),
        "typical": list(_typical_runs(comparison)),
        "placebo": comparison.placebo,
        "noise": _interval_widths(table, items),
        "over": comparison.over,
        "robust": format_robust(comparison, comparison.over, items) if comparison.over else [],
        "changed": _robust_rows(comparison),
        "seed": comparison.study.seed,
        "runs": len(comparison.runs),
        "digests": {name: own.digest() for name, own in _plain_scenarios(comparison).items()},
        "counts": {
            name: int((comparison.study.runs["scenario"] == name).sum()) for name in scenarios
        },
        "failures": comparison.study.failures.head(MAX_FAILURES).to_dict("records"),
        "failed": len(comparison.study.failures),
        "tests": comparison.tests,
        "short_of": comparison.unreached(),
        "adding": comparison.adding,
        "command": _command(comparison),
        "python": _python(comparison),
        "files": {
            name: to_toml(scenario.resolved())
            for name, scenario in _plain_scenarios(comparison).items()
            if not _is_shipped(name, scenario)
        },
        "label": label,
    }


def _title(comparison: ComparisonData) -> str:
    """Return the question that the report answers."""
    return _(
        "What changes with {others}, instead of {reference}?",
        others=several(map(quoted, comparison.others), MAX_NAMED),
        reference=quoted(comparison.reference),
    )


def _custom_names(scenarios: Mapping[str, Scenario]) -> str:
    """Return all custom names, so that the pictures have a font for their script."""
    listed = chain.from_iterable(scenario.listed or () for scenario in scenarios.values())
    return "".join([*scenarios, *(who.name for who in listed)])


def _pictures(
    comparison: ComparisonData, table: Findings, shown: dict[str, Look]
) -> dict[str, Any]:
    """Return all pictures except those of stakeholders, and the table of months to agreement."""
    names = {item.name for item in comparison.items}
    forests = [
        forest(comparison, table, title, items, shown, name=f"group{number}")
        for number, (title, items) in enumerate(groups(comparison.items))
    ]
    spreading = [item for item in main_outcomes(comparison.items) if item.unit not in (YES, MONTHS)]
    months, halves = (
        agreements(comparison.study, shown) if "months_to_agreement" in names else (None, [])
    )
    sectors: list[Drawing | None] = []
    if any(name.startswith("satisfaction_") for name in names):
        sectors.append(satisfaction_by_sector(comparison.study, shown))
    if any(name.startswith("contribution_") for name in names):
        sectors.append(contributions_by_sector(comparison.study, shown))
    return {
        "forests": forests,
        "spread": distributions(comparison.study, spreading, shown),
        "months": months,
        "halves": halves,
        "sectors": [drawn for drawn in sectors if drawn is not None],
    }


def _all_differences(comparison: ComparisonData, table: Findings) -> list[tuple[str, ...]]:
    """Return the table of all differences, as text."""
    rows: list[tuple[str, ...]] = []
    for finding in table.values():
        row, digits = finding.row, digits_of(finding.row)
        rows.append(
            (
                finding.scenario,
                label(finding.item),
                plain(row["reference"], digits),
                plain(row["mean"], digits),
                NOTHING if row["pairs"] == 0 else signed(row["difference"], digits),
                span(row),
                span(row, corrected=True),
                plain(row["better"], 2),
                plain(row["size"], 2),
                f"{row['pairs']:,}",
                f"{finding.sign} {finding.word}",
            )
        )
    return rows


def _interval_widths(table: Findings, items: tuple[Outcome, ...]) -> list[tuple[str, ...]]:
    """Return scenario, outcome, half-width of the interval paired and unpaired, and the gain."""
    rows: list[tuple[str, ...]] = []
    for finding in table.values():
        row = finding.row
        half, unpaired = (row["high"] - row["low"]) / 2, row["unpaired_half"]
        if finding.item in items and half > 0 and unpaired > 0:
            gain = _("{times} times", times=two_digits((unpaired / half) ** 2))
            halves = (f"± {two_digits(half)}", f"± {two_digits(unpaired)}")
            rows.append((finding.scenario, _(finding.item.label), *halves, gain))
    return rows


def _typical_runs(comparison: ComparisonData) -> Iterator[dict[str, Any]]:
    """Yield the minutes of a typical run of each scenario that has runs."""
    for name, scenario in comparison.study.scenarios.items():
        if (comparison.study.runs["scenario"] == name).any():
            number = typical_run(comparison.study, name)
            text = minutes(run(scenario, comparison.study.seed, number))
            yield {"scenario": name, "run": number, "minutes": html_from_markdown(text, top=4)}


def _is_shipped(name: str, scenario: Scenario) -> bool:
    """Return whether this is the shipped scenario of this name."""
    return name in shipped() and load(name).digest() == scenario.digest()


def _command(comparison: ComparisonData) -> str:
    """Return the command that repeats the comparison."""
    words = ["mufakat", "compare"]
    words += [_argument(name, scenario) for name, scenario in _plain_scenarios(comparison).items()]
    for option, value in _options(comparison).items():
        if option == "precision":
            given = [f"{name}={half!r}" for name, half in value.items()]
        else:
            given = value if option == "outcomes" else [str(value)]
        flag = "--outcome" if option == "outcomes" else f"--{option.replace('_', '-')}"
        words += chain.from_iterable((flag, text) for text in given)
    return shlex.join(words)


def _python(comparison: ComparisonData) -> str:
    """Return the Python code that repeats the comparison."""
    names = {
        name: _argument(name, scenario) for name, scenario in _plain_scenarios(comparison).items()
    }
    wanted = list(names) if all(k == v for k, v in names.items()) else names
    options = [f"    {option}={value!r}," for option, value in _options(comparison).items()]
    call = ["found = sim.compare(", f"    {wanted!r},", *options, ")"]
    return "\n".join(
        ["import sim", "", *call, "print(found.differences())", 'found.report("report.html")']
    )


def _options(comparison: ComparisonData) -> dict[str, Any]:
    """Return the arguments of :func:`sim.compare` that repeat the comparison."""
    study, adding, over = comparison.study, comparison.adding, comparison.over
    # As Python's own integers: a seed or a number of runs may be one of NumPy's.
    options: dict[str, Any] = {"runs": len(comparison.runs), "seed": int(study.seed)}
    if adding:
        options["runs"] = int(adding.first)  # before any were added
        options |= {"precision": dict(adding.precision), "max_runs": int(adding.most)}
    if over:
        options["parameters"] = over.called or POSTERIOR
    if comparison.reference != next(iter(study.scenarios)):
        options["reference"] = comparison.reference
    if comparison.items != type(comparison)(study, comparison.reference).items:
        options["outcomes"] = [item.name for item in comparison.items]
    return options


def _plain_scenarios(comparison: ComparisonData) -> Mapping[str, Scenario]:
    """Return the scenarios without parameter sets."""
    return comparison.over.start.study.scenarios if comparison.over else comparison.study.scenarios


def _robust_rows(comparison: ComparisonData) -> list[tuple[str, ...]]:
    """Return the differences established at the start values or over the sets, as text."""
    if comparison.over is None:
        return []
    items = {item.name: item for item in comparison.items}
    rows: list[tuple[str, ...]] = []
    for row in comparison.robust().to_dict("records"):
        if row["holds"] != NEITHER:
            digits = digits_of({"corrected_low": row["low"], "corrected_high": row["high"]})
            numbers = (signed(row[name], digits) for name in ("start", "sets"))
            share = NOTHING if row["same_sign"] != row["same_sign"] else f"{row['same_sign']:.0%}"
            rows.append(
                (row["scenario"], label(items[row["outcome"]]), *numbers, share, _(row["holds"]))
            )
    return rows


def _argument(name: str, scenario: Scenario) -> str:
    """Return the argument for a scenario: its name, or a file if it is not shipped."""
    return name if _is_shipped(name, scenario) else f"{name}.toml"
