"""Hypothesis strategies for the project's own objects: random valid scenarios.

Sizes are small, so that a run of one takes moments; values come from the whole of their bounds, and
often from the bounds themselves, where mistakes live.
"""

from functools import cache
from typing import Any

from hypothesis import strategies as st

from sim.scenario import PHASES, SECTORS, Parameter, Scenario, parameters, sector_parameters
from sim.scenario.fields import changeable, parameters_of
from sim.scenario.tables import ListedStakeholder

Table = dict[str, Any]

MOST_PEOPLE = 14
# Always drawn: what a run's time depends on, and what gives it its shape.
ALWAYS = (
    "cycles",
    "form.deadline",
    "listening.rounds",
    "planning.rounds",
    "action.rounds",
    "form.kind",
    "form.invite",
    "decision.rule",
)
# Above these, values say nothing new: a need of a million is a need that is never met.
HIGHEST = {
    "cycles": 3,
    "form.deadline": 12,
    "listening.rounds": 8,
    "planning.rounds": 8,
    "action.rounds": 8,
    "form.seats": MOST_PEOPLE + 1,
    "form.k": MOST_PEOPLE + 2,
    "horizon": 60,
    "problem.fact_count": 64,
}
OTHERWISE_HIGHEST = 20


@cache
def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Any value that a parameter may have, of a size that tests have time for."""
    if parameter.kind == "flag":
        return st.booleans()
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    assert parameter.low is not None
    assert parameter.high is not None
    if parameter.kind == "number":
        # Three decimals: no rule should care about the 300th.
        low = round(1000 * parameter.low) + parameter.low_open
        high = round(1000 * min(parameter.high, OTHERWISE_HIGHEST)) - parameter.high_open
        edges = st.sampled_from([low, high])
        return st.one_of(st.integers(low, high), edges).map(lambda number: number / 1000)
    high = min(int(parameter.high), HIGHEST.get(parameter.path, OTHERWISE_HIGHEST))
    steps = st.integers(int(parameter.low) // parameter.step, high // parameter.step)
    numbers = steps.map(lambda number: number * parameter.step)
    return st.one_of(numbers, *map(st.just, parameter.choices))


@cache
def settings() -> st.SearchStrategy[Table]:
    """Some parameters away from the baseline, as a variant's changes; all sizes small."""
    fields = {field.path: values(field) for field in parameters()}
    always = {path: fields.pop(path) for path in ALWAYS}
    return st.fixed_dictionaries(always, optional=fields)


@st.composite
def sectors(draw: st.DrawFn) -> Table:
    """Few stakeholders over four sectors, some of which may have none, or nothing."""
    fields = [field for field in sector_parameters() if field.name != "count"]
    size = draw(st.integers(3, MOST_PEOPLE))
    members = draw(st.lists(st.sampled_from(SECTORS), min_size=size, max_size=size))
    changes: Table = {f"stakeholders.{name}.count": members.count(name) for name in SECTORS}
    for sector in SECTORS:
        optional = {field.path.format(sector=sector): values(field) for field in fields}
        changes |= draw(st.fixed_dictionaries({}, optional=optional))
    # Somebody must have some power: the first of those who were drawn.
    path = f"stakeholders.{members[0]}.power"
    if changes.get(path) == 0:
        changes[path] = 1.0
    return changes


@st.composite
def listings(draw: st.DrawFn) -> Table:
    """Named stakeholders with some of the columns, and perhaps their ties."""
    fields = {field.path: field for field in parameters_of(ListedStakeholder)}
    free = [name for name in fields if name not in ("sector", "interest_x", "interest_y")]
    columns = ["sector", *draw(st.lists(st.sampled_from(free), unique=True))]
    columns += ["interest_x", "interest_y"] if draw(st.booleans()) else []
    names = [f"stakeholder {number}" for number in range(draw(st.integers(3, MOST_PEOPLE)))]
    listed = [
        {"name": name} | {column: draw(values(fields[column])) for column in columns}
        for name in names
    ]
    if "power" in columns:
        listed[0]["power"] = 1.0
    changes: Table = {"listed": listed, f"stakeholders.{listed[0]['sector']}.power": 1.0}
    if draw(st.booleans()):
        ends = st.tuples(st.sampled_from(names), st.sampled_from(names))
        pairs = draw(st.lists(ends.filter(lambda ends: ends[0] != ends[1]), unique=True))
        trust = st.one_of(st.none(), st.integers(0, 100).map(lambda percent: percent / 100))
        changes["listed_ties"] = [
            {"from": one, "to": other, "trust": draw(trust)} for one, other in pairs
        ]
    return changes


@st.composite
def wordings(draw: st.DrawFn, changes: Table) -> Table:
    """Names for what has numbers: the axes, the options, who calls the meetings."""
    words: Table = {}
    if draw(st.booleans()):
        axes = [{"name": "Where the water goes"}, {"name": "Who pays for it"}]
        if draw(st.booleans()):
            axes[0] |= {"low": "fields", "high": "towns"}
        words["problem.axes"] = axes
    if draw(st.booleans()):
        places = st.one_of(st.none(), st.integers(0, 100).map(lambda percent: percent / 100))
        options = [{"name": f"plan {letter}"} for letter in "ABCDEFGH"[: draw(st.integers(2, 8))]]
        for option in options:
            x, y = draw(places), draw(places)
            option |= {} if x is None or y is None else {"x": x, "y": y}
        words |= {"problem.options": options, "problem.option_count": len(options)}
    if "listed" in changes and draw(st.booleans()):
        names = [who["name"] for who in changes["listed"]]
        words["leadership.convener"] = draw(st.sampled_from(names))
    return words


@st.composite
def courses(draw: st.DrawFn) -> Table:
    """Which phases a cycle has."""
    phases = draw(st.one_of(st.just(set(PHASES)), st.sets(st.sampled_from(PHASES))))
    if "action" in phases or not phases - {"listening", "renewal"}:
        phases |= {"planning"}
    return {"phases": [phase for phase in PHASES if phase in phases]}


@st.composite
def events(draw: st.DrawFn, scenario: Scenario) -> Table:
    """An event that a scenario may have."""
    field = draw(st.sampled_from(changeable(Scenario)))
    when = draw(st.sampled_from(["round", "cycle"]))
    last = scenario.latest_round if when == "round" else scenario.cycles
    event: Table = {"field": field.path, when: draw(st.integers(1, last))}
    if field.kind == "number" and draw(st.booleans()):
        return event | {"scale": draw(st.integers(0, 30)) / 10}
    title = {"title": "An election"} if draw(st.booleans()) else {}
    return event | title | {"set": draw(values(field))}


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A random valid scenario, small enough to run in a test."""
    changes = draw(settings()) | draw(st.one_of(sectors(), listings())) | draw(courses())
    changes |= draw(wordings(changes))
    changes["decision.veto"] = draw(st.lists(st.sampled_from(SECTORS), unique=True))
    scenario = Scenario().variant(changes)
    return scenario.variant({"events": draw(st.lists(events(scenario), max_size=3))})
