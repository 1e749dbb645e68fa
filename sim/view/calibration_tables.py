"""The calibration in the model description: which parameters the evidence speaks to, what came out.

``make calibrate`` (it starts ``python -m sim.view.calibration_tables``) carries the project's own
calibration out, keeps its posterior as part of the program, and writes what came out into
``sim/ODD.md``, between ``<!-- calibration -->`` and ``<!-- end -->``. The table of all parameters
is read off that posterior, like any other generated table.

The description is in English whatever the reader's language.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sim.base.version import __version__
from sim.calibration.calibrate import calibrate
from sim.calibration.result import Calibration, quantiles, width_of
from sim.calibration.statistics import Numbers
from sim.calibration.target_file import Task, read_task
from sim.calibration.told import MOST_PULLS, shown, span
from sim.calibration.trying import try_sets
from sim.engine.ensemble import outcomes_under
from sim.scenario import Scenario, load
from sim.scenario.uncertain import calibratable
from sim.studies.posterior import SHIPPED_FILE, Posterior, shipped_posterior
from sim.studies.workers import OUTCOME_NAMES
from sim.view.evidence_tables import ODD, rewritten, table

TARGETS = Path(__file__).parents[1] / "evidence" / "common.toml"
FOLDER = Path("results", "calibrate_common")
RUNS, SETS, WAVES, SEED = 50, 2048, 16, 1
CHECK, DEBATES = 250, 1000  # runs of each staging, and of the baseline, under each set that fits
FIRST = 2_000_000_000  # their first run number, which no wave reaches
OFTEN = 0.25  # of failed debates that are taken up again
NARROWED = 0.8  # a range narrower than this part of the one before: the evidence speaks to it


def common_task() -> Task:
    """What the project's own calibration asks."""
    return read_task(load("baseline"), TARGETS)


def _english(text: str) -> str:
    """The description has one language."""
    return text


def common_values() -> dict[str, float]:
    """One common set, from which scenarios start: medians in two digits.

    Of the shipped sets, those are taken that meet all targets but one or all of them, and under
    which the baseline takes a failed debate up again in at least a quarter of the runs. That is no
    figure of the world, but what the model description asks of its baseline (8.6). It takes a
    minute.
    """
    found, task = shipped_posterior(), common_task()
    numbers = try_sets(task, found.sets, SEED, FIRST // CHECK, CHECK)[:, :, 0]
    inside = [task.targets[place].inside(own) for place, own in enumerate(numbers.T)]
    met = np.sum(inside, axis=0)
    taken = (met >= len(task.targets) - 1) & (_retried(found) >= OFTEN)
    return {
        field: float(f"{quantiles(values[taken], found.weights[taken], (0.5,))[0]:.2g}")
        for field, values in zip(found.fields, found.sets.T, strict=True)
    }


def _retried(found: Posterior) -> Numbers:
    """Of each set, the share of failed first debates of the baseline that are taken up again."""
    asked = np.repeat(found.sets, DEBATES, axis=0)
    many = outcomes_under(load("baseline"), found.fields, asked, SEED, FIRST)
    own = many[:, OUTCOME_NAMES.index("retried")].reshape(len(found), DEBATES)
    return np.asarray(np.nansum(own, axis=1) / np.maximum((~np.isnan(own)).sum(axis=1), 1))


def status_table() -> str:
    """Of every real number of a scenario: calibrated, free but not narrowed, or assumed."""
    posterior, free = shipped_posterior(), {item.field: item for item in common_task().free}
    rows = []
    for path in calibratable(Scenario):
        start = shown(float(Scenario().value(path)), 4)
        if path not in posterior.fields:
            rows.append([f"`{path}`", "assumed", start, "", "", ""])
            continue
        values = posterior.sets[:, posterior.fields.index(path)]
        low, middle, high = quantiles(values, posterior.weights)
        width = width_of(low, high, free[path].low, free[path].high)
        status = "calibrated" if width < NARROWED else "assumed; free, but hardly narrowed"
        bounds = span(free[path].low, free[path].high, _english)
        rows.append(
            [
                f"`{path}`",
                status,
                start,
                bounds,
                shown(middle),
                f"{span(low, high, _english)} ({width:.2f})",
            ]
        )
    header = ["field", "status", "start", "between", "median", "90 % of the sets (width)"]
    return table(header, rows)


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType({"calibrated": status_table})


def came_out(found: Calibration, day: date) -> str:
    """What came out, as it stands in the description."""
    targets = (
        [row["target"], shown(row["value"]), span(row["band_low"], row["band_high"], _english),
         shown(row["start"]), shown(row["median"]), span(row["from"], row["to"], _english),
         f"{row['inside']:.0%}"]
        for row in found.targets().to_dict("records")
    )  # fmt: skip
    left = (
        [row["target"], span(row["band_low"], row["band_high"], _english), shown(row["predicted"]),
         span(row["from"], row["to"], _english), f"{row['inside']:.0%}", row["verdict"],
         f"{row['effective']:.0f}"]
        for row in found.left_out().to_dict("records")
    )  # fmt: skip
    narrowed = (
        [f"`{row['field']}`", f"{row['width']:.2f}", row["by"], f"{row['width_by']:.2f}"]
        for row in found.parameters().sort_values("width").to_dict("records")
    )
    pulls = (
        [row["target"], row["other"], f"{row['distance']:.2f}", f"{row['without']:.2f}",
         f"{row['effective']:.0f}"]
        for row in found.pulls().head(MOST_PULLS).to_dict("records")
    )  # fmt: skip
    parts = [
        f"Calibrated on {day.isoformat()} by mufakat {__version__}, with {found.runs} runs of each "
        f"staging under each set, seed {found.seed}. {found.in_short(_english)}",
        "How well the sets that fit meet the targets, in fresh runs:",
        table(["target", "value", "band", "start", "median", "90 %", "inside"], targets),
        "Each target as the sets predict it that fit all others. All sets that were tried are "
        "weighed anew without it; none is tried again. With fewer than 30 effective sets the "
        "verdict stays open.",
        table(["target", "band", "predicted", "90 %", "inside", "verdict", "sets"], left),
        "What each parameter's range is narrowed to, and the target that would narrow it most by "
        "itself:",
        table(["field", "width", "target", "alone"], narrowed),
        "What pulls against what: how far a target is from being met, in standard errors, and how "
        "far it would be, were the other left out:",
        table(["target", "other", "distance", "without", "sets"], pulls),
    ]
    return "\n\n".join(part.strip() for part in parts)


def main() -> int:
    """Calibrate, keep the posterior, and write what came out into the model description.

    Returns
    -------
    int
        The exit code: 0; 2 if it cannot be written.
    """
    try:
        found = calibrate("baseline", TARGETS, RUNS, SETS, WAVES, SEED, FOLDER / "waves")
        found.save(FOLDER)
        found.posterior.save(SHIPPED_FILE)
        text = rewritten(
            ODD.read_text(encoding="utf-8"), came_out(found, date.today()), "calibration"
        )
        ODD.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(found.told())
    return 0


if __name__ == "__main__":
    sys.exit(main())
