"""The evidence and the calibration in the model description.

Targets, directions, stagings and the status of each parameter are tables like any other. The
results of a validation or a calibration take minutes to compute; they are written with their date,
seed and number of runs. The description is in English, whatever the reader's language.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from docs.odd_tables import name_table, table
from sim import __version__
from sim.api.evidence import Calibration, Validation, calibrate
from sim.engine.runs import outcomes_under
from sim.evidence.calibrate import quantiles, width_of
from sim.evidence.evaluate import evaluate_sets
from sim.evidence.target_file import Task, read_task
from sim.evidence.targets import (
    DIRECTIONS,
    MAY_SET,
    NOT_FOR,
    NULL_RESULTS,
    SOURCES,
    STAGED,
    TARGETS,
    THE_DATA,
    WHAT_IS_DONE,
    what_it_sets,
)
from sim.evidence.validate import ERROR_RATE, count_tests, doubted
from sim.scenario import Scenario, load
from sim.scenario.fields import calibratable
from sim.studies.posterior import Posterior, shipped_posterior
from sim.studies.statistics import Numbers
from sim.studies.workers import OUTCOME_NAMES
from sim.view.evidence import (
    MAX_CONFLICTS,
    VALIDATION_IN_SHORT,
    effect_numbers,
    shown,
    span,
    target_numbers,
)

TARGET_FILE = Path(__file__).parents[1] / "sim" / "evidence" / "common.toml"
RUNS, SETS, WAVES, SEED = 50, 2048, 16, 1
CHECK, DEBATES = 250, 1000  # runs of each staging, and of the baseline, under each set that fits
FIRST = 2_000_000_000  # their first run number, which no wave reaches
OFTEN = 0.25  # of failed debates that are taken up again
NARROWED = 0.8  # the evidence speaks to a parameter if its range shrinks below this part


def _english(text: str) -> str:
    """Return a text untranslated."""
    return text


# The evidence


def _source(key: str) -> str:
    source = SOURCES.get(key)
    return f"{key}, doi:{source.doi}" if source and source.doi else key


def _targets() -> str:
    header = ["id", "target", "value", "band", "source", "what was measured", "in the model"]
    rows = []
    for target in TARGETS:
        for item in target.quantities:
            row = {"measured": 0, "low": 0, "high": 0, "value": item.value,
                   "band_low": item.low, "band_high": item.high}  # fmt: skip
            _measured, _interval, value, band = target_numbers(row, _english)
            name = f"{target.name}: {item.name}"
            rows.append(
                [target.id, name, value, band, _source(target.source), target.data, target.how]
            )
    return table(header, rows)


def _directions() -> str:
    rows = (
        [item.id, item.claim, "; ".join(part.says for part in item.parts), _source(item.source)]
        for item in DIRECTIONS
    )
    return table(["id", "claim", "parts", "source"], rows)


def _stagings() -> str:
    rows = []
    for name in STAGED:
        targets = [target.id for target in TARGETS if re.search(rf"\b{name}\b", target.how)]
        sets = [f"`{path}` {_short(value)}" for path, value in what_it_sets(name).items()]
        rows.append([name, ", ".join(targets), ", ".join(sets) or "nothing"])
    return name_table(["staging", "for", "what its file sets"], rows)


def _short(value: Any) -> str:
    """Return a value of a staging; for a list of stakeholders, how many it holds."""
    if isinstance(value, list):
        return f"{len(value)} people" if isinstance(value[0], dict) else ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def validation_summary(result: Validation, day: date) -> str:
    """Return how many targets and directions hold, with date, runs and seed."""
    return (
        f"Measured on {day.isoformat()} by mufakat {__version__}, with {result.runs} runs of each "
        f"staging and variant, seed {result.seed}. "
        f"{VALIDATION_IN_SHORT.format(**result.counts())}"
    )


def validation_results(result: Validation, day: date) -> str:
    """Return the results of a validation as they stand in the description."""
    verdicts = dict(result.verdicts()[["id", "verdict"]].to_numpy())
    targets = (
        [row["id"], row["quantity"], *target_numbers(row, _english),
         row["verdict"] + ("" if row["sure"] else ", not surely")]
        for row in result.targets().to_dict("records")
    )  # fmt: skip
    groups = (
        [row["game"], row["rounds"], f"{row['measured']:.1%}",
         f"{row['low']:.1%} to {row['high']:.1%}", f"{row['data']:.0%}"]
        for row in result.groups().to_dict("records")
    )  # fmt: skip
    directions = (
        [
            row["id"],
            row["part"],
            f"`{row['outcome']}`",
            *effect_numbers(row, _english),
            row["verdict"],
        ]
        for row in result.directions().to_dict("records")
    )
    parts = [
        validation_summary(result, day),
        table(["id", "quantity", "model", "95 % interval", "value", "band", "verdict"], targets),
        "Groups of the threshold games, by the share of rounds in which they met the threshold:",
        name_table(["game", "rounds met", "model", "95 % interval", "data"], groups),
        f"Directions, run by run. Intervals are corrected for {count_tests()} tests; the chance "
        f"that any verdict is wrong is at most {ERROR_RATE:.3g}.",
        table(["id", "part", "outcome", "difference", "interval", "verdict"], directions),
        "What is outside, contrary or undetermined, and why:",
        _bullets(
            f"**{item.id}, {verdicts[item.id]}.** {item.why}" for item in doubted(result.verdicts())
        ),
    ]
    return "\n\n".join(parts)


# The calibration


def common_task() -> Task:
    """Return the project's own calibration: its targets and free parameters."""
    return read_task(load("baseline"), TARGET_FILE)


def calibrate_common(store: Path) -> Calibration:
    """Run the project's own calibration; it takes a quarter of an hour."""
    return calibrate("baseline", TARGET_FILE, RUNS, SETS, WAVES, seed=SEED, store=store)


def common_values() -> dict[str, float]:
    """Return the common set of values from which scenarios start: medians in two digits.

    The medians are over those shipped sets that meet all targets or all but one, and under which
    the baseline takes a failed debate up again in at least a quarter of the runs. That share is
    not measured; the model description requires it of its baseline (8.6). This takes a minute.
    """
    posterior, task = shipped_posterior(), common_task()
    values = evaluate_sets(task, posterior.sets, SEED, FIRST // CHECK, CHECK)[:, :, 0]
    inside = [target.inside(own) for target, own in zip(task.targets, values.T, strict=True)]
    met = np.sum(inside, axis=0)
    taken = (met >= len(task.targets) - 1) & (_retried(posterior) >= OFTEN)
    return {
        field: float(f"{quantiles(column[taken], posterior.weights[taken], (0.5,))[0]:.2g}")
        for field, column in zip(posterior.fields, posterior.sets.T, strict=True)
    }


def _retried(posterior: Posterior) -> Numbers:
    """Return how often the baseline retries a failed first debate, as a share, for each set."""
    sets = np.repeat(posterior.sets, DEBATES, axis=0)
    outcomes = outcomes_under(load("baseline"), posterior.fields, sets, SEED, FIRST)
    own = outcomes[:, OUTCOME_NAMES.index("retried")].reshape(len(posterior), DEBATES)
    return np.asarray(np.nansum(own, axis=1) / np.maximum((~np.isnan(own)).sum(axis=1), 1))


def _calibrated() -> str:
    """Return whether each real number is calibrated, free but not narrowed, or assumed."""
    posterior, free = shipped_posterior(), {item.field: item for item in common_task().free}
    rows = []
    for path in calibratable(Scenario):
        start = shown(float(Scenario().value(path)), 4)
        if path not in posterior.fields:
            rows.append([path, "assumed", start, "", "", ""])
            continue
        bounds = free[path].low, free[path].high
        values = posterior.sets[:, posterior.fields.index(path)]
        low, middle, high = quantiles(values, posterior.weights)
        width = width_of(low, high, *bounds)
        status = "calibrated" if width < NARROWED else "assumed; free, but hardly narrowed"
        interval = f"{span(low, high, _english)} ({width:.2f})"
        rows.append([path, status, start, span(*bounds, _english), shown(middle), interval])
    header = ["field", "status", "start", "between", "median", "90 % of the sets (width)"]
    return name_table(header, rows)


def calibration_results(result: Calibration, day: date) -> str:
    """Return the results of a calibration as they stand in the description."""
    targets = (
        [row["target"], shown(row["value"]), span(row["band_low"], row["band_high"], _english),
         shown(row["start"]), shown(row["median"]), span(row["from"], row["to"], _english),
         f"{row['inside']:.0%}"]
        for row in result.targets().to_dict("records")
    )  # fmt: skip
    left_out = (
        [row["target"], span(row["band_low"], row["band_high"], _english), shown(row["predicted"]),
         span(row["from"], row["to"], _english), f"{row['inside']:.0%}", row["verdict"],
         f"{row['effective']:.0f}"]
        for row in result.left_out().to_dict("records")
    )  # fmt: skip
    narrowed = (
        [row["field"], f"{row['width']:.2f}", row["by"], f"{row['width_by']:.2f}"]
        for row in result.parameters().sort_values("width").to_dict("records")
    )
    pulls = (
        [row["target"], row["other"], f"{row['distance']:.2f}", f"{row['without']:.2f}",
         f"{row['effective']:.0f}"]
        for row in result.pulls().head(MAX_CONFLICTS).to_dict("records")
    )  # fmt: skip
    parts = [
        f"Calibrated on {day.isoformat()} by mufakat {__version__}, with {result.runs} runs of "
        f"each staging under each set, seed {result.seed}. {result.in_short(_english)}",
        "How well the sets that fit meet the targets, in fresh runs:",
        table(["target", "value", "band", "start", "median", "90 %", "inside"], targets),
        "Each target as the sets predict it that fit all others. All sets that were tried are "
        "weighed anew without it; none is tried again. With fewer than 30 effective sets the "
        "verdict stays open.",
        table(["target", "band", "predicted", "90 %", "inside", "verdict", "sets"], left_out),
        "What each parameter's range is narrowed to, and the target that would narrow it most by "
        "itself:",
        name_table(["field", "width", "target", "alone"], narrowed),
        "What pulls against what: how far a target is from being met, in standard errors, and how "
        "far it would be, were the other left out:",
        table(["target", "other", "distance", "without", "sets"], pulls),
    ]
    return "\n\n".join(parts)


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "targets": _targets,
        "directions": _directions,
        "stagings": _stagings,
        "may-set": lambda: name_table(["field", "why it may differ"], MAY_SET.items()),
        "evidence-done": lambda: _bullets(WHAT_IS_DONE),
        "evidence-data": lambda: _bullets(THE_DATA),
        "evidence-null": lambda: _bullets(f"{text} ({_source(key)})" for key, text in NULL_RESULTS),
        "evidence-not-for": lambda: "\n\n".join(NOT_FOR),
        "calibrated": _calibrated,
    }
)
