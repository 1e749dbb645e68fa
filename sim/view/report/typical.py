"""The run of a scenario that is most like the others."""

import numpy as np
from numpy.typing import NDArray

from sim.studies.study import StudyData
from sim.view.console import MAIN_OUTCOMES

Numbers = NDArray[np.float64]


def typical_run(study: StudyData, scenario: str) -> int:
    """The number of the run nearest to the medians of the main outcomes.

    Examples
    --------
    >>> import sim
    >>> typical_run(sim.study("team", runs=30), "team") in range(30)
    True
    """
    own = study.runs[study.runs["scenario"] == scenario]
    return int(own["run"].iloc[most_typical(own[list(MAIN_OUTCOMES)].to_numpy(dtype=np.float64))])


def most_typical(values: Numbers) -> int:
    """The row nearest to the medians of the columns, each column in its standard deviations.

    Only rows are looked at that have the same numbers as most rows have: where most runs never
    agree, a run without an agreement is typical. Of rows equally near, the first.

    Parameters
    ----------
    values
        Shape (runs, outcomes); NaN where a run has no such number.

    Examples
    --------
    >>> most_typical(np.array([[0.0], [1.0], [9.0], [np.nan]]))
    1
    """
    there = ~np.isnan(values)
    kinds, kind, counts = np.unique(there, axis=0, return_inverse=True, return_counts=True)
    common = int(np.argmax(counts))
    rows = np.flatnonzero(kind.ravel() == common)
    columns = kinds[common]
    if not columns.any():
        return int(rows[0])
    medians = np.nanmedian(values[:, columns], axis=0)
    spread = np.nanstd(values[:, columns], axis=0)
    away = (values[np.ix_(rows, columns)] - medians) / np.where(spread > 0, spread, 1.0)
    return int(rows[np.argmin((away * away).sum(axis=1))])
