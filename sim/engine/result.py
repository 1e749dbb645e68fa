"""What one run ends with: its outcomes and three tables, to look at and to keep."""

import hashlib
import json
import math
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim import __version__
from sim.engine.folder import MADE_BY, MANIFEST, write_folder
from sim.language import _
from sim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

TABLES = (
    "outcomes.csv",
    "rounds.csv",
    "stakeholders.csv",
    "events.csv",
    "paths.csv",
    "ties.csv",
    "options.csv",
)
MINUTES = "minutes.md"
SHEETS = ("sheet.png", "sheet.svg")
FILES = (*TABLES, MINUTES, *SHEETS, MANIFEST)


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """One scenario, carried through its rounds under one seed and one run number.

    Attributes
    ----------
    scenario
        What was asked.
    seed, run
        With the scenario they determine every number of the run.
    outcomes
        The numbers the run ends with, by name; missing (NaN) where a run has no such number, for
        example the months to an agreement that was never reached.
    rounds
        One row a round.
    stakeholders
        One row a stakeholder.
    events
        One row for each thing somebody did or that happened, in the order in which it did.
    paths
        One row a round and stakeholder: where it stood, what it wanted, promised and did.
    ties
        One row a tie and direction, with the trust at first and at last.
    options
        One row a problem and option.
    """

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

    def _repr_html_(self) -> str:
        """The run in plain words: for a notebook."""
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
        files = dict(zip(TABLES, map(_csv, self._tables()), strict=True))
        files[MINUTES] = self.minutes(full).encode()
        files |= self._sheets()
        files[MANIFEST] = self._manifest(files)
        write_folder(folder, files)

    def summary(self) -> str:
        """The run in plain words, a few lines long."""
        title = _("{title} (seed {seed}, run {run})")
        lines = [title.format(title=self.scenario.title, seed=self.seed, run=self.run)]
        sentences = [
            sentence
            for tell in (_decision, _people, _consent, _fit, _work)
            for sentence in tell(self.outcomes)
        ]
        dissolved = bool((self.events["event"] == "dissolved").any())
        lines += [f"  {sentence}" for sentence in [*sentences, *_life(self.outcomes, dissolved)]]
        return "\n".join(lines)

    def minutes(self, full: bool = False) -> str:
        """The story of the run in Markdown: who did what, and what decided how it went.

        Parameters
        ----------
        full
            Tell every round, instead of about a page.
        """
        from sim.view.minutes import minutes

        return minutes(self, full)

    def plot(self) -> "Figure":
        """The telling pictures of the run on one page (:func:`sim.view.plots.overview.sheet`)."""
        from sim.view.plots.overview import sheet

        return sheet(self)

    def animate(
        self, path: str | Path | None = None, *, per_second: float = 8.0
    ) -> "FuncAnimation | None":
        """The run month by month: written to ``path`` as a GIF, or returned without a path.

        Parameters
        ----------
        path
            Where the GIF goes.
        per_second
            Frames a second.
        """
        from sim.view.plots.overview import animate

        return animate(self, path, per_second=per_second)

    def _sheets(self) -> dict[str, bytes]:
        from sim.view.plots.overview import sheet_bytes

        png, svg = SHEETS
        return {png: sheet_bytes(self, "png"), svg: sheet_bytes(self, "svg")}

    def _tables(self) -> tuple[pd.DataFrame, ...]:
        row = self.outcomes.to_frame().T
        for place, (name, value) in enumerate(
            (("scenario", self.scenario.title), ("seed", self.seed), ("run", self.run))
        ):
            row.insert(place, name, [value])
        return (
            row,
            self.rounds,
            self.stakeholders,
            self.events,
            self.paths,
            self.ties,
            self.options,
        )

    def _manifest(self, files: dict[str, bytes]) -> bytes:
        """Everything it takes to repeat the run and to check its files; no time of day in it."""
        key, value = MADE_BY
        versions = {name: version(name) for name in ("numpy", "numba", "pandas")}
        content: dict[str, Any] = {
            key: value,
            "title": self.scenario.title,
            "seed": self.seed,
            "run": self.run,
            "versions": {"mufakat": __version__, "python": platform.python_version(), **versions},
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
            "digest": self.scenario.digest(),
            "scenario": self.scenario.resolved(),
        }
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        return text.encode() + b"\n"


def _csv(table: pd.DataFrame) -> bytes:
    r"""The table as CSV, each number in the shortest form that reads back to the same bits.

    >>> _csv(pd.DataFrame({"who": ["Bima, Ltd", None], "trust": [0.1 + 0.2, float("nan")]}))
    b'who,trust\n"Bima, Ltd",0.30000000000000004\n,\n'
    """
    return table.to_csv(index=False, lineterminator="\n").encode()


def _known(outcomes: pd.Series, *names: str) -> dict[str, float] | None:
    """The named outcomes; nothing if one of them is missing in this run."""
    found = {name: float(outcomes.get(name, math.nan)) for name in names}
    return None if any(map(math.isnan, found.values())) else found


def _sentence(outcomes: pd.Series, text: str, *names: str) -> list[str]:
    """The text with the named outcomes filled in, or no sentence at all where one is missing."""
    values = _known(outcomes, *names)
    return [] if values is None else [text.format(**values)]


def _decision(outcomes: pd.Series) -> list[str]:
    agreement = _known(outcomes, "agreement")
    if agreement is None:
        return [_("Nothing was put to a decision.")]
    if _known(outcomes, "months_to_agreement") is None:
        return [_("No debate ended in agreement.")]
    if agreement["agreement"]:
        text = _("The first debate ended in agreement, in month {months_to_agreement:.0f}.")
    else:
        text = _(
            "The first debate ended in deadlock; a later one in agreement, in month "
            "{months_to_agreement:.0f}."
        )
    return _sentence(outcomes, text, "months_to_agreement")


def _people(outcomes: pd.Series) -> list[str]:
    text = _(
        "{participation:.0%} of the stakeholders thought it worth taking part at the start; "
        "{retention:.0%} were members at the end."
    )
    return _sentence(outcomes, text, "participation", "retention")


def _consent(outcomes: pd.Series) -> list[str]:
    text = _(
        "{acceptance:.0%} of the table accepted the agreement; {support:.0%} of all stakeholders "
        "are at least as well off with it as alone."
    )
    return _sentence(outcomes, text, "acceptance", "support")


def _fit(outcomes: pd.Series) -> list[str]:
    text = _(
        "Satisfaction, from 0 to 1, is {satisfaction:.2f} on average and {worst_off:.2f} among "
        "the tenth worst served."
    )
    return _sentence(outcomes, text, "satisfaction", "worst_off")


def _work(outcomes: pd.Series) -> list[str]:
    text = _(
        "Pledges covered {coverage:.0%} of what was needed, and {delivery:.0%} of the work was "
        "delivered."
    )
    return _sentence(outcomes, text, "coverage", "delivery")


def _life(outcomes: pd.Series, dissolved: bool) -> list[str]:
    passed = _known(outcomes, "survived_10y")
    if passed is None:
        text = _(
            "The collaboration still stood when the run ended, in month {months_survived:.0f}."
        )
    elif passed["survived_10y"] and dissolved:
        text = _(
            "The collaboration stood for ten years, and dissolved in month {months_survived:.0f}."
        )
    elif passed["survived_10y"]:
        text = _(
            "The collaboration stood for ten years; it was followed to month {months_survived:.0f}."
        )
    else:
        text = _("The collaboration dissolved in month {months_survived:.0f}.")
    return _sentence(outcomes, text, "months_survived")
