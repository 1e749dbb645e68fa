"""The results of a tab: the paired answer of many runs, one run, a report, and idle levers.

The page draws the answer itself from plain numbers and texts, because matplotlib takes a second and
a slider does not wait.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.text import _
from sim.engine.runs import TooLarge, outcomes_of, run
from sim.rules.outcomes import HIGHER, LOWER, OUTCOMES, YES, Outcome
from sim.scenario import Scenario, ScenarioError
from sim.scenario.grid import varied
from sim.studies.compare import ComparisonData
from sim.studies.statistics import mean_interval
from sim.studies.store import RunStore
from sim.studies.study import StudyData, study
from sim.studies.workers import OUTCOME_NAMES, BatchResult
from sim.view.dashboard.levers import MAIN, levers, slider_end
from sim.view.dashboard.player_data import player_frames
from sim.view.dashboard.state import LETTERS, NOW, START, State
from sim.view.report.drawing import COLOURS
from sim.view.report.findings import Findings, findings, in_short
from sim.view.report.words import NOTHING, plain
from sim.view.verdicts import quoted, sentence

RUNS = 500
# Chosen in advance, so that intervals are corrected for these outcomes only.
SHOWN = ("agreement", "months_to_agreement", "inequity", "delivery", "months_survived")
MAX_CACHED = 64  # settings: about ten megabytes
MAX_WORK = 250_000  # stakeholders by rounds of one run: some thirty times the baseline's
IDLE_RUNS = 20  # at either end of a slider
BINS = 30
ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
COLOUR: Mapping[str, str] = MappingProxyType(
    dict(zip((START, *LETTERS, NOW), (COLOURS[k] for k in (0, 1, 3, 4, 2)), strict=True))
)
# The settings of matplotlib are the same for all threads, so one report is drawn at a time.
_DRAWING = Lock()
Numbers = NDArray[np.float64]


class RunRequest(NamedTuple):
    """The run that the player shows."""

    scenario: Scenario
    seed: int
    number: int


def answer(state: State) -> dict[str, Any]:
    """Return everything that the answer shows, or ``trouble``, why there is no answer."""
    try:
        done = run_settings(state.settings, state.seed)
        return answer_data(done, compare_settings(done, state.reference))
    except Exception as error:  # the tab shows it and keeps working
        return {"trouble": _trouble(error)}


def one_run(request: RunRequest) -> dict[str, Any]:
    """Return the frames of one run, or ``trouble``."""
    try:
        require_quick(request.scenario)
        return player_frames(run(request.scenario, seed=request.seed, run=request.number))
    except Exception as error:
        return {"trouble": _trouble(error)}


def report_file(state: State) -> dict[str, str]:
    """Return the report on all settings as a file, or ``trouble``."""
    try:
        from sim.view.report.page import page

        found = compare_settings(
            run_settings(state.settings, state.seed), state.reference, whole=True
        )
        if found is None:
            return {"trouble": _("there is nothing to compare yet")}
        with _DRAWING:
            return {"name": "report.html", "text": page(found), "type": "text/html"}
    except Exception as error:
        return {"trouble": _trouble(error)}


def _trouble(error: Exception) -> str:
    """Return why there is no result, as text."""
    if isinstance(error, TooLarge | ValueError) and str(error):
        return str(error)
    return _(
        "this could not be carried out ({reason}); undo takes the last step back",
        reason=f"{type(error).__name__}: {error}",
    )


class RunCache:
    """Stores runs by setting and seed, so that no setting runs twice."""

    def __init__(self, most: int = MAX_CACHED) -> None:
        self._most = most
        self._done: OrderedDict[tuple[str, int, int], list[BatchResult]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._done)

    def runs(self, scenario: Scenario, seed: int, runs: int = RUNS) -> list[BatchResult]:
        """Return the runs of a setting, stored or new."""
        key = scenario.digest(), seed, runs
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
        done = list(study({"": scenario}, runs, seed, progress=False).parts())
        with self._lock:
            self._done[key] = done
            while len(self._done) > self._most:
                self._done.popitem(last=False)
        return done


@cache
def run_cache() -> RunCache:
    """Return the cache of this process, which all tabs share."""
    return RunCache()


def run_settings(
    settings: Mapping[str, Scenario], seed: int, stored: RunCache | None = None, runs: int = RUNS
) -> StudyData:
    """Return a study of several settings.

    Runs with the same number share their random draws in all settings.

    Raises
    ------
    ValueError
        A setting is too large to be answered at once.

    Examples
    --------
    >>> import sim
    >>> done = run_settings({"start": sim.load("team")}, seed=1, stored=RunCache(), runs=20)
    >>> done.runs.equals(sim.study({"start": "team"}, runs=20).runs)
    True
    """
    for scenario in settings.values():
        require_quick(scenario)
    stored = run_cache() if stored is None else stored
    memory = RunStore()
    memory.prepare(settings, runs)
    for name, scenario in settings.items():
        for done in stored.runs(scenario, seed, runs):
            memory.add(done._replace(batch=done.batch._replace(scenario=name)))
    return StudyData(settings, seed, memory, runs)


def compare_settings(
    done: StudyData, reference: str, *, whole: bool = False
) -> ComparisonData | None:
    """Return the comparison of the settings, or None if there is only one.

    Parameters
    ----------
    whole
        Whether to compare all outcomes, as a report does, instead of those on the page.
    """
    if len(done.scenarios) < 2:
        return None
    return ComparisonData(done, reference, OUTCOME_NAMES if whole else SHOWN)


def require_quick(scenario: Scenario) -> None:
    """Raise an error for a setting whose runs take too long to wait for.

    Raises
    ------
    ValueError
        The setting is too large to be answered at once.
    """
    if scenario.people * scenario.latest_round > MAX_WORK:
        raise ValueError(
            _(
                "with {people} stakeholders and up to {rounds} months {runs} runs take too long to "
                "be answered while you wait: save it as a file, and let `mufakat compare` do it",
                people=f"{scenario.people:,}",
                rounds=f"{scenario.latest_round:,}",
                runs=RUNS,
            )
        )


def shown_outcomes() -> tuple[Outcome, ...]:
    """Return the outcomes on the page, in their order."""
    found = {item.name: item for item in OUTCOMES}
    return tuple(found[name] for name in SHOWN)


def answer_data(done: StudyData, found: ComparisonData | None) -> dict[str, Any]:
    """Return everything that the answer shows.

    Parameters
    ----------
    done
        The runs of all settings.
    found
        Their comparison, if there are several.

    Examples
    --------
    >>> from sim.scenario import load
    >>> done = run_settings({"start": load("team"), "now": load("network")}, seed=1, runs=50)
    >>> shown = answer_data(done, compare_settings(done, "start"))
    >>> [row["name"] for row in shown["outcomes"][0]["rows"]]
    ['start', 'now']
    """
    table = findings(found) if found else {}
    others = found.others if found else ()
    return {
        "settings": [{"name": name, "colour": COLOUR[name]} for name in done.scenarios],
        "outcomes": [_outcome(done, item, table, others) for item in shown_outcomes()],
        "short": [_short(found, table, name) for name in _latest_first(others)] if found else [],
        "runs": done.size,
        "failed": len(done.failures),
    }


def _latest_first(others: Sequence[str]) -> list[str]:
    """Return the settings in the order of their summaries: the present one comes first.

    >>> _latest_first(["A", "now"])
    ['now', 'A']
    """
    return sorted(others, key=lambda name: name != NOW)


def _short(found: ComparisonData, table: Findings, name: str) -> str:
    """Return how a setting differs from the reference, or that it has no effect at all."""
    if np.array_equal(found.values(name), found.values(found.reference), equal_nan=True):
        text = _(
            "no run of {name} ends otherwise than under {reference}: what differs has no effect "
            "on these outcomes in this scenario",
            name=quoted(name),
            reference=quoted(found.reference),
        )
        return sentence(text)
    return in_short(found, table, name, shown_outcomes())


def _outcome(
    done: StudyData, item: Outcome, table: Findings, others: Sequence[str]
) -> dict[str, Any]:
    """Return one outcome: a row for each setting, on one scale, and the verdicts."""
    every = done.runs[item.name].to_numpy(dtype=np.float64)
    high = 1.0 if item.unit == YES else ceiling(every)
    values = {name: every[(done.runs["scenario"] == name).to_numpy()] for name in done.scenarios}
    ways = {HIGHER: _("more is better"), LOWER: _("less is better")}
    return {
        "name": item.name,
        "label": _(item.label),
        "unit": _("share of runs") if item.unit == YES else _(item.unit),
        "way": ways.get(item.direction, ""),
        "meaning": _(item.meaning),
        "ticks": [_number(high * part, high, item) for part in (0, 0.5, 1)],
        "rows": [_row(name, own, item, high) for name, own in values.items()],
        "verdicts": [
            {
                "name": name,
                "kind": table[name, item.name].kind,
                "sign": table[name, item.name].sign,
                "word": table[name, item.name].word,
                "sentence": table[name, item.name].sentence,
            }
            for name in others
        ],
    }


def _row(name: str, values: Numbers, item: Outcome, high: float) -> dict[str, Any]:
    """Return one setting: the distribution of its runs, and the mean with its interval."""
    mean, low, top, _sd, n = mean_interval(values, item.unit == YES)
    there = values[~np.isnan(values)]
    row: dict[str, Any] = {"name": name, "n": n, "text": NOTHING, "note": "", "bars": []}
    if not n:
        return {**row, "note": _("no run has it")}
    if n < len(values):
        row["note"] = _("from {count} of {all} runs", count=n, all=len(values))
    if item.unit != YES:
        counts = np.histogram(np.clip(there, 0, high), BINS, (0.0, high))[0]
        row["bars"] = [round(float(count), 3) for count in counts / counts.max()]
    row["mean"] = round(mean / high, 5)
    row["text"] = _number(mean, (top - low) if math.isfinite(low) else high, item, mean=True)
    if math.isfinite(low):
        ends = [_number(end, top - low, item, mean=True) for end in (low, top)]
        row["low"], row["high"] = round(max(low, 0.0) / high, 5), round(min(top / high, 1.0), 5)
        row["span"] = _("{low} to {high}", low=ends[0], high=ends[1])
    return row


def _number(value: float, width: float, item: Outcome, mean: bool = False) -> str:
    """Return a value as text, with as many digits as its interval allows."""
    if item.unit == YES:
        return f"{value:.0%}"
    return plain(value, _digits(width) if mean else 0 if width >= 10 else 2)


def _digits(width: float) -> int:
    """Return the number of decimals for an interval of this width.

    >>> _digits(0.05), _digits(1.2), _digits(0.002), _digits(0.0)
    (2, 1, 3, 2)
    """
    return min(max(math.ceil(-math.log10(width / 2)), 0), 6) if width > 0 else 2


def ceiling(values: Numbers) -> float:
    """Return a round number at or above all values, so that scales change rarely.

    >>> ceiling(np.array([0.13, np.nan, 0.22])), ceiling(np.array([97.0])), ceiling(np.empty(0))
    (0.3, 100.0, 1.0)
    """
    there = values[~np.isnan(values)]
    most = float(there.max()) if len(there) else 0.0
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(round(power * step, 10) for step in ROUND if power * step >= most * (1 - 1e-9))


def idle_levers(opened: Scenario) -> frozenset[str]:
    """Return the paths of the main sliders that change no outcome of any run, from end to end.

    Lists in the scenario decide instead of them.

    Examples
    --------
    >>> from sim.scenario import load
    >>> sorted(idle_levers(load("musrenbang")))
    ['problem.conflict', 'trust.prehistory']
    """
    try:
        require_quick(opened)
    except ValueError:
        return frozenset()
    usual = outcomes_of(opened, 1, 0, IDLE_RUNS)
    return frozenset(path for path in MAIN if _is_idle(path, opened, usual))


def _is_idle(path: str, opened: Scenario, usual: Numbers) -> bool:
    parameter = levers()[path].parameter
    if parameter.kind != "number":
        return False
    for value in (parameter.low, slider_end(parameter, opened.value(path))):
        try:
            moved = varied(opened, {path: value})
        except ScenarioError:  # a fixed lever has its own message
            return False
        if not np.array_equal(outcomes_of(moved, 1, 0, IDLE_RUNS), usual, equal_nan=True):
            return False
    return True
