"""One cycle of a run: the rows of the run's tables from which its minutes are written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from sim.base.text import _
from sim.engine.tables import RunData
from sim.scenario import parameters
from sim.view.words import (
    FEW_NAMES,
    distinct,
    escaped,
    option_name,
    several,
    stakeholder_name,
    worth,
)

if TYPE_CHECKING:
    from sim.engine.tables import RunData


class Sentence(NamedTuple):
    """A sentence, and the month after which everything in it has happened."""

    month: int
    text: str


def sentences_at(month: int, texts: Iterable[str]) -> list[Sentence]:
    """Return sentences that all belong to the end of one month."""
    return [Sentence(month, text) for text in texts]


@dataclass(frozen=True, eq=False)
class Cycle:
    """The rows of a run's tables that belong to one cycle.

    Attributes
    ----------
    run
        The run.
    number
        Number of the cycle, from 1.
    max_names
        Names in a sentence before the others are only counted.
    brief
        Whether the minutes only say how this cycle ended.
    """

    run: RunData
    number: int
    max_names: int = FEW_NAMES
    brief: bool = False

    @cached_property
    def events(self) -> pd.DataFrame:
        """The rows of the run's events that belong to this cycle."""
        events = self.run.events
        return events[events["cycle"] == self.number]

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """The rows of the run's rounds that belong to this cycle, by round."""
        rounds = self.run.rounds
        return rounds[rounds["cycle"] == self.number].set_index("round", drop=False)

    @cached_property
    def before(self) -> int:
        """The month after which the cycle began; 0 for the first one."""
        return int(self.events["round"].min()) if len(self.events) else 0

    @cached_property
    def end(self) -> int:
        """The last month of the cycle."""
        return self.before if self.rounds.empty else int(self.rounds["round"].iloc[-1])

    @cached_property
    def paths(self) -> pd.DataFrame:
        """The rows of the run's paths that belong to this cycle."""
        paths = self.run.paths
        return paths[paths["round"].isin(self.rounds.index)]

    @cached_property
    def problem(self) -> int | None:
        """The number of the problem that was taken up; None if there was none."""
        taken_up = self.happened("problem")
        return None if taken_up.empty else int(taken_up["option"].iloc[0])

    @cached_property
    def is_retry(self) -> bool:
        """Whether the problem of the cycle before was taken up again."""
        before = Cycle(self.run, self.number - 1)
        return self.problem is not None and self.problem == before.problem

    def happened(self, *events: str, phase: str | None = None) -> pd.DataFrame:
        """Return the events of these kinds in order; of one phase only, if it is given."""
        chosen = self.events["event"].isin(events)
        if phase is not None:
            chosen &= self.events["phase"] == phase
        return self.events[chosen]

    def phase(self, name: str) -> pd.DataFrame:
        """Return the rounds of one phase."""
        return self.rounds[self.rounds["phase"] == name]

    def end_of(self, phase: str) -> int:
        """Return the last month of a phase, or of the cycle if the phase had no round."""
        held = self.phase(phase)["round"]
        return int(held.iloc[-1]) if len(held) else self.end

    def at(self, month: int) -> pd.DataFrame:
        """Return the rows of all stakeholders after one round, by name."""
        return self.paths[self.paths["round"] == month].set_index("name")

    def who(self, name: str) -> str:
        """Return the name of a stakeholder, escaped for Markdown."""
        return escaped(stakeholder_name(self.run.scenario, name))

    def quoted(self, text: str) -> str:
        """Return a text of the scenario on one line, escaped for Markdown."""
        return escaped(" ".join(text.split()))

    def list_names(self, names: Iterable[str]) -> str:
        """Join the names of stakeholders for a sentence."""
        return several(map(self.who, names), self.max_names)

    def last_of(self, phase: str) -> pd.DataFrame:
        """Return the rows of all stakeholders after the last round of a phase, by name."""
        return self.at(int(self.phase(phase)["round"].iloc[-1]))

    def list_values(self, values: "pd.Series[float]") -> str:
        """Join the names of stakeholders, each with its number."""
        return several(f"{self.who(str(name))} ({worth(value)})" for name, value in values.items())

    def list_expectations(self, rows: pd.DataFrame) -> str:
        """Join the stakeholders of some events, with what each expects and what it needs."""
        return self.list_with_bounds(rows, _("{name} ({value}, needing {bound})"))

    def list_with_bounds(self, rows: pd.DataFrame, text: str) -> str:
        """Join the stakeholders of some events, each in a text with the event's two numbers."""
        names = []
        for row in rows_of(rows):
            value, bound = distinct(row.value, row.bound)
            names.append(text.format(name=self.who(row.who), value=value, bound=bound))
        return several(names, self.max_names)

    def option(self, number: int) -> str:
        """Return the name of an option of this cycle's problem, escaped for Markdown."""
        assert self.problem is not None, "an option belongs to a problem"
        return escaped(option_name(self.run.options, self.problem, int(number)))


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Return the rows of a table, with their columns as attributes of any type."""
    return iter(table.itertuples())


def in_force(run: RunData, field: str) -> Callable[[int], Any]:
    """Return the value of a scenario field in each round, with the changes that events made.

    Parameters
    ----------
    run
        The run.
    field
        A dotted path, for example ``"decision.rule"``.

    Returns
    -------
    callable
        Takes a round and returns the value. Events of a round come before anything else in it.

    Examples
    --------
    >>> import sim
    >>> event = {"round": 3, "field": "decision.rule", "set": "majority"}
    >>> rule = in_force(sim.run(sim.load("team").variant({"events": [event]})), "decision.rule")
    >>> rule(2), rule(3)
    ('consensus', 'majority')
    """
    value: Any = run.scenario.value(field)
    steps = [(0, value)]
    bounds = next((item for item in parameters() if item.path == field), None)
    changed = run.events[run.events["event"] == "changed"]
    for month, number in zip(changed["round"], changed["option"], strict=True):
        event = run.scenario.events[int(number) - 1]
        if event.field != field:
            continue
        value = event.set if event.scale is None else value * event.scale
        if bounds is not None and bounds.low is not None and bounds.high is not None:
            value = min(max(value, bounds.low), bounds.high)
        steps.append((int(month) + 1, value))  # events are recorded with the round before
    return lambda month: next(value for since, value in reversed(steps) if since <= month)
