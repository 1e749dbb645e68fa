"""The same run with Mesa agents: to watch it round by round, or to add custom stakeholders.

An agent's method calls the rule for the agent's own row, so a run with the usual agents has the
same bits as the compiled loop. A subclass that overrides a method is honoured.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.base.text import _
from sim.engine.arrays import Arrays, arrays, as_drawn, names, require_run
from sim.engine.runs import Rounds
from sim.engine.tables import RunData, run_data
from sim.rules import action, course, debate, listening, measures, membership, planning, series
from sim.rules.action import deliver as delivers_now
from sim.rules.memory import BLOCK
from sim.rules.outcomes import outcomes
from sim.rules.state import SERIES, SERIES_COLUMNS, R
from sim.scenario import KINDS, NORMS, PHASES, SECTORS, Scenario


class Stakeholder(mesa.Agent):
    """One stakeholder: what it has, wants, knows and does (model description 2.1, 4).

    Parameters
    ----------
    model
        The collaboration that it belongs to.
    row
        Its row in the model's arrays.
    name
        What it is called.
    """

    model: "CollaborationModel"

    def __init__(self, model: "CollaborationModel", row: int, name: str) -> None:
        super().__init__(model)
        self.row = row
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    # What it is and thinks

    @property
    def _me(self) -> Any:
        return self.model.arrays.people[self.row]

    @property
    def sector(self) -> str:
        """Its sector."""
        return str(SECTORS[self._me.sector])

    @property
    def power(self) -> float:
        """Its share of formal authority."""
        return float(self._me.power)

    @property
    def endowment(self) -> dict[str, float]:
        """Its yearly funds, capacity and network."""
        return {kind: float(self._me.endowment[k]) for k, kind in enumerate(KINDS)}

    @property
    def outside_option(self) -> float:
        """What going alone is worth to it."""
        return float(self._me.outside_option)

    @property
    def norm(self) -> str:
        """What it thinks a fair share is."""
        return str(NORMS[self._me.norm])

    @property
    def interest(self) -> tuple[float, float]:
        """What it wants, in the policy plane."""
        return float(self._me.interest_x), float(self._me.interest_y)

    @property
    def position(self) -> tuple[float, float]:
        """What it argues for, in the policy plane."""
        return float(self._me.position_x), float(self._me.position_y)

    @property
    def knowledge(self) -> frozenset[int]:
        """The facts that it knows, by number from 1."""
        known = int(self._me.knowledge)
        return frozenset(f + 1 for f in range(known.bit_length()) if known >> f & 1)

    @property
    def expectation(self) -> float:
        """What it expects the collaboration to be worth."""
        return float(self._me.expectation)

    @property
    def commitment(self) -> float:
        """Its readiness to contribute to the present plan."""
        return float(self._me.commitment)

    @property
    def pledged(self) -> float:
        """The share of its endowment that it has promised."""
        return float(self._me.pledge)

    @property
    def is_member(self) -> bool:
        """Whether it takes part."""
        return bool(self._me.active)

    @property
    def at_table(self) -> bool:
        """Whether it takes part and has a seat at the table."""
        return bool(self._me.active and self._me.seated)

    @property
    def trust(self) -> dict["Stakeholder", float]:
        """Its trust in those it is tied to."""
        arrays = self.model.arrays
        ties = arrays.ties[arrays.start[self.row] : arrays.start[self.row + 1]]
        return {self.model.stakeholders[tie.neighbour]: float(tie.trust) for tie in ties}

    # What it does

    def listen(self) -> None:
        """Hear the neighbours at the table out and learn from them."""
        a = self.model.arrays
        listening.listen(a.people, a.ties, a.par, a.run, a.log, self.row)

    def debate(self) -> None:
        """Hear the neighbours argue, and move toward those who are not too far away."""
        a = self.model.arrays
        debate.argue(a.people, a.ties, a.par, a.run, a.log, self.row)
        debate.move(a.people, a.ties, a.par, self.row)

    def accepts(self) -> bool:
        """Return whether it accepts the draft."""
        a = self.model.arrays
        return bool(debate.accepts(a.people, a.ties, a.options, a.par, a.run, self.row))

    def pledge(self) -> float:
        """Return the share of its endowment that it promises now."""
        a = self.model.arrays
        return float(planning.pledge(a.people, a.ties, a.start, a.par, a.run, self.row))

    def deliver(self) -> bool:
        """Return whether it delivers its pledge this round."""
        a = self.model.arrays
        return bool(delivers_now(a.people, a.par, self.row))

    def reconsider(self) -> bool:
        """Return whether it wants to be a member from now on."""
        a = self.model.arrays
        return bool(membership.reconsider(a.people, a.ties, a.start, a.par, a.run, self.row))


class Government(Stakeholder):
    """A public agency."""


class PrivateFirm(Stakeholder):
    """A private firm."""


class CommunityGroup(Stakeholder):
    """A group of the community."""


class CivilSocietyOrganisation(Stakeholder):
    """A civil society organisation."""


BEHAVIOURS: Mapping[str, type[Stakeholder]] = MappingProxyType(
    {
        "government": Government,
        "private": PrivateFirm,
        "community": CommunityGroup,
        "civil_society": CivilSocietyOrganisation,
    }
)

_COLUMNS = tuple(name for name, _unit, _says in SERIES_COLUMNS)


class CollaborationModel(mesa.Model):
    """A collaboration as a Mesa model; see :class:`sim.CollaborationModel`."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int = 1,
        run: int = 0,
        behaviours: Mapping[str, type[Stakeholder]] = MappingProxyType({}),
    ) -> None:
        super().__init__(rng=np.random.default_rng(seed))  # of Mesa's own; the rules do not use it
        require_behaviours(behaviours)
        require_run(seed, run)
        self._asked = scenario = as_drawn(scenario, seed, run)
        self.seed, self.run = seed, run
        self.arrays: Arrays = arrays(scenario, seed, run)
        a = self.arrays
        course.initialise(a.people, a.ties, a.start, a.par, a.run, a.edges, a.slots)
        kinds = {**BEHAVIOURS, **behaviours}
        self.stakeholders = [
            kinds[SECTORS[person.sector]](self, row, name)
            for row, (person, name) in enumerate(
                zip(self.arrays.people, names(scenario), strict=True)
            )
        ]
        self.datacollector = mesa.DataCollector(
            model_reporters={name: partial(_observed, column=name) for name in _COLUMNS}
        )
        self._seen: dict[str, Any] = {}  # the last round's row, for the collector
        self._rounds = self._play()

    # Mesa sets a scenario of its own kind on the model: ours is what was asked, and stays frozen.
    @property
    def scenario(self) -> Scenario:
        """The scenario of this run."""
        return self._asked

    @scenario.setter
    def scenario(self, value: object) -> None:
        """Mesa's own scenario is not used."""

    @property
    def state(self) -> tuple[R, R, R, R, R, R, R]:
        """The arrays of the run's state: the first seven of :attr:`arrays`."""
        return self.arrays.all

    @property
    def phase(self) -> str:
        """The phase of the present round; empty before the first."""
        code = self.arrays.run[0].phase
        return PHASES[code - 1] if code else ""

    @property
    def cycle(self) -> int:
        """The present cycle, from 1."""
        return int(self.arrays.run[0].cycle)

    @property
    def round(self) -> int:
        """Rounds played: months since the start."""
        return int(self.arrays.run[0].month)

    def step(self) -> None:
        """Play the next round; after the last one, end the run."""
        if next(self._rounds, None) is None:
            self.running = False

    def result(self) -> RunData:
        """Return the run's outcomes and tables, as :func:`sim.run` gives them.

        Raises
        ------
        RuntimeError
            The run is not over.
        """
        if self.running:
            raise RuntimeError(_("the run is not over: step() until running is False"))
        return run_data(self._asked, self.seed, self.run, self.arrays)

    def _play(self) -> Iterator[int]:
        """Play the course of ``sim.engine.loop.play``, and yield after every round."""
        while self._begins(course.cycle_begins):
            self._ask_to_stay(member=1)
            a = self._with_room()
            membership.convene(a.people, a.ties, a.start, a.options, a.par, a.run, a.log)
            yield from self._talk()
            measures.measure_debate(a.people, a.options, a.par, a.run)
            measures.measure_agreement(a.people, a.options, a.par, a.run)
            yield from self._act()
            a = self._with_room()
            if course.renewal_opens(a.options, a.par, a.run, a.log):
                self._renew_membership()
        a = self.arrays
        measures.measure_end(a.people, a.ties, a.start, a.run)

    def _talk(self) -> Iterator[int]:
        """Phases 1 and 2 of a cycle: listening and debate."""
        a = self.arrays
        measures.remember_opinions(a.people, a.options, a.par, a.run)
        table = [agent for agent in self.stakeholders if agent.at_table]
        while self._begins(course.listening_goes_on):
            self._prepare_talk()
            for agent in table:
                agent.listen()
            listening.commit(a.people, a.ties, a.run)
            yield self._see()
        course.close_listening(a.par, a.run)
        while self._begins(course.debate_goes_on):
            a = self.arrays
            self._prepare_talk()
            debate.take_sides(a.people, a.options, a.par, a.run)
            for agent in table:
                agent.debate()
            listening.commit(a.people, a.ties, a.run)
            debate.draft(a.people, a.options, a.par, a.run)
            if self._asked.decide:
                accepts = a.people["accepts"]
                for agent in table:
                    accepts[agent.row] = bool(agent.accepts())
            course.close_debate_round(a.people, a.ties, a.options, a.par, a.run, a.log)
            yield self._see()

    def _prepare_talk(self) -> None:
        """Prepare a round of talk, block by block."""
        a = self.arrays
        for first in range(0, len(self.stakeholders), BLOCK):
            listening.prepare_talk(a.people, a.ties, a.run, first)

    def _act(self) -> Iterator[int]:
        """Phase 3 of a cycle: planning and carrying out joint action."""
        members = [agent for agent in self.stakeholders if agent.is_member]
        a = self._with_room()
        changing = a.schedule, a.levels
        if course.planning_opens(
            a.people, a.ties, a.start, a.options, a.par, a.run, a.log, *changing
        ):
            self._ask_for_pledges(members)
        while self._begins(course.planning_goes_on):
            if course.open_planning_round(a.people, a.ties, a.start, a.par, a.run):
                self._ask_for_pledges(members)
            yield self._see()
        a = self._with_room()
        course.action_opens(a.people, a.ties, a.start, a.options, a.par, a.run, a.log, *changing)
        while self._begins(course.action_goes_on):
            a = self.arrays
            delivers = a.people["delivers"]
            for agent in members:
                delivers[agent.row] = bool(agent.deliver())
            action.carry_out(a.people, a.par, a.run, a.log)
            for agent in members:
                action.observe_delivery(a.people, a.ties, a.start, a.par, a.run, a.log, agent.row)
            yield self._see()

    def _renew_membership(self) -> None:
        """Renewal: expectations and trust, then who leaves, who returns, whether it goes on."""
        a = self.arrays
        membership.renew(a.people, a.ties, a.start, a.par, a.run)
        self._ask_to_stay(member=1)
        a = self._with_room()
        membership.let_leave(a.people, a.par, a.run, a.log)
        self._ask_to_stay(member=0)
        a = self._with_room()
        membership.let_return(a.people, a.par, a.run, a.log)
        a = self._with_room()
        membership.close_renewal(a.people, a.ties, a.start, a.par, a.run, a.log)

    def _begins(self, goes_on: Callable[[R, R, R, R, R, R, R, R], bool]) -> bool:
        """Return whether the next cycle or round begins, by the rule that says so and begins it."""
        a = self._with_room()
        return goes_on(a.people, a.ties, a.start, a.par, a.run, a.log, a.schedule, a.levels)

    def _ask_to_stay(self, member: int) -> None:
        """Ask the members, or everyone else, whether they want to be members from now on."""
        active, stays = self.arrays.people["active"], self.arrays.people["stays"]
        for agent in self.stakeholders:
            if active[agent.row] == member:
                stays[agent.row] = bool(agent.reconsider())

    def _ask_for_pledges(self, members: list[Stakeholder]) -> None:
        """Let every member pledge; what is outside [0, 1] counts as the nearest bound."""
        a = self.arrays
        next_pledge = a.people["next_pledge"]
        for agent in members:
            next_pledge[agent.row] = min(1.0, max(0.0, agent.pledge()))
        planning.note_pledges(a.people, a.run, a.log)

    def _see(self) -> int:
        """Write the round down, here and in Mesa's collector."""
        a = self.arrays
        series.observe(a.people, a.ties, a.start, a.options, a.par, a.run, a.series)
        series.follow(a.people, a.ties, a.start, a.par, a.run, a.paths)
        self._seen = dict(zip(_COLUMNS, a.series[self.round - 1].item(), strict=True))
        self._seen["phase"] = self.phase
        self.datacollector.collect(self)
        return self.round

    def _with_room(self) -> Arrays:
        """Return the arrays, with room for all that one round can add to the log and the series."""
        a = self.arrays
        busy = 2 * int(a.start[-1]) + 8 * len(self.stakeholders) + 64
        if a.run[0].logged + busy > len(a.log):
            a = a._replace(log=_longer(a.log, busy))
        if a.run[0].month + 1 > len(a.series):
            longer = _longer(a.series, 64)
            room = len(longer) * len(self.stakeholders) - len(a.paths)
            a = a._replace(series=longer, paths=_extended(a.paths, room))
        self.arrays = a
        return a


def _longer(rows: R, more: int) -> R:
    """Return a copy with at least twice the room."""
    return _extended(rows, len(rows) + more)


def _extended(rows: R, more: int) -> R:
    """Return a copy with room for ``more`` rows more."""
    return np.concatenate([rows, np.zeros(more, dtype=rows.dtype)])


def _observed(model: CollaborationModel, column: str) -> Any:
    """Return the value of one column in the last round's row."""
    return model._seen[column]


def require_behaviours(behaviours: Mapping[str, type[Stakeholder]]) -> None:
    """Check that behaviours are stakeholder classes by sector.

    Raises
    ------
    ValueError
        A key is not a sector, or a value is not a class of stakeholders.
    """
    unknown = [str(sector) for sector in behaviours if sector not in SECTORS]
    if unknown:
        text = _("behaviours are given by sector ({sectors}), not for {unknown}")
        raise ValueError(text.format(sectors=", ".join(SECTORS), unknown=", ".join(unknown)))
    given: Mapping[str, object] = behaviours
    for sector, kind in given.items():
        if not (isinstance(kind, type) and issubclass(kind, Stakeholder)):
            text = _("the behaviour for {sector} is {kind!r}; it must be a class of stakeholders")
            raise ValueError(text.format(sector=sector, kind=kind))


def played_with(
    scenario: Scenario, seed: int, run: int, behaviours: Mapping[str, type[Stakeholder]]
) -> tuple[NDArray[np.float64], Rounds]:
    """Return the outcomes and rounds of one run with custom classes for some sectors.

    Returns
    -------
    array of shape (1, outcomes), and the rounds
        With the usual classes, bit for bit what the compiled loop returns
        (:func:`sim.engine.runs.outcomes_and_rounds_of`).

    Examples
    --------
    >>> from sim import PrivateFirm, load
    >>> found, rounds = played_with(load("team"), 1, 7, {"private": PrivateFirm})
    >>> from sim.engine.runs import outcomes_of
    >>> found.tobytes() == outcomes_of(load("team"), 1, 7, 1).tobytes()
    True
    """
    with let_go(CollaborationModel(scenario, seed, run, behaviours)) as model:
        while model.running:
            model.step()
        seen = model.arrays.series[: model.round]
        columns = {name: np.array(seen[name]) for name in SERIES.names or ()}
        return outcomes(model.arrays.run), Rounds(np.array([model.round]), columns)


@contextmanager
def let_go(model: CollaborationModel) -> Iterator[CollaborationModel]:
    """Release a model from Mesa's memory afterwards."""
    try:
        yield model
    finally:
        # Mesa 3.3 numbers agents in a table of the class, which keeps every model alive.
        getattr(mesa.Agent, "_ids", {}).pop(model, None)


def trust_over_time(done: RunData) -> NDArray[np.float64]:
    """Trust in every tie: at first, after each round, and at the end.

    Returns
    -------
    Shape (rounds + 2, rows of ``done.ties``).

    Raises
    ------
    ValueError
        The run is not the same when it is repeated, because it had custom stakeholder classes.

    Examples
    --------
    >>> import sim
    >>> done = sim.run(sim.load("team"))
    >>> bool((trust_over_time(done)[-1] == done.ties["trust"]).all())
    True
    """
    with let_go(CollaborationModel(done.scenario, done.seed, done.run)) as model:
        seen = [model.arrays.ties["trust"].copy()]
        while model.running:
            model.step()
            seen.append(model.arrays.ties["trust"].copy())
        found = np.array(seen)[:, : int(model.arrays.start[-1])]
    same = (len(found) == len(done.rounds) + 2) and np.array_equal(found[-1], done.ties["trust"])
    if not same:
        raise ValueError(_("this run goes another way when it is played again"))
    return found
