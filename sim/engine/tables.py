"""The tables of a finished run, and the table of power at its start.

``RunData`` holds a run's outcomes and tables and saves them; the functions below make the tables
from the arrays of a run.
"""

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base import __version__
from sim.base.files import MADE_BY, MANIFEST, write_folder
from sim.base.text import N_
from sim.engine.arrays import Arrays, arrays, names, records
from sim.rules.course import initialise
from sim.rules.events import ARGUED, EVENTS, EXPLAINED, PROBLEM
from sim.rules.membership import update_totals
from sim.rules.outcomes import OUTCOMES, outcomes
from sim.rules.power_index import MAX_EXACT, SAMPLED_ORDERS, gini, power_indices
from sim.rules.problem import draw_facts, draw_options, effectiveness, is_opportunity
from sim.rules.state import NOBODY, POWER_INDEX, YES_OR_NO, R
from sim.rules.state import PATH_COLUMNS as FOLLOWED
from sim.rules.state import SERIES_COLUMNS as COLUMNS
from sim.scenario import KINDS, NORMS, PHASES, SECTORS, Scenario

TABLES = (
    "outcomes.csv",
    "rounds.csv",
    "stakeholders.csv",
    "events.csv",
    "paths.csv",
    "ties.csv",
    "options.csv",
)


@dataclass(frozen=True, eq=False, repr=False)
class RunData:
    """One run of a scenario, as data; for its attributes see :class:`sim.Run`."""

    scenario: Scenario
    seed: int
    run: int
    outcomes: pd.Series
    rounds: pd.DataFrame
    stakeholders: pd.DataFrame
    events: pd.DataFrame
    paths: pd.DataFrame
    ties: pd.DataFrame
    options: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Run {self.scenario.title!r}, seed {self.seed}, run {self.run}>"


def write_run(run: RunData, folder: str | Path, others: Mapping[str, bytes]) -> None:
    """Write the tables of a run, other files about it, and the manifest, or nothing.

    Parameters
    ----------
    others
        Contents of the other files, by name.

    Raises
    ------
    OSError
        The folder holds files of something else, or cannot be written.
    """
    files = {**dict(zip(TABLES, map(_csv, _tables(run)), strict=True)), **others}
    write_folder(folder, {**files, MANIFEST: _manifest(run, files)})


def _tables(run: RunData) -> tuple[pd.DataFrame, ...]:
    row = run.outcomes.to_frame().T
    for place, (name, value) in enumerate(
        (("scenario", run.scenario.title), ("seed", run.seed), ("run", run.run))
    ):
        row.insert(place, name, [value])
    return row, run.rounds, run.stakeholders, run.events, run.paths, run.ties, run.options


def _manifest(run: RunData, files: Mapping[str, bytes]) -> bytes:
    """Return all that is needed to repeat the run and to check its files; no time of day."""
    key, value = MADE_BY
    versions = {name: version(name) for name in ("numpy", "numba", "pandas")}
    content: dict[str, Any] = {
        key: value,
        "title": run.scenario.title,
        "seed": run.seed,
        "run": run.run,
        "versions": {"mufakat": __version__, "python": platform.python_version(), **versions},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "digest": run.scenario.digest(),
        "scenario": run.scenario.resolved(),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _csv(table: pd.DataFrame) -> bytes:
    r"""Return the table as CSV; each number in the shortest form that gives the same bits.

    >>> _csv(pd.DataFrame({"who": ["Bima, Ltd", None], "trust": [0.1 + 0.2, float("nan")]}))
    b'who,trust\n"Bima, Ltd",0.30000000000000004\n,\n'
    """
    return table.to_csv(index=False, lineterminator="\n").encode()


CONVENING = "convening"
WHOLE_NUMBERS = ("round", "cycle", "phase_round", "problem", "members", "table", "option")

# name, what it says
STAKEHOLDER_COLUMNS = (
    ("name", N_("what it is called")),
    ("sector", N_("its sector")),
    ("power", N_("share of formal authority, at the end")),
    ("funds", N_("endowment, at the end")),
    ("capacity", N_("endowment, at the end")),
    ("network", N_("endowment, at the end")),
    ("productivity", N_("what a unit of its endowment is worth")),
    ("outside_option", N_("worth of going alone, at the end")),
    ("norm", N_("what it thinks a fair share is")),
    ("immovable", N_("whether it never moves")),
    ("free_rider", N_("whether it contributes nothing")),
    ("interest_x", N_("what it wants in the last problem, first axis")),
    ("interest_y", N_("what it wants in the last problem, second axis")),
    ("position_x", N_("what it argued for at last, first axis")),
    ("position_y", N_("what it argued for at last, second axis")),
    ("took_part", N_("whether it was a member when the first cycle began")),
    ("member", N_("whether it is one at the end")),
    ("at_table", N_("whether it has a seat at the end")),
    ("left_round", N_("after which round it left; 0: it stayed away; missing for members")),
    ("expectation", N_("what it expects of the collaboration at last")),
    ("satisfaction", N_("fit of the first agreement to its interest")),
    ("utility", N_("worth of the first agreement, by its interest and what it knew")),
    ("commitment", N_("readiness to contribute in the last plan")),
    ("pledge", N_("share of its endowment promised at last")),
    ("delivered", N_("share of what it promised that it delivered, over the run")),
)
# name, what it says
EVENT_COLUMNS = (
    ("round", N_("months since the start; 0: before the first meeting")),
    ("cycle", N_("the cycle")),
    ("phase", N_("the phase; convening: the start of a cycle")),
    ("event", N_("what happened")),
    ("who", N_("the stakeholder who did it")),
    ("whom", N_("the stakeholder it was done to; the sector, if an event changed one")),
    ("option", N_("the option it is about, from 1; for changed: which event of the scenario")),
    ("fact", N_("the fact that was told, from 1")),
    ("kind", N_("whether that fact is an obstacle or an opportunity of the option")),
    ("value", N_("a number, see the event")),
    ("bound", N_("what to compare it with, see the event")),
)
# name, what it says; then the columns of ``sim.rules.series.COLUMNS``
PATH_COLUMNS = (
    ("round", N_("months since the start")),
    ("name", N_("the stakeholder")),
)
# name, what it says
TIE_COLUMNS = (
    ("from", N_("who listens")),
    ("to", N_("who is listened to")),
    ("trust_before", N_("trust of the first in the second when the tie was laid")),
    ("trust", N_("the same at the end, or when one of them left")),
)
# name, what it says
OPTION_COLUMNS = (
    ("problem", N_("the problem's number")),
    ("option", N_("the option's number, from 1")),
    ("name", N_("what it is called, if it is listed")),
    ("sector", N_("whose own proposal it is, if one sector's")),
    ("x", N_("its place when the problem was taken up, first axis")),
    ("y", N_("its place when the problem was taken up, second axis")),
    ("effectiveness", N_("its true effectiveness, before any compromise")),
    ("opportunities", N_("facts that raise it")),
    ("obstacles", N_("facts that lower it")),
)
EVERY_FACT = np.uint64(2**64 - 1)


def run_data(scenario: Scenario, seed: int, run: int, played: Arrays) -> RunData:
    """Return the result of a run that was played with room for its rounds and events."""
    return RunData(
        scenario=scenario,
        seed=seed,
        run=run,
        outcomes=pd.Series(outcomes(played.run)[0], index=[item.name for item in OUTCOMES]),
        rounds=round_table(played.series[: played.run[0].month]),
        stakeholders=stakeholder_table(scenario, played),
        events=event_table(scenario, played),
        paths=path_table(scenario, played),
        ties=tie_table(scenario, played),
        options=option_table(scenario, played),
    )


def round_table(rows: R | Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """One row a round; its columns are described in ``sim.rules.series.COLUMNS``."""
    columns: dict[str, object] = {}
    for name, _unit, _meaning in COLUMNS:
        values = rows[name]
        if name == "phase":
            columns[name] = [PHASES[int(code) - 1] for code in values]
        elif name in WHOLE_NUMBERS:
            columns[name] = _whole(values, np.isnan(values))
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def stakeholder_table(scenario: Scenario, played: Arrays) -> pd.DataFrame:
    """One row a stakeholder, sector by sector; see ``STAKEHOLDER_COLUMNS``."""
    people = played.people
    agreed = played.run[0].agreements > 0
    member = people["active"] == 1
    with np.errstate(invalid="ignore"):
        kept = np.where(people["pledged"] > 0, people["delivered"] / people["pledged"], math.nan)
    columns: dict[str, object] = {
        "name": names(scenario),
        "sector": [SECTORS[code] for code in people["sector"]],
        "power": people["power"],
        **{kind: people["endowment"][:, k] for k, kind in enumerate(KINDS)},
        "norm": [NORMS[code] for code in people["norm"]],
        "member": member,
        "at_table": member & (people["seated"] == 1),
        "left_round": _whole(people["left_round"], member),
        "satisfaction": np.where(agreed, people["agreed_fit"], math.nan),
        "utility": np.where(agreed, people["agreed_utility"], math.nan),
        "delivered": kept,
    }
    for name in ("immovable", "free_rider", "took_part"):
        columns[name] = people[name] == 1
    return pd.DataFrame(
        {
            name: columns[name] if name in columns else people[name]
            for name, _meaning in STAKEHOLDER_COLUMNS
        }
    )


def event_table(scenario: Scenario, played: Arrays) -> pd.DataFrame:
    """One row for each thing that happened; see ``EVENT_COLUMNS`` and ``events.EVENTS``."""
    log = played.log[: played.run[0].logged]
    called = np.array([*names(scenario), None], dtype=object)  # nobody is -1: the last
    whom = called[log["whom"]]
    changed = log["event"] == [name for name, _ in EVENTS].index("changed")
    for row in np.flatnonzero(changed):
        sector = log["whom"][row]
        whom[row] = SECTORS[sector] if sector >= 0 else None
    told = np.isin(log["event"], (EXPLAINED, ARGUED))
    option = np.where(told, log["fact"] % len(played.options), log["option"]) + 1
    return pd.DataFrame(
        {
            "round": log["round"],
            "cycle": log["cycle"],
            "phase": [(CONVENING, *PHASES)[code] for code in log["phase"]],
            "event": [EVENTS[code][0] for code in log["event"]],
            "who": called[log["who"]],
            "whom": whom,
            "option": _whole(option, option == 0),
            "fact": _whole(log["fact"] + 1, ~told),
            "kind": _kinds(played, told),
            "value": log["value"],
            "bound": log["bound"],
        }
    )


def path_table(scenario: Scenario, played: Arrays) -> pd.DataFrame:
    """One row a round and stakeholder; see ``PATH_COLUMNS`` and ``sim.rules.series.COLUMNS``."""
    months, count = int(played.run[0].month), len(played.people)
    rows = played.paths[: months * count]
    columns: dict[str, object] = {
        "round": np.repeat(np.arange(1, months + 1), count),
        "name": np.tile(np.array(names(scenario), dtype=object), months),
    }
    for name, unit, _meaning in FOLLOWED:
        values = _followed(rows, name)
        if unit == YES_OR_NO:
            missing = np.isnan(values)
            flags = pd.Series(values == 1.0)
            columns[name] = flags.astype("boolean").mask(missing) if missing.any() else flags
        elif name == "facts":
            columns[name] = values.astype(np.int64)
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def _followed(rows: R, name: str) -> np.typing.NDArray[np.float64]:
    """One column of the paths; trust in a sector is kept as one place of an array."""
    sector = name.removeprefix("trust_in_")
    values = rows["trust_in"][:, SECTORS.index(sector)] if sector in SECTORS else rows[name]
    return np.asarray(values, dtype=np.float64)


def tie_table(scenario: Scenario, played: Arrays) -> pd.DataFrame:
    """One row a tie and direction; see ``TIE_COLUMNS``."""
    called = np.array(names(scenario), dtype=object)
    ties = played.ties[: int(played.start[-1])]
    listener = np.repeat(np.arange(len(called)), np.diff(played.start))
    return pd.DataFrame(
        {
            "from": called[listener],
            "to": called[ties["neighbour"]],
            "trust_before": ties["trust_0"],
            "trust": ties["trust"],
        }
    )


def option_table(scenario: Scenario, played: Arrays) -> pd.DataFrame:
    """One row a problem and option; see ``OPTION_COLUMNS``.

    What belongs to a problem is a function of its number, so it is drawn here once more.
    """
    options, run = played.options.copy(), played.run.copy()
    listed = scenario.problem.options
    rows = []
    for problem in range(1, int(played.run[0].problem) + 1):
        run[0].problem = problem
        draw_options(played.people, options, played.par, run)
        draw_facts(played.people, options, played.par, run)
        for m, option in enumerate(options):
            own = m < len(SECTORS) and scenario.count(SECTORS[m]) > 0 and listed is None
            rows.append(
                (
                    problem,
                    m + 1,
                    listed[m].name if listed is not None else None,
                    SECTORS[m] if own else None,
                    float(option.x),
                    float(option.y),
                    effectiveness(options, played.par, m, EVERY_FACT, 0.0),
                    int(option.opportunities).bit_count(),
                    int(option.obstacles).bit_count(),
                )
            )
    return pd.DataFrame(rows, columns=[name for name, _meaning in OPTION_COLUMNS])


def _whole(values: np.typing.ArrayLike, missing: np.typing.ArrayLike) -> pd.Series:
    """Whole numbers of which some are missing."""
    filled = np.where(missing, 0, values).astype(np.int64)
    return pd.Series(filled, dtype="Int64").mask(np.asarray(missing))


def _kinds(played: Arrays, told: np.typing.NDArray[np.bool_]) -> list[str | None]:
    """Obstacle or opportunity, for the events that tell a fact."""
    log, run = played.log[: played.run[0].logged], played.run[0]
    problems = {row["cycle"]: row["option"] + 1 for row in log[log["event"] == PROBLEM]}
    known: dict[tuple[int, int], str] = {}
    kinds: list[str | None] = [None] * len(log)
    for row in np.flatnonzero(told):
        key = int(problems[log["cycle"][row]]), int(log["fact"][row])
        if key not in known:
            good = is_opportunity(run.key_0, run.key_1, *key)
            known[key] = "opportunity" if good else "obstacle"
        kinds[row] = known[key]
    return kinds


MAX_INDEXED = 2_000  # at the table: among more, sampled orders say nothing of any one


@dataclass(frozen=True, eq=False)
class PowerTable:
    """Who has how much power and resources, and how often each is decisive.

    Attributes
    ----------
    table
        One row a stakeholder: name, sector, power, and its power index with the standard error.
        The index is missing (NaN) for those who are not at the table, and for all if there are
        more than ``MAX_INDEXED`` at it; the error is missing where the index is exact. ``seated``
        says who is at the table, ``speaker`` who represents those who are not; it is empty where
        nobody does.
    gini
        Inequality of power, of each resource and of all resources; NaN if nobody has any.
    seats
        How many are at the table.
    orders
        From how many sampled orders the indices come; None if from all of them.
    """

    table: pd.DataFrame
    gini: Mapping[str, float]
    seats: int
    orders: int | None


def power_table(scenario: Scenario) -> PowerTable:
    """Return the balance of power at the start, as drawn in run 0 of seed 1.

    Examples
    --------
    >>> from sim.scenario import load
    >>> found = power_table(load("team"))
    >>> len(found.table), found.seats, found.orders
    (24, 8, None)
    """
    a = arrays(scenario, seed=1, run=0)
    initialise(a.people, a.ties, a.start, a.par, a.run, a.edges, a.slots)
    update_totals(a.people, a.ties, a.start, a.par, a.run)
    people, seats = a.people, int(a.run[0].table)
    indices = records(len(people), POWER_INDEX)
    if seats <= MAX_INDEXED:
        power_indices(people, a.ties, a.start, a.par, a.run, indices, SAMPLED_ORDERS)
    called, seated = names(scenario), people["seated"] != 0
    speakers = [called[who] if who != NOBODY else "" for who in people["delegate"]]
    sampled = seats > MAX_EXACT
    table = pd.DataFrame(
        {
            "name": called,
            "sector": [SECTORS[code] for code in people["sector"]],
            "power": people["power"],
            "index": np.where(seated & (seats <= MAX_INDEXED), indices["index"], np.nan),
            "error": np.where(seated & sampled, indices["error"], np.nan),
            "seated": seated,
            "speaker": np.where(seated, "", speakers),
        }
    )
    shares = {
        "power": people["power"],
        **{kind: people["endowment"][:, k] for k, kind in enumerate(KINDS)},
        "all resources": people["endowment"].sum(axis=1),
    }
    inequality = {what: float(gini(values)) for what, values in shares.items()}
    return PowerTable(table, inequality, seats, SAMPLED_ORDERS if sampled else None)
