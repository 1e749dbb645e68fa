"""One cycle of a run, cut out of its tables: what the minutes of that cycle are written from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from sim.language import _
from sim.view.words import FEW, against, escaped, option_name, person, several

if TYPE_CHECKING:
    from sim.engine.result import RunData


class Sentence(NamedTuple):
    """A sentence, and the month at whose end all that it tells has happened."""

    month: int
    text: str


def said(month: int, texts: Iterable[str]) -> list[Sentence]:
    """Sentences that can all be told at the end of one month."""
    return [Sentence(month, text) for text in texts]


@dataclass(frozen=True, eq=False)
class Cycle:
    """What happened in one cycle.

    Attributes
    ----------
    run
        The run that it belongs to.
    number
        Which cycle, from 1.
    most
        How many names a sentence may hold before the rest are counted.
    brief
        Whether minutes tell only how this cycle ended.
    """

    run: "RunData"
    number: int
    most: int = FEW
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
        """The number of the problem that was taken up, if one was."""
        taken_up = self.happened("problem")
        return None if taken_up.empty else int(taken_up["option"].iloc[0])

    @cached_property
    def is_retry(self) -> bool:
        """Whether the problem of the cycle before was taken up again."""
        before = Cycle(self.run, self.number - 1)
        return self.problem is not None and self.problem == before.problem

    def happened(self, *events: str, phase: str | None = None) -> pd.DataFrame:
        """The events of these kinds, in their order; of one phase only, if it is named."""
        chosen = self.events["event"].isin(events)
        if phase is not None:
            chosen &= self.events["phase"] == phase
        return self.events[chosen]

    def phase(self, name: str) -> pd.DataFrame:
        """The rounds of one phase."""
        return self.rounds[self.rounds["phase"] == name]

    def end_of(self, phase: str) -> int:
        """The last month of a phase; of a phase without a round, that of the cycle."""
        held = self.phase(phase)["round"]
        return int(held.iloc[-1]) if len(held) else self.end

    def at(self, month: int) -> pd.DataFrame:
        """Every stakeholder after one round, by name."""
        return self.paths[self.paths["round"] == month].set_index("name")

    def who(self, name: str) -> str:
        """A stakeholder, as a sentence calls it."""
        return escaped(person(self.run.scenario, name))

    def quoted(self, text: str) -> str:
        """A text of the scenario, as a sentence quotes it."""
        return escaped(" ".join(text.split()))

    def people(self, names: Iterable[str]) -> str:
        """Several stakeholders, as a sentence lists them."""
        return several(map(self.who, names), self.most)

    def expecting(self, rows: pd.DataFrame) -> str:
        """Who is told of in some events, with what it expects and what would be enough."""
        names = []
        for row in rows_of(rows):
            value, bound = against(row.value, row.bound)
            text = _("{name} ({value}, needing {bound})")
            names.append(text.format(name=self.who(row.who), value=value, bound=bound))
        return several(names, self.most)

    def option(self, number: int) -> str:
        """An option of this cycle's problem, as a sentence calls it."""
        assert self.problem is not None, "an option belongs to a problem"
        return escaped(option_name(self.run.options, self.problem, int(number)))


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, their columns as attributes."""
    yield from table.itertuples()
