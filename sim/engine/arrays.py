"""From a scenario to the arrays of one run: listed values are filled in, others are drawn later.

A scenario whose values are uncertain has sets of them, and every run draws one. The draw depends on
seed and run number alone, so paired runs of two scenarios have the same set.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.text import _
from sim.rules.changes import (
    ENDOWMENT,
    OUTSIDE_OPTION,
    PARAMETER,
    POWER,
    SCALE,
    SET,
    TRUST_IN,
)
from sim.rules.draws import run_key
from sim.rules.memory import LINE
from sim.rules.state import (
    EDGES,
    LOG,
    MEASURED,
    NEEDS,
    NOBODY,
    OPTIONS,
    PAR,
    PATHS,
    PEOPLE,
    PLACES,
    RUN,
    SCHEDULE,
    SERIES,
    TIES,
    R,
)
from sim.rules.values import lot_of_values
from sim.scenario import KINDS, NORMS, PHASES, SECTORS, Event, Scenario, parameters
from sim.scenario.schema import max_ties

Numbers = NDArray[np.float64]


def place_of(path: str) -> int:
    """Return where a field stands in ``levels``, the parameters of a run as plain numbers.

    >>> place_of("stakeholders.private.capacity") - place_of("stakeholders.private.funds")
    1
    """
    offsets = {
        name: offset // 8 for name, (_type, offset, *_rest) in dict(PAR.fields or {}).items()
    }
    sector, _dot, leaf = path.removeprefix("stakeholders.").partition(".")
    if sector in SECTORS:
        row = SECTORS.index(sector)
        if leaf in KINDS:
            return offsets["sector_resource"] + row * len(KINDS) + KINDS.index(leaf)
        return offsets[f"sector_{leaf}"] + row
    name = next(field.name for field in parameters() if field.path == path)
    return offsets["need"] + NEEDS.index(name) if name in NEEDS else offsets[name]


def with_values(levels: Numbers, fields: Sequence[str], values: Numbers) -> Numbers:
    """Return the parameters of some runs, one row each, with values of their own in some fields.

    Parameters
    ----------
    levels
        What they have in common.
    values
        Shape (runs, fields).
    """
    rows = np.tile(levels, (len(values), 1))
    rows[:, [place_of(path) for path in fields]] = values
    return rows


def sets_drawn(scenario: Scenario, seed: int, runs: Sequence[int]) -> NDArray[np.int64]:
    """Return which set of values each run of a scenario has, counted from 0.

    >>> from sim.scenario import Scenario
    >>> two = Scenario(uncertain={"fields": ["problem.g"], "sets": [[0.07], [0.14]]})
    >>> sets_drawn(two, 1, range(8)).tolist() == sets_drawn(two, 1, range(10)).tolist()[:8]
    True
    """
    if scenario.uncertain is None:
        raise ValueError("this scenario has no sets")
    ends = np.cumsum(scenario.uncertain.shares)
    lots = [lot_of_values(np.uint64(seed), run) for run in runs]
    return np.minimum(np.searchsorted(ends, lots), len(ends) - 1).astype(np.int64)


def values_drawn(scenario: Scenario, seed: int, runs: Sequence[int]) -> Numbers:
    """Return the values of the set that each run of a scenario has: shape (runs, fields)."""
    sets = scenario.uncertain.sets if scenario.uncertain else ()
    return np.array(sets, dtype=np.float64)[sets_drawn(scenario, seed, runs)]


def as_drawn(scenario: Scenario, seed: int, run: int) -> Scenario:
    """Return a scenario with the values that one of its runs has, and nothing left to be drawn.

    >>> from sim.scenario import Scenario
    >>> one = Scenario(uncertain={"fields": ["problem.g"], "sets": [[0.14]]})
    >>> as_drawn(one, seed=1, run=0) == Scenario(problem={"g": 0.14})
    True
    """
    if scenario.uncertain is None:
        return scenario
    values = values_drawn(scenario, seed, [run])[0].tolist()
    own = scenario.variant(dict(zip(scenario.uncertain.fields, values, strict=True)))
    tables = own.resolved()
    del tables["uncertain"]
    return type(scenario)(**tables)


MAX_SEED, MAX_RUN = 2**64 - 1, 2**32 - 1
OPEN_CHOICE = -1  # of a stakeholder's yes or no: to be drawn
# What a run changes and the next one needs as it was; all else is written anew by every run.
BLANK = ("people", "options", "run", "schedule", "levels", "edges")


class Arrays(NamedTuple):
    """The arrays of one run. A rule takes those of them that it uses, in this order."""

    people: R
    ties: R
    start: R
    options: R
    par: R
    run: R
    log: R
    series: R
    paths: R
    schedule: R
    levels: R
    edges: R
    slots: R

    @property
    def all(self) -> tuple[R, R, R, R, R, R, R]:
        """The arrays of the state."""
        return self[:7]


def records(length: int, dtype: np.dtype[Any]) -> R:
    """Zeroed rows whose fields are attributes of a row, in compiled code and in Python alike.

    The first row is aligned to a cache line, so that a row spans as few lines as possible.
    """
    size = length * dtype.itemsize
    room = np.zeros(size + LINE, dtype=np.uint8)
    begin = -room.ctypes.data % LINE
    return room[begin : begin + size].view(np.dtype((np.record, dtype)))


def arrays(
    scenario: Scenario, seed: int = 1, run: int = 0, log_rows: int = 0, months: int = 0
) -> Arrays:
    """Return the arrays of one run of a scenario, before its first rule.

    Parameters
    ----------
    scenario
        The scenario to run.
    seed, run
        Which run: every draw is a function of these two and of what it is for.
    log_rows, months
        Room for events, and for the series of rounds; 0 stores none.

    Raises
    ------
    ValueError
        A seed or run outside its range.
    """
    own = template(scenario)
    _give_key(own, seed, run)
    return own._replace(
        log=records(log_rows, LOG),
        series=records(months, SERIES),
        paths=records(months * len(own.people), PATHS),
    )


def for_run(blank: Arrays, seed: int, run: int) -> Arrays:
    """Arrays of their own for one run, made from a template (:func:`template`)."""
    own = Arrays(*(_another(rows) for rows in blank))
    for name in BLANK:
        getattr(own, name)[:] = getattr(blank, name)
    own = own._replace(par=_as_par(own.levels))
    _give_key(own, seed, run)
    return own


def _another(rows: R) -> R:
    """Return a zeroed array of the same length and type."""
    if rows.dtype.names is None:
        return np.zeros_like(rows)
    return records(len(rows), rows.dtype)


def _give_key(own: Arrays, seed: int, run: int) -> None:
    """Set the random key of one run of a seed."""
    require_run(seed, run)
    own.run[0].key_0, own.run[0].key_1 = run_key(np.uint64(seed), run)


def require_run(seed: int, run: int) -> None:
    """Raise ``ValueError`` if a seed or a run number is outside its range."""
    for number, most, text in (
        (seed, MAX_SEED, _("seed is {number}; it must be from 0 to {most}")),
        (run, MAX_RUN, _("run is {number}; it must be from 0 to {most}")),
    ):
        if not 0 <= number <= most:
            raise ValueError(text.format(number=number, most=most))


def template(scenario: Scenario) -> Arrays:
    """Return the arrays that all runs of a scenario start from: nothing is drawn or logged yet."""
    people = _people(scenario)
    levels = _levels(scenario)
    edges = records(max_ties(scenario), EDGES)
    return Arrays(
        people=people,
        ties=records(2 * len(edges), TIES),
        start=np.zeros(len(people) + 1, dtype=np.int64),
        options=_options(scenario),
        par=_as_par(levels),
        run=_run(scenario, edges),
        log=records(0, LOG),
        series=records(0, SERIES),
        paths=records(0, PATHS),
        schedule=_schedule(scenario),
        levels=levels,
        edges=edges,
        slots=np.zeros(_slots_for(len(edges)), dtype=np.uint64),
    )


def _run(scenario: Scenario, edges: R) -> R:
    """Return the run's record before anything is drawn; writes listed ties into ``edges``."""
    run = records(1, RUN)
    listed = scenario.listed
    run[0].listed_seats = listed is not None and listed[0].seated is not None
    run[0].listed_interests = listed is not None and listed[0].interest_x is not None
    run[0].listed_options = scenario.problem.options is not None
    run[0].listed_norms = listed is not None and listed[0].norm is not None
    run[0].leading = NOBODY
    run[0].stakeholders = scenario.people
    run[0].cycles = scenario.cycles
    run[0].decides = scenario.decide and "debate" in scenario.phases
    run[0].acts = "action" in scenario.phases
    for name in (*MEASURED, "sector_satisfaction"):
        run[name] = math.nan
    if scenario.listed_ties is not None:
        run[0].listed_ties = 1
        run[0].edges = _list_edges(scenario, edges)
    elif scenario.form.ties == "complete":
        run[0].seat_ties = 1
    return run


def names(scenario: Scenario) -> list[str]:
    """Return what each row of ``people`` is called: its listed name, or its sector and a number."""
    if scenario.listed is not None:
        return [who.name for who in sorted(scenario.listed, key=lambda w: SECTORS.index(w.sector))]
    return [
        f"{sector} {place + 1}" for sector in SECTORS for place in range(scenario.count(sector))
    ]


def _people(scenario: Scenario) -> R:
    """Return a template of the people: sector by sector, in the order of the list."""
    people = records(scenario.people, PEOPLE)
    people["power"] = math.nan
    people["endowment"] = math.nan
    people["outside_option"] = math.nan
    people["productivity"] = 1.0
    people["immovable"] = people["free_rider"] = OPEN_CHOICE
    people["active"] = 1
    people["delegate"] = people["left_round"] = NOBODY
    counts = [scenario.count(sector) for sector in SECTORS]
    people["sector"] = np.repeat(np.arange(len(SECTORS)), counts)
    places = np.concatenate([np.arange(count) for count in counts])
    people["identity"] = people["sector"].astype(np.int64) * PLACES + places
    if scenario.listed is not None:
        listed = sorted(scenario.listed, key=lambda who: SECTORS.index(who.sector))
        for row, who in enumerate(listed):
            _fill_in(people[row], who.model_dump(exclude_none=True))
    return people


def _fill_in(person: Any, given: dict[str, Any]) -> None:
    """Write what the list says about one stakeholder."""
    for name, value in given.items():
        if name in KINDS:
            person.endowment[KINDS.index(name)] = value
        elif name == "norm":
            person.norm = NORMS.index(value)
        elif name not in ("name", "sector"):
            setattr(person, name, value)


def _options(scenario: Scenario) -> R:
    """Return the options, with the places that are listed."""
    options = records(scenario.problem.option_count, OPTIONS)
    for row, option in zip(options, scenario.problem.options or (), strict=False):
        if option.x is not None:
            row.placed, row.drawn_x, row.drawn_y = 1, option.x, option.y
    return options


def _as_par(levels: R) -> R:
    """Return the same memory as a record of parameters."""
    return levels.view(np.dtype((np.record, PAR)))


def _levels(scenario: Scenario) -> R:
    """Return the parameters as plain numbers."""
    levels = np.zeros(PAR.itemsize // 8)
    par = _as_par(levels)
    for parameter in parameters():
        value = scenario.value(parameter.path)
        if parameter.name in NEEDS:
            par[0].need[NEEDS.index(parameter.name)] = value
        else:
            setattr(par[0], parameter.name, _number(value, parameter.choices))
    for k, phase in enumerate(PHASES):
        par[0].phases[k] = phase in scenario.phases
    for s, sector in enumerate(SECTORS):
        table = getattr(scenario.stakeholders, sector)
        par[0].veto[s] = sector in scenario.decision.veto
        par[0].sector_power[s] = table.power
        par[0].sector_outside_option[s] = table.outside_option
        for k, kind in enumerate(KINDS):
            par[0].sector_resource[s, k] = getattr(table, kind)
    return levels


def _number(value: Any, choices: tuple[str, ...]) -> float:
    """Return a parameter as a number: "all" and none are 0, a word its place among the choices."""
    if value is None or value == "all":
        return 0.0
    return float(choices.index(value)) if isinstance(value, str) else float(value)


def _slots_for(edges: int) -> int:
    """Return the size of a hash set for so many edges, also after rewiring: a power of two."""
    return int(2 ** math.ceil(math.log2(4 * edges + 4)))


def _list_edges(scenario: Scenario, edges: R) -> int:
    """Write the listed ties as edges; a direction without trust is to be drawn."""
    rows = {name: row for row, name in enumerate(names(scenario))}
    places: dict[tuple[int, int], int] = {}
    for tie in scenario.listed_ties or ():
        a, b = rows[tie.from_], rows[tie.to]
        trust = math.nan if tie.trust is None else tie.trust
        if (b, a) in places:
            edges[places[b, a]].trust_ba = trust
            continue
        k = places[a, b] = len(places)
        edges[k].a, edges[k].b, edges[k].trust_ab, edges[k].trust_ba = a, b, trust, math.nan
    return len(places)


def _schedule(scenario: Scenario) -> R:
    """One row an event."""
    schedule = records(len(scenario.events), SCHEDULE)
    for row, event in zip(schedule, scenario.events, strict=True):
        row.month, row.cycle = event.round or 0, event.cycle or 0
        row.how = SCALE if event.scale is not None else SET
        table, *rest = event.field.split(".")
        if table == "trust_in":
            row.what, row.sector, row.value = TRUST_IN, SECTORS.index(rest[0]), _value(event)
        elif table == "stakeholders" and rest[0] in SECTORS:
            row.sector, row.value = SECTORS.index(rest[0]), _value(event)
            if rest[1] in KINDS:
                row.what, row.place = ENDOWMENT, KINDS.index(rest[1])
            else:
                row.what = POWER if rest[1] == "power" else OUTSIDE_OPTION
        else:
            _plan_change(row, event)
    return schedule


def _value(event: Event) -> float:
    return float(event.scale if event.scale is not None else event.set or 0.0)


def _plan_change(row: Any, event: Event) -> None:
    """An event that changes a parameter: its place, and the bounds it is kept in."""
    parameter = next(item for item in parameters() if item.path == event.field)
    fields: Any = PAR.fields
    row.what, row.sector = PARAMETER, NOBODY
    row.place = fields[parameter.name][1] // 8
    if parameter.kind == "number":
        row.value, row.low, row.high = _value(event), parameter.low, parameter.high
        if parameter.low_open or parameter.high_open:
            row.low = np.nextafter(row.low, row.high) if parameter.low_open else row.low
            row.high = np.nextafter(row.high, row.low) if parameter.high_open else row.high
    else:
        row.value = _number(event.set, parameter.choices)
        row.low, row.high = 0.0, float(max(len(parameter.choices) - 1, 1))
