"""The same run with Mesa agents: to watch it round by round, or to write one's own stakeholder."""

from collections.abc import Iterator, Mapping
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
    planning,
    pooling,
    renewal,
    series,
)
from sim.rules.compiling import compile_for
from sim.rules.memory import BLOCK
from sim.rules.state import ALL, ROW, R
from sim.scenario import PHASES, SECTORS, Scenario

BEHAVIOURS: Mapping[str, type[Stakeholder]] = MappingProxyType(
    {
        "government": Government,
        "private": PrivateFirm,
        "community": CommunityGroup,
        "civil_society": CivilSocietyOrganisation,
    }
)

_COLUMNS = tuple(name for name, _unit, _says in series.COLUMNS)


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
        compile_rules()
        require_run(seed, run)
        self._asked = scenario = as_drawn(scenario, seed, run)
        self.seed, self.run = seed, run
        self.arrays: Arrays = arrays(scenario, seed, run)
        course.found(*self.state, self.arrays.edges, self.arrays.slots)
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
        """What was asked."""
        return self._asked

    @scenario.setter
    def scenario(self, value: object) -> None:
        """Mesa's own scenario is not used."""

    @property
    def state(self) -> tuple[R, R, R, R, R, R, R]:
        """The seven arrays that every rule takes."""
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
        """The course of a run, as ``one_run.play`` walks it; gives way after every round."""
        changing = self.arrays.schedule, self.arrays.levels
        while course.cycle_begins(*self._roomy(), *changing):
            self._ask_to_stay(member=1)
            membership.convene(*self._roomy())
            yield from self._talk(*changing)
            measuring.measure_debate(*self.state)
            measuring.measure_agreement(*self.state)
            yield from self._act(*changing)
            if course.renewal_opens(*self._roomy()):
                renewal.renew(*self.state)
                self._ask_to_stay(member=1)
                membership.let_leave(*self._roomy())
                self._ask_to_stay(member=0)
                membership.let_return(*self._roomy())
                renewal.close_renewal(*self._roomy())
        measuring.measure_end(*self.state)

    def _talk(self, schedule: R, levels: R) -> Iterator[int]:
        """Phases 1 and 2 of a cycle: listening and debate."""
        measuring.remember_opinions(*self.state)
        table = [agent for agent in self.stakeholders if agent.at_table]
        while course.listening_goes_on(*self._roomy(), schedule, levels):
            self._hold()
            for agent in table:
                agent.listen()
            listening.commit(*self.state)
            yield self._see()
        course.close_listening(*self.state)
        while course.debate_goes_on(*self._roomy(), schedule, levels):
            self._hold()
            debate.take_sides(*self.state)
            for agent in table:
                agent.debate()
            listening.commit(*self.state)
            debate.draft(*self.state)
            if self._asked.decide:
                accepts = self.arrays.people["accepts"]
                for agent in table:
                    accepts[agent.row] = bool(agent.accepts())
            course.close_debate_round(*self.state)
            yield self._see()

    def _hold(self) -> None:
        """Before a round of talk."""
        for first in range(0, len(self.stakeholders), BLOCK):
            listening.hold(*self.state, first)

    def _act(self, schedule: R, levels: R) -> Iterator[int]:
        """Phase 3 of a cycle: planning and carrying out joint action."""
        members = [agent for agent in self.stakeholders if agent.is_member]
        if course.planning_opens(*self._roomy(), schedule, levels):
            self._ask_for_pledges(members)
        while course.planning_goes_on(*self._roomy(), schedule, levels):
            if course.open_planning_round(*self.state):
                self._ask_for_pledges(members)
            yield self._see()
        course.action_opens(*self._roomy(), schedule, levels)
        while course.action_goes_on(*self._roomy(), schedule, levels):
            delivers = self.arrays.people["delivers"]
            for agent in members:
                delivers[agent.row] = bool(agent.deliver())
            action.carry_out(*self.state)
            for agent in members:
                action.watch(*self.state, agent.row)
            yield self._see()

    def _ask_to_stay(self, member: int) -> None:
        """Let the members, or those who are none, say whether they want to be one from now on."""
        active, stays = self.arrays.people["active"], self.arrays.people["stays"]
        for agent in self.stakeholders:
            if active[agent.row] == member:
                stays[agent.row] = bool(agent.reconsider())

    def _ask_for_pledges(self, members: list[Stakeholder]) -> None:
        """Let every member pledge; what is outside [0, 1] counts as the nearest bound."""
        next_pledge = self.arrays.people["next_pledge"]
        for agent in members:
            next_pledge[agent.row] = min(1.0, max(0.0, agent.pledge()))
        pooling.note_pledges(*self.state)

    def _see(self) -> int:
        """Write the round down, here and in Mesa's collector."""
        series.observe(*self.state, self.arrays.series)
        paths.follow(*self.state, self.arrays.paths)
        self._seen = dict(zip(_COLUMNS, self.arrays.series[self.round - 1].item(), strict=True))
        self._seen["phase"] = self.phase
        self.datacollector.collect(self)
        return self.round

    def _roomy(self) -> tuple[R, R, R, R, R, R, R]:
        """The state, with room for all that one round can add to the log and the series."""
        logged, month = self.arrays.run[0].logged, self.arrays.run[0].month
        busy = 2 * int(self.arrays.start[-1]) + 8 * len(self.stakeholders) + 64
        if logged + busy > len(self.arrays.log):
            self.arrays = self.arrays._replace(log=_longer(self.arrays.log, busy))
        if month + 1 > len(self.arrays.series):
            longer = _longer(self.arrays.series, 64)
            room = len(longer) * len(self.stakeholders) - len(self.arrays.paths)
            self.arrays = self.arrays._replace(
                series=longer, paths=_extended(self.arrays.paths, room)
            )
        return self.state


def _longer(rows: R, more: int) -> R:
    """A copy with at least twice the room."""
    return _extended(rows, len(rows) + more)


def _extended(rows: R, more: int) -> R:
    """A copy with room for so many rows more."""
    return np.concatenate([rows, np.zeros(more, dtype=rows.dtype)])


def _observed(model: CollaborationModel, column: str) -> Any:
    """What the last round's row says in one column."""
    return model._seen[column]


def require_behaviours(behaviours: Mapping[str, type[Stakeholder]]) -> None:
    """Refuse what is no stakeholder class, or not for a sector.

    Raises
    ------
    ValueError
        It is one of these.
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


def compile_rules() -> None:
    """Compile or load every rule that the model calls."""
    compile_for(course.FOUND, course.found)
    compile_for(
        course.CHANGING,
        course.cycle_begins,
        course.listening_goes_on,
        course.debate_goes_on,
        course.planning_opens,
        course.planning_goes_on,
        course.action_opens,
        course.action_goes_on,
    )
    compile_for(
        ALL,
        membership.convene,
        membership.let_leave,
        membership.let_return,
        measuring.remember_opinions,
        measuring.measure_debate,
        measuring.measure_agreement,
        measuring.measure_end,
        listening.commit,
        course.close_listening,
        debate.take_sides,
        debate.draft,
        course.close_debate_round,
        course.open_planning_round,
        course.renewal_opens,
        pooling.note_pledges,
        action.carry_out,
        renewal.renew,
        renewal.close_renewal,
    )
    compile_for(
        ROW,
        listening.hold,
        listening.listen,
        debate.argue,
        debate.move,
        debate.accepts,
        planning.pledge,
        action.deliver,
        action.watch,
        membership.reconsider,
    )
    compile_for(series.OBSERVED, series.observe)
    compile_for(paths.FOLLOWED, paths.follow)
