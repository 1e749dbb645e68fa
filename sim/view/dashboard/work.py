"""What is carried out in the background for a tab: the answer, one run, and the report."""

from threading import Lock
from typing import Any, NamedTuple

from sim.engine.one_run import TooLarge, run
from sim.language import _
from sim.scenario import Scenario
from sim.view.dashboard.answer import compared, played, require_quick
from sim.view.dashboard.desk import Desk
from sim.view.dashboard.pictures import answer
from sim.view.dashboard.player import frames_of

# One picture at a time: the settings of matplotlib are the same for all threads.
_DRAWING = Lock()


class OneRun(NamedTuple):
    """Which run is played."""

    scenario: Scenario
    seed: int
    number: int


def answered(desk: Desk) -> dict[str, Any]:
    """What the middle of the page shows; or ``trouble``, why there is nothing to show."""
    try:
        done = played(desk.settings, desk.seed)
        return answer(done, compared(done, desk.reference))
    except Exception as error:  # a tab is told, and lives on
        return {"trouble": _because(error)}


def one_run(wanted: OneRun) -> dict[str, Any]:
    """The frames of one run; or ``trouble``."""
    try:
        require_quick(wanted.scenario)
        return frames_of(run(wanted.scenario, seed=wanted.seed, run=wanted.number))
    except Exception as error:
        return {"trouble": _because(error)}


def report(desk: Desk) -> dict[str, str]:
    """The report on all settings of the desk, as a file; or ``trouble``."""
    try:
        from sim.view.report.page import page

        found = compared(played(desk.settings, desk.seed), desk.reference, whole=True)
        if found is None:
            return {"trouble": _("there is nothing to compare yet")}
        with _DRAWING:
            return {"name": "report.html", "text": page(found), "type": "text/html"}
    except Exception as error:
        return {"trouble": _because(error)}


def _because(error: Exception) -> str:
    """Why there is no answer, in a sentence."""
    if isinstance(error, TooLarge | ValueError) and str(error):
        return str(error)
    text = _("this could not be carried out ({reason}); undo takes the last step back")
    return text.format(reason=f"{type(error).__name__}: {error}")
