"""Studies of many runs: the public functions, and what their results show."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.api import as_public
from sim.api.scenario import Scenario
from sim.base.files import write_whole
from sim.base.text import _
from sim.studies import claims as claims_below
from sim.studies import compare as compare_below
from sim.studies import study as study_below
from sim.studies import sweep as sweep_below
from sim.studies.claims import ClaimsData
from sim.studies.compare import ComparisonData, require_outcome
from sim.studies.posterior import Posterior
from sim.studies.study import USUAL, StudyData, Wanted
from sim.studies.sweep import SweepData
from sim.studies.workers import Behaviours

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Study(StudyData):
    """The results of many runs.

    Tables are made when they are needed. Those of a study with a store are read from there, so that
    it takes no more memory than a table that is in use.

    Attributes
    ----------
    scenarios
        The scenarios, by name.
    seed
        The seed that all runs share.
    kept
        Where the runs are stored.
    size
        Runs 0 to ``size`` - 1 of every scenario are part of the study, as far as they are stored.
    behaviours
        Stakeholder classes in place of the usual ones, by scenario and sector.
    """

    scenarios: Mapping[str, Scenario]

    @classmethod
    def _of(cls, data: StudyData) -> "Study":
        """Return the data of a study as a public result."""
        scenarios = {name: Scenario._of(scenario) for name, scenario in data.scenarios.items()}
        return as_public(cls, data, scenarios=MappingProxyType(scenarios))

    def _repr_html_(self) -> str:
        """Return the main outcomes of every scenario as a card for a notebook."""
        from sim.view.cards import of_study

        return of_study(self)


class Comparison(ComparisonData):
    """How scenarios differ from one of them, run by run.

    Attributes
    ----------
    study
        All runs.
    reference
        The name of the scenario that the others are compared with.
    outcomes
        Names of the outcomes that are compared. Intervals are corrected for all outcomes of all
        scenarios.
    adding
        The rule by which runs were added; None if their number was given.
    over
        The parameter sets; None if all runs have the scenarios' own values.
    """

    study: Study

    @classmethod
    def _of(cls, data: ComparisonData) -> "Comparison":
        """Return the data of a comparison as a public result."""
        over = data.over and data.over._replace(start=cls._of(data.over.start))
        return as_public(cls, data, study=Study._of(data.study), over=over)

    def _repr_html_(self) -> str:
        """Return the verdicts on the main outcomes as a card for a notebook."""
        from sim.view.cards import of_comparison

        return of_comparison(self)

    def verdict(self, outcome: str, scenario: str | None = None) -> str:
        """Return the verdict on one outcome in plain words.

        It rests on the corrected interval alone.

        Parameters
        ----------
        scenario
            The scenario that is compared with the reference; if not given, all, a line for each.
        """
        from sim.view.verdicts import format_verdict

        require_outcome(outcome, self.outcomes)
        names = self.others if scenario is None else (scenario,)
        return "\n".join(
            format_verdict(self.judged[name, outcome], self.reference, self.tests) for name in names
        )

    def verdicts(self) -> pd.DataFrame:
        """Return all verdicts: scenario, outcome, sentence, and kind.

        The kind is "difference", "none", "open" or "missing".
        """
        from sim.view.verdicts import verdict_table

        return verdict_table(self)

    def report(self, path: str | Path) -> None:
        """Write the comparison, with pictures and methods, as one HTML file.

        The file needs no network and runs no script. The same comparison gives the same bytes.

        Parameters
        ----------
        path
            The file; one that is there is replaced. Folders on the way are made.

        Raises
        ------
        OSError
            It cannot be written.
        """
        from sim.view.report.page import page

        write_whole(Path(path), page(self).encode())


class Sweep(SweepData):
    """The results of the runs of every variant of a grid.

    Attributes
    ----------
    study
        All runs; each variant is a scenario of it.
    grid
        The variants: name, scenario and values of each.
    """

    study: Study

    @classmethod
    def _of(cls, data: SweepData) -> "Sweep":
        """Return the data of a sweep as a public result."""
        study = Study._of(data.study)
        grid = tuple(item._replace(scenario=study.scenarios[item.name]) for item in data.grid)
        return as_public(cls, data, study=study, grid=grid)

    def plot_map(
        self,
        outcome: str,
        x: str | None = None,
        y: str | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> "Figure":
        """Draw the mean of an outcome over one or two of the fields, and its precision.

        Over two fields, each scenario has a surface of the means, and beside it that of their
        standard errors. For outcomes that are 0 or 1 these are half the interval (Wilson 1927)
        divided by 1.96, so that they are not 0 if all runs agree; for others they are crossed out
        if all runs have the same number, which says little about the mean. Over one field, each
        scenario has means with their 95 % intervals. As scenarios share their draws, differences
        between them are mostly more certain than that, see :meth:`flips` and :func:`sim.compare`.

        Parameters
        ----------
        x, y
            The fields; if not given, the first ones that are varied.
        at
            A value for each other field that is varied.
        """
        from sim.view.plots.study import draw_map

        free = [path for path in self.fields if path not in (at or {})]
        first = self.require_field(x) if x else next(iter(p for p in free if p != y), None)
        rest = [path for path in free if path != first]
        second = self.require_field(y) if y else (rest[0] if len(rest) == 1 else None)
        open_ = [path for path in rest if path != second]
        if first is None or first == second or open_:
            text = _(
                "varied are {fields}: name two of them, x and y, and in at a value of each other"
            )
            raise ValueError(text.format(fields=", ".join(self.fields)))
        return draw_map(self.means(outcome, at), outcome, first, second)


class ClaimsChecked(ClaimsData):
    """The verdicts on a file of claims.

    Attributes
    ----------
    error_rate
        The chance that any of them is wrong.
    studies
        The runs that they rest on, by seed.
    """

    studies: Mapping[int, Study]

    @classmethod
    def _of(cls, data: ClaimsData) -> "ClaimsChecked":
        """Return the data of claims as a public result."""
        studies = {seed: Study._of(study) for seed, study in data.studies.items()}
        return as_public(cls, data, studies=studies)

    def told(self) -> str:
        """Return the table as text for a terminal."""
        from sim.view.console import format_claims

        return format_claims(self)


def study(
    scenarios: Wanted,
    runs: int = 1000,
    seed: int = 1,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    keep: str | Iterable[str] = (),
    behaviours: Mapping[str, Behaviours] = USUAL,
    progress: bool = True,
) -> Study:
    """Carry out runs 0 to runs - 1 of every scenario.

    Parameters
    ----------
    scenarios
        A scenario, the name or path of one, several of these, or several by names of your own. A
        scenario with a sweep stands for all variants of its grid.
    runs
        How many runs of each.
    seed
        The world that all runs share, from 0 to 2^64 - 1.
    executor
        Where runs are carried out: any of ``concurrent.futures``, or a Dask cluster's
        ``client.get_executor(pure=False)``. If not given, in as many threads as there are
        processors, and runs with behaviours in as many processes. The table does not depend on
        it.
    store
        A folder that stores the runs. An interrupted study resumes where it stopped, and a study
        with more runs adds those; the table is that of an undisturbed study.
    keep
        Results that are stored besides the outcomes: ``["rounds"]``, the series of every round.
    behaviours
        Stakeholder classes in place of the usual ones, by scenario and sector, as
        :class:`sim.CollaborationModel` takes them. Such runs take some hundred times as long, and
        cannot be stored in a folder.
    progress
        Show a progress bar, if stderr is a terminal.

    Raises
    ------
    ValueError
        A number is outside its range; there is no scenario, or two of the same name; a result
        cannot be kept; or behaviours are for an unknown scenario or sector.
    ScenarioError
        A name or path is not that of a scenario.
    StoreError
        The folder holds something else, or its runs come out differently now.
    WorkerError
        A worker died, or has another version of the model. Stored runs stay stored.
    OSError
        The store cannot be written.

    Examples
    --------
    >>> import sim
    >>> done = sim.study(["team", "community"], runs=20)
    >>> done.runs.groupby("scenario", observed=True).size().to_dict()
    {'team': 20, 'community': 20}
    >>> one = sim.run(sim.load("team"), run=7).outcomes
    >>> bool(one["trust"] == done.runs.set_index("run").loc[7, "trust"].iloc[0])
    True
    """
    return Study._of(
        study_below.study(
            scenarios, runs, seed, executor=executor, store=store, keep=keep,
            behaviours=behaviours, progress=progress,
        )
    )  # fmt: skip


def compare(
    scenarios: Wanted,
    runs: int = 2000,
    seed: int = 1,
    *,
    reference: str | None = None,
    outcomes: Iterable[str] | None = None,
    precision: Mapping[str, float] | None = None,
    max_runs: int = 100_000,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool = True,
    parameters: Posterior | str | Path | None = None,
) -> Comparison:
    """Carry out runs of two or more scenarios and say what differs.

    Parameters
    ----------
    scenarios
        Two or more, as :func:`sim.study` takes them.
    runs
        How many of each; with ``precision``, how many at first.
    reference
        The scenario that the others are compared with; the first, if not given.
    outcomes
        Compare these only. Fewer comparisons need less correction, if they are chosen before
        looking at results.
    precision
        The half-width of the uncorrected 95 % interval that some outcomes must reach: runs are
        added until all do. Such intervals contain the truth a little less often than 95 %, the
        fewer runs there are at first: see the model description, section 7.
    max_runs
        The most runs of each.
    seed, executor, store, progress
        As for :func:`sim.study`. The runs under the start values, which belong to a comparison over
        parameter sets, are stored in a folder beside the store.
    parameters
        Parameter sets that fit the evidence: a posterior, a file of one, or ``"shipped"``. Every
        run draws one, the same in all scenarios, so that verdicts hold over all values that the
        evidence allows. A field that any of the scenarios sets itself keeps its own values.

    Raises
    ------
    ValueError
        There are fewer than two scenarios, or a reference or outcome is unknown; also the errors
        of :func:`sim.study`.

    Examples
    --------
    >>> import sim
    >>> comparison = sim.compare(["team", "community"], runs=200)
    >>> print(comparison.verdict("months_to_agreement"))
    Community takes longer to agree than team: ...
    """
    return Comparison._of(
        compare_below.compare(
            scenarios, runs, seed, reference=reference, outcomes=outcomes, precision=precision,
            max_runs=max_runs, executor=executor, store=store, progress=progress,
            parameters=parameters,
        )
    )  # fmt: skip


def sweep(
    scenarios: Wanted,
    vary: Mapping[str, Any] | None = None,
    runs: int = 1000,
    seed: int = 1,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool = True,
) -> Sweep:
    """Carry out runs of every combination of some fields' values, in every scenario.

    Parameters
    ----------
    scenarios
        As :func:`sim.study` takes them.
    vary
        By dotted path, a list of values or ``"a:b:n"``: n even steps from a to b, both included.
        ``power_share.government`` gives the government that share of all power; the others keep
        their proportions. If not given, the scenarios' own ``[sweep]``.
    runs
        How many of each variant.
    seed, executor, store, progress
        As for :func:`sim.study`. Variants share their run numbers, and so their draws.

    Raises
    ------
    ValueError
        Nothing is varied, a field or value is invalid, or there are more than 10,000 variants.

    Examples
    --------
    >>> import sim
    >>> sweep = sim.sweep("team", {"principles.deliberation": "0:1:3"}, runs=20)
    >>> sweep.variants["name"].tolist()
    ['team, deliberation=0', 'team, deliberation=0.5', 'team, deliberation=1']
    """
    return Sweep._of(
        sweep_below.sweep(
            scenarios, vary, runs, seed, executor=executor, store=store, progress=progress
        )
    )


def check_claims(
    path: str | Path,
    runs: int | None = None,
    seed: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> ClaimsChecked:
    """Test every claim of a file.

    Parameters
    ----------
    path
        A TOML file; each ``[[claim]]`` has a sentence that it ``says``. ``A >= B on OUTCOME by D``
        says that the mean of A is at least D above that of B (also ``>``, ``<``, ``<=``, and ``A
        better than B``, in the better direction). ``FIELD raises OUTCOME``, or ``lowers``, says
        that it does so in the scenario that ``in`` names, from its value ``from`` to ``to`` (from 0
        to 1, by default). Scenarios are shipped ones or files beside this one.
    runs, seed
        Replace those in the file.
    executor, progress
        As for :func:`sim.study`.

    Raises
    ------
    ScenarioError
        The file has errors; each is given with its line.

    Notes
    -----
    More runs under the same seed include the earlier ones: adding runs until a claim is supported
    errs more often than the error rate. Use another seed for a second look.
    """
    return ClaimsChecked._of(claims_below.check_claims(path, runs, seed, executor, progress))
