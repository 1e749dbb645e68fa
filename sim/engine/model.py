"""The same run with Mesa agents: to watch it round by round, or to add custom stakeholders."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import mesa
import numpy as np

from sim.engine.agents import (
    CivilSocietyOrganisation,
    CommunityGroup,
    Government,
    PrivateFirm,
    Stakeholder,
)
from sim.engine.arrays import Arrays, arrays, names, require_run
from sim.engine.result import RunData
from sim.engine.tables import run_data
from sim.engine.values import as_drawn
from sim.language import _
from sim.rules import (
    action,
    course,
    debate,
    listening,
    measuring,
    membership,
    paths,
    pooling,
    renewal,
    series,
)
from sim.rules.memory import BLOCK
from sim.rules.state import SERIES_COLUMNS, R
from sim.scenario import PHASES, SECTORS, Scenario

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
    """A collaboration as a Mesa model; one :meth:`step` is one round.

    Gives the same bits as :func:`sim.run` under the same scenario, seed and run.

    Parameters
    ----------
    scenario
        The scenario to run.
    seed, run
        Which run (:func:`sim.run`).
    behaviours
        Stakeholder classes by sector, in place of the usual ones.

    Attributes
    ----------
    running
        Whether the collaboration goes on. After the last round one more step ends the run.
    stakeholders
        The agents, in the order of the tables' rows.
    datacollector
        Mesa's collector with one row a round, the columns of ``Run.rounds``.

    Examples
    --------
    A firm that never accepts anything:

    >>> from sim import CollaborationModel, PrivateFirm, load
    >>> class StubbornFirm(PrivateFirm):
    ...     def accepts(self) -> bool:
    ...         return False
    >>> model = CollaborationModel(load("mandated"), behaviours={"private": StubbornFirm})
    >>> while model.running:
    ...     model.step()
    >>> float(model.result().outcomes["agreement"])
    0.0
    """

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
        """The run's outcomes and tables, as :func:`sim.run` gives them.

        Raises
        ------
        RuntimeError
            The run is not over.
        """
        if self.running:
            raise RuntimeError(_("the run is not over: step() until running is False"))
        return run_data(self._asked, self.seed, self.run, self.arrays)

    def _play(self) -> Iterator[int]:
        """The course of a run, the same as in ``one_run.play``; yields after every round."""
        while self._begins(course.cycle_begins):
            self._ask_to_stay(member=1)
            a = self._with_room()
            membership.convene(a.people, a.ties, a.start, a.options, a.par, a.run, a.log)
            yield from self._talk()
            measuring.measure_debate(a.people, a.options, a.par, a.run)
            measuring.measure_agreement(a.people, a.options, a.par, a.run)
            yield from self._act()
            a = self._with_room()
            if course.renewal_opens(a.options, a.par, a.run, a.log):
                self._renew_membership()
        a = self.arrays
        measuring.measure_end(a.people, a.ties, a.start, a.run)

    def _talk(self) -> Iterator[int]:
        """Phases 1 and 2 of a cycle: listening and debate."""
        a = self.arrays
        measuring.remember_opinions(a.people, a.options, a.par, a.run)
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
        renewal.renew(a.people, a.ties, a.start, a.par, a.run)
        self._ask_to_stay(member=1)
        a = self._with_room()
        membership.let_leave(a.people, a.par, a.run, a.log)
        self._ask_to_stay(member=0)
        a = self._with_room()
        membership.let_return(a.people, a.par, a.run, a.log)
        a = self._with_room()
        renewal.close_renewal(a.people, a.ties, a.start, a.par, a.run, a.log)

    def _begins(self, goes_on: Callable[[R, R, R, R, R, R, R, R], bool]) -> bool:
        """Whether the next cycle or round begins, by the rule that says so and begins it."""
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
        pooling.note_pledges(a.people, a.run, a.log)

    def _see(self) -> int:
        """Write the round down, here and in Mesa's collector."""
        a = self.arrays
        series.observe(a.people, a.ties, a.start, a.options, a.par, a.run, a.series)
        paths.follow(a.people, a.ties, a.start, a.par, a.run, a.paths)
        self._seen = dict(zip(_COLUMNS, a.series[self.round - 1].item(), strict=True))
        self._seen["phase"] = self.phase
        self.datacollector.collect(self)
        return self.round

    def _with_room(self) -> Arrays:
        """The arrays, with room for all that one round can add to the log and the series."""
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
    """A copy with at least twice the room."""
    return _extended(rows, len(rows) + more)


def _extended(rows: R, more: int) -> R:
    """A copy with room for ``more`` rows more."""
    return np.concatenate([rows, np.zeros(more, dtype=rows.dtype)])


def _observed(model: CollaborationModel, column: str) -> Any:
    """The value of one column in the last round's row."""
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
