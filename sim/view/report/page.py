"""The report as one page of HTML: pictures are SVG inside it, and nothing is fetched or run."""

import shlex
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from sim.base.files import write_whole
from sim.engine.one_run import run
from sim.language import _
from sim.rules.outcomes import MONTHS, YES, Outcome
from sim.scenario import Scenario, load, shipped
from sim.scenario.written import to_toml
from sim.studies.compare import ComparisonData
from sim.studies.robust import NEITHER
from sim.view.console import format_robust
from sim.view.minutes import minutes
from sim.view.report.drawing import Drawn, Look, looks, report_style
from sim.view.report.findings import Findings, findings, in_short
from sim.view.report.forest import forest
from sim.view.report.people import people
from sim.view.report.prose import html_of
from sim.view.report.rendering import rendered
from sim.view.report.scenarios import side_by_side
from sim.view.report.spread import (
    agreements,
    contributions_by_sector,
    distributions,
    satisfaction_by_sector,
)
from sim.view.report.tradeoffs import trade_offs
from sim.view.report.typical import typical_run
from sim.view.report.words import (
    NOTHING,
    digits_of,
    groups,
    label,
    main_ones,
    plain,
    rough,
    signed,
    span,
)
from sim.view.verdicts import quoted
from sim.view.words import several

FAILURES = 10
POSTERIOR = "posterior.csv"  # what sets that were made in Python are to be saved as
NAMED = 4  # scenarios that the title names


def page(found: ComparisonData) -> str:
    """The report on a comparison, as HTML. The same comparison gives the same text.

    Examples
    --------
    >>> import sim
    >>> text = page(sim.compare(["team", "community"], runs=20))
    >>> text.startswith("<!DOCTYPE html>"), "<script" in text
    (True, False)
    """
    return rendered("page.html", _parts(found))


def write_page(found: ComparisonData, path: str | Path) -> None:
    """Write the report, whole or not at all; folders on the way are made.

    Raises
    ------
    OSError
        It cannot be written.
    """
    write_whole(Path(path), page(found).encode())


def _parts(found: ComparisonData) -> dict[str, Any]:
    """What the template fills in."""
    scenarios = found.study.scenarios
    table, shown = findings(found), looks(list(scenarios))
    items = main_ones(found.items)
    with report_style(_words(scenarios)):
        pictures = _pictures(found, table, shown)
        who = people(found, shown)
    return {
        "title": _title(found),
        "scenarios": scenarios,
        "reference": found.reference,
        "others": found.others,
        "rows": side_by_side(scenarios),
        "items": items,
        "table": table,
        "short": [in_short(found, table, name, items) for name in found.others],
        "full": _full(found, table),
        **pictures,
        "people": who,
        "trade": trade_offs(found, table, items),
        "typical": list(_typical(found)),
        "placebo": found.placebo,
        "noise": _noise(table, items),
        "over": found.over,
        "robust": format_robust(found, found.over, items) if found.over else [],
        "changed": _changed(found),
        "seed": found.study.seed,
        "runs": len(found.runs),
        "digests": {name: own.digest() for name, own in _plain(found).items()},
        "counts": {name: int((found.study.runs["scenario"] == name).sum()) for name in scenarios},
        "failures": found.study.failures.head(FAILURES).to_dict("records"),
        "failed": len(found.study.failures),
        "tests": found.tests,
        "short_of": found.unreached(),
        "adding": found.adding,
        "command": _command(found),
        "python": _python(found),
        "files": {
            name: to_toml(scenario.resolved())
            for name, scenario in _plain(found).items()
            if not _is_shipped(name, scenario)
        },
        "label": label,
    }


def _title(found: ComparisonData) -> str:
    """The question in one line."""
    text = _("What changes with {others}, instead of {reference}?")
    others = several(map(quoted, found.others), NAMED)
    return text.format(others=others, reference=quoted(found.reference))


def _words(scenarios: Mapping[str, Scenario]) -> str:
    """Every word that pictures show and that a person made up."""
    listed = chain.from_iterable(scenario.listed or () for scenario in scenarios.values())
    return "".join([*scenarios, *(who.name for who in listed)])


def _pictures(found: ComparisonData, table: Findings, shown: dict[str, Look]) -> dict[str, Any]:
    """All pictures but those of stakeholders, and the table beside one of them."""
    names = {item.name for item in found.items}
    forests = [
        forest(found, table, title, items, shown, f"group{number}")
        for number, (title, items) in enumerate(groups(found.items))
    ]
    spreading = [item for item in main_ones(found.items) if item.unit not in (YES, MONTHS)]
    months, halves = (
        agreements(found.study, shown) if "months_to_agreement" in names else (None, [])
    )
    sectors: list[Drawn | None] = []
    if any(name.startswith("satisfaction_") for name in names):
        sectors.append(satisfaction_by_sector(found.study, shown))
    if any(name.startswith("contribution_") for name in names):
        sectors.append(contributions_by_sector(found.study, shown))
    return {
        "forests": forests,
        "spread": distributions(found.study, spreading, shown),
        "months": months,
        "halves": halves,
        "sectors": [drawn for drawn in sectors if drawn is not None],
    }


def _full(found: ComparisonData, table: Findings) -> list[tuple[str, ...]]:
    """The table of all differences, as texts."""
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


def _noise(table: Findings, items: tuple[Outcome, ...]) -> list[tuple[str, ...]]:
    """Half-widths of the interval with pairs and without: scenario, outcome, both, the gain."""
    rows: list[tuple[str, ...]] = []
    for finding in table.values():
        row = finding.row
        half, unpaired = (row["high"] - row["low"]) / 2, row["unpaired_half"]
        if finding.item in items and half > 0 and unpaired > 0:
            gain = _("{times} times", times=rough((unpaired / half) ** 2))
            halves = (f"± {rough(half)}", f"± {rough(unpaired)}")
            rows.append((finding.scenario, _(finding.item.label), *halves, gain))
    return rows


def _typical(found: ComparisonData) -> Iterator[dict[str, Any]]:
    """A typical run of each scenario that has any, told in minutes."""
    for name, scenario in found.study.scenarios.items():
        if (found.study.runs["scenario"] == name).any():
            number = typical_run(found.study, name)
            told = minutes(run(scenario, found.study.seed, number))
            yield {"scenario": name, "run": number, "minutes": html_of(told, top=4)}


def _is_shipped(name: str, scenario: Scenario) -> bool:
    """Whether everybody who has the program has this scenario, under this name."""
    return name in shipped() and load(name).digest() == scenario.digest()


def _command(found: ComparisonData) -> str:
    """The command that carries the comparison out again."""
    words = ["mufakat", "compare"]
    words += [_asked(name, scenario) for name, scenario in _plain(found).items()]
    words += ["--runs", str(_first(found)), "--seed", str(found.study.seed)]
    if found.adding:
        for name, half in found.adding.precision.items():
            words += ["--precision", f"{name}={half!r}"]
        words += ["--max-runs", str(found.adding.most)]
    if found.over:
        words += ["--parameters", found.over.called or POSTERIOR]
    if found.reference != next(iter(found.study.scenarios)):
        words += ["--reference", found.reference]
    if found.items != type(found)(found.study, found.reference).items:
        words += chain.from_iterable(("--outcome", item.name) for item in found.items)
    return shlex.join(words)


def _python(found: ComparisonData) -> str:
    """The lines of Python that do the same."""
    names = {name: _asked(name, scenario) for name, scenario in _plain(found).items()}
    wanted = list(names) if all(k == v for k, v in names.items()) else names
    lines = [f"    {wanted!r},", f"    runs={_first(found)},", f"    seed={found.study.seed},"]
    if found.adding:
        lines.append(f"    precision={dict(found.adding.precision)!r},")
        lines.append(f"    max_runs={found.adding.most},")
    if found.over:
        lines.append(f"    parameters={(found.over.called or POSTERIOR)!r},")
    if found.reference != next(iter(names)):
        lines.append(f"    reference={found.reference!r},")
    if found.items != type(found)(found.study, found.reference).items:
        lines.append(f"    outcomes={[item.name for item in found.items]!r},")
    call = ["found = sim.compare(", *lines, ")"]
    return "\n".join(
        ["import sim", "", *call, "print(found.differences())", 'found.report("report.html")']
    )


def _plain(found: ComparisonData) -> Mapping[str, Scenario]:
    """The scenarios as they were asked for, without parameter sets."""
    return found.over.start.study.scenarios if found.over else found.study.scenarios


def _changed(found: ComparisonData) -> list[tuple[str, ...]]:
    """Differences that are established for the start values or over the sets, as texts."""
    if found.over is None:
        return []
    items = {item.name: item for item in found.items}
    rows: list[tuple[str, ...]] = []
    for row in found.robust().to_dict("records"):
        if row["holds"] != NEITHER:
            digits = digits_of({"corrected_low": row["low"], "corrected_high": row["high"]})
            numbers = (signed(row[name], digits) for name in ("start", "sets"))
            share = NOTHING if row["same_sign"] != row["same_sign"] else f"{row['same_sign']:.0%}"
            rows.append(
                (row["scenario"], label(items[row["outcome"]]), *numbers, share, _(row["holds"]))
            )
    return rows


def _first(found: ComparisonData) -> int:
    """With how many runs the comparison began."""
    return found.adding.first if found.adding else len(found.runs)


def _asked(name: str, scenario: Scenario) -> str:
    """A scenario as a command names it: one that is not shipped is a file."""
    return name if _is_shipped(name, scenario) else f"{name}.toml"
