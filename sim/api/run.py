"""One run: the public function that carries it out, and what its result shows."""

from pathlib import Path
from typing import TYPE_CHECKING

from sim.api import as_public
from sim.api.scenario import Scenario
from sim.base.files import MANIFEST
from sim.engine import runs
from sim.engine.tables import TABLES, RunData, write_run
from sim.scenario import Scenario as AnyScenario

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

MINUTES = "minutes.md"
SHEETS = ("sheet.png", "sheet.svg")
FILES = (*TABLES, MINUTES, *SHEETS, MANIFEST)


class Run(RunData):
    """One scenario, carried through its rounds under one seed and one run number.

    Attributes
    ----------
    scenario
        The scenario.
    seed, run
        With the scenario they determine every number of the run.
    outcomes
        The numbers at the end of the run, by name; missing (NaN) if there is no such number, for
        example the months to an agreement that was never reached.
    rounds
        One row a round.
    stakeholders
        One row a stakeholder.
    events
        One row for each action or event, in order.
    paths
        One row a round and stakeholder: its position, wishes, promises and deeds.
    ties
        One row a tie and direction, with the trust at the start and at the end.
    options
        One row a problem and option.
    """

    scenario: Scenario

    @classmethod
    def _of(cls, data: RunData) -> "Run":
        """Return the data of a run as a public result."""
        return as_public(cls, data, scenario=Scenario._of(data.scenario))

    def _repr_html_(self) -> str:
        """Return the run in plain words: for a notebook."""
        from sim.view.cards import of_run

        return of_run(self)

    def save(self, folder: str | Path, full: bool = False) -> None:
        """Write tables, minutes, sheet and manifest; an earlier run in that folder is replaced.

        Numbers are written with as many digits as it takes to read the same bits back. The same
        run gives the same bytes, whenever it is saved.

        Parameters
        ----------
        folder
            Where the files go. Afterwards it holds all of them, or what it held before.
        full
            Whether the minutes tell every round.

        Raises
        ------
        OSError
            The folder holds other files, or cannot be written.
        """
        from sim.view.plots.overview import sheet_bytes

        png, svg = SHEETS
        others = {
            MINUTES: self.minutes(full).encode(),
            png: sheet_bytes(self, "png"),
            svg: sheet_bytes(self, "svg"),
        }
        write_run(self, folder, others)

    def summary(self) -> str:
        """Return the run in plain words, a few lines long."""
        from sim.view.console import format_run

        return format_run(self)

    def minutes(self, full: bool = False) -> str:
        """Return the story of the run in Markdown: who did what, and what decided how it went.

        Parameters
        ----------
        full
            Report every round, instead of writing about a page.
        """
        from sim.view.minutes import minutes

        return minutes(self, full)

    def plot(self) -> "Figure":
        """Return the main pictures of the run on a page (:func:`sim.view.plots.overview.sheet`)."""
        from sim.view.plots.overview import sheet

        return sheet(self)

    def animate(
        self, path: str | Path | None = None, *, per_second: float = 8.0
    ) -> "FuncAnimation | None":
        """Return the run month by month: written to ``path`` as a GIF, or returned without a path.

        Parameters
        ----------
        path
            Where the GIF goes.
        per_second
            Frames a second.
        """
        from sim.view.plots.overview import animate

        return animate(self, path, per_second=per_second)


def run(scenario: AnyScenario, seed: int = 1, run: int = 0) -> Run:
    """Run a scenario once, with tables of everything that happens.

    Parameters
    ----------
    scenario
        The scenario to run. If its values are uncertain, the run draws one set of them, and its
        ``scenario`` has these values.
    seed
        From 0 to 2^64 - 1: the world that all runs of a study share.
    run
        From 0 to 2^32 - 1: which run of that world. Two scenarios under the same seed and run
        share every draw that both make.

    Raises
    ------
    ValueError
        A seed or run is outside its range, or there are too many stakeholders for monthly tables.

    Examples
    --------
    >>> from sim import load, run
    >>> done = run(load("team"), seed=1, run=0)
    >>> len(done.rounds) == int(done.outcomes["months_survived"])
    True
    """
    return Run._of(runs.run(scenario, seed, run))
