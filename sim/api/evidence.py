"""The model and the evidence: ``validate`` and ``calibrate``, and their results."""

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from sim.api import as_public
from sim.api.studies import Study
from sim.base.files import write_whole
from sim.base.text import _
from sim.evidence import calibrate as calibration
from sim.evidence import validate as validation
from sim.evidence.calibrate import RUNS, SETS, WAVES, CalibrationData
from sim.evidence.targets import STAGED, file_of
from sim.evidence.validate import ValidationData
from sim.scenario import Scenario
from sim.view.evidence import (
    calibration_in_short,
    format_calibration,
    format_validation,
    validation_in_short,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORT = "validation.html"
POSTERIOR, PLOT = "posterior.csv", "pairs.svg"


class Validation(ValidationData):
    """How well the model agrees with the evidence.

    Attributes
    ----------
    staged, compared
        The runs of the stagings, and of the variants that claims are tested on.
    networks
        Density and clustering of the ties of some stagings, one row a run.
    """

    def __repr__(self) -> str:
        counts = self._verdicts["verdict"].value_counts().to_dict()
        return f"<Validation {counts}, {self.runs} runs, seed {self.seed}>"

    def _repr_html_(self) -> str:
        """Return the verdicts for a notebook."""
        return f"<p>{self.in_short()}</p>{self._verdicts.to_html(index=False)}"

    def in_short(self) -> str:
        """Return the number of verdicts of each kind, as a sentence."""
        return validation_in_short(self)

    def told(self) -> str:
        """Return targets, directions and explanations as text for a terminal."""
        return format_validation(self)

    def report(self, path: str | Path) -> None:
        """Write the result as one HTML file, which needs no network and runs no script.

        Raises
        ------
        OSError
            It cannot be written.
        """
        from sim.view.report.validation import validation_page

        write_whole(Path(path), validation_page(self).encode())

    def save(self, folder: str | Path) -> None:
        """Write the report, the tables as CSV, and the scenario files of the stagings.

        Raises
        ------
        OSError
            They cannot be written.
        """
        _save_tables(self, folder, "verdicts", "targets", "directions", "groups")
        for file in map(file_of, STAGED):
            write_whole(Path(folder, "stagings", file.name), file.read_bytes())
        self.report(Path(folder, REPORT))


class Calibration(CalibrationData):
    """The values of the free parameters under which targets are met.

    Attributes
    ----------
    task
        Free parameters, targets and scenarios.
    seed, runs
        The seed, and the runs of each scenario under each set.
    waves
        All sets that were evaluated.
    posterior
        A sample of the sets that fit, with weights and distances.
    at_start
        Number and error of each target under the start values.
    checked
        The same under each set of the posterior, in runs that played no part in choosing it.
    """

    def __repr__(self) -> str:
        free, targets = len(self.task.free), len(self.task.targets)
        fit = f"{self.effective:.0f} sets fit"
        return f"<Calibration of {free} parameters on {targets} targets, {fit}>"

    def _repr_html_(self) -> str:
        """Return parameters and targets for a notebook."""
        tables = (self.parameters(), self.targets())
        return f"<p>{self.in_short()}</p>" + "".join(t.to_html(index=False) for t in tables)

    def in_short(self, say: Callable[[str], str] = _) -> str:
        """Return the result in a few sentences, which ``say`` translates."""
        return calibration_in_short(self, say)

    def told(self) -> str:
        """Return parameters, targets, predictions and conflicts as text for a terminal."""
        return format_calibration(self)

    def plot(self) -> "Figure":
        """Draw a pair plot: the distribution of each parameter, and of each two of them."""
        from sim.view.plots.study import pairs

        return pairs(self)

    def save(self, folder: str | Path) -> None:
        """Write the posterior, all tables and the pair plot into a folder.

        Raises
        ------
        OSError
            They cannot be written.
        """
        from sim.view.plots.study import pairs_as_svg

        write_whole(Path(folder, POSTERIOR), self.posterior.text().encode())
        write_whole(Path(folder, PLOT), pairs_as_svg(self).encode())
        _save_tables(self, folder, "parameters", "targets", "left_out", "constrains", "pulls")


def _save_tables(result: Validation | Calibration, folder: str | Path, *names: str) -> None:
    """Write some tables of a result as CSV."""
    for name in names:
        text = getattr(result, name)().to_csv(index=False, lineterminator="\n")
        write_whole(Path(folder, f"{name}.csv"), text.encode())


def validate(
    quick: bool = False,
    seed: int = 1,
    runs: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> Validation:
    """Compare the model with 12 measured targets and 16 published directions.

    All stagings share the model's own values; only what a staging is about differs.

    Parameters
    ----------
    quick
        Carry out 500 runs of each instead of 5000: intervals are wider, so that fewer verdicts are
        certain and more directions undetermined.
    seed
        The seed that all runs share.
    runs
        How many runs of each, instead of either.
    executor, progress
        As for :func:`sim.study`.

    Raises
    ------
    ValueError
        A number is outside its range.

    Examples
    --------
    >>> import sim
    >>> result = sim.validate(runs=20)
    >>> len(result.verdicts()), result.outside == result.count("outside") + result.count("contrary")
    (28, True)
    """
    result = validation.validate(
        quick=quick, seed=seed, runs=runs, executor=executor, progress=progress
    )
    return as_public(
        Validation, result, staged=Study._of(result.staged), compared=Study._of(result.compared)
    )


def calibrate(
    scenario: Scenario | str,
    targets: str | Path,
    runs: int = RUNS,
    sets: int = SETS,
    waves: int = WAVES,
    *,
    seed: int = 1,
    store: str | Path | None = None,
    progress: bool = True,
) -> Calibration:
    """Find the values of free parameters under which the model meets measured targets.

    The method is adaptive multiple importance sampling on a scrambled Sobol' design, with the
    targets' tolerances as errors around them; see the model description, section 8.6.

    Parameters
    ----------
    scenario
        The scenario that targets are measured in, if they name no other.
    targets
        A TOML file with the free parameters and the targets.
    runs
        Runs of each scenario under each set.
    sets
        Sets of a wave: a power of 2.
    waves
        The most waves; fewer, if enough sets fit before.
    seed
        From 0 to 2^64 - 1.
    store
        A folder that stores the evaluated sets. An interrupted calibration resumes where it
        stopped, and ends with the posterior of an undisturbed one; with more waves, it adds those.
    progress
        Show a progress bar, if stderr is a terminal.

    Raises
    ------
    ScenarioError
        Scenario or targets have errors; each is given with file and line.
    ValueError
        A number is outside its range, or no set has a number for a target.
    StoreError
        The folder holds something else.
    OSError
        The store cannot be written.

    Examples
    --------
    >>> import sim, tempfile
    >>> file = Path(tempfile.mkdtemp(), "targets.toml")
    >>> _ = file.write_text('''
    ... [[parameters]]
    ... field = "debate.concession"
    ... low = 0.5
    ... high = 3.0
    ... [[targets]]
    ... says = "in our district agreement took 40 months"
    ... outcome = "months_to_agreement"
    ... statistic = "median"
    ... value = 40
    ... band = [30, 50]
    ... ''')
    >>> result = sim.calibrate("community", file, runs=20, sets=16, waves=2)
    >>> result.parameters()["field"].tolist()
    ['debate.concession']
    """
    result = calibration.calibrate(
        scenario, targets, runs=runs, sets=sets, waves=waves, seed=seed, store=store,
        progress=progress,
    )  # fmt: skip
    return as_public(Calibration, result)
