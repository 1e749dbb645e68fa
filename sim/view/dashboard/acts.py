"""What the buttons do: each a step from one state of a tab to the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from sim.language import _
from sim.scenario import ScenarioError
from sim.scenario.files import SUFFIX
from sim.view.dashboard import desk as at
from sim.view.dashboard.desk import Desk
from sim.view.dashboard.library import Library, open_files, open_shipped

SEEDS = 2**64
MOST_RUN = 2**32 - 1
MOST_DIGITS = 20


@dataclass(frozen=True, eq=False)
class Tab:
    """What one tab of a browser shows, but for what is computed.

    Attributes
    ----------
    desk
        What stands on the desk.
    notes
        What has to be said, until it is dismissed.
    file
        A file that the browser is to keep: its name, text and type.
    heard
        The number of the last move of a control that was heard.
    run
        The number of the run that is played.
    reports
        How many reports were asked for.
    """

    desk: Desk
    notes: tuple[str, ...] = ()
    file: Mapping[str, str] = field(default_factory=dict)
    heard: int = 0
    run: int = 0
    reports: int = 0


def moved(tab: Tab, given: object) -> Tab:
    """The tab after a control was moved: ``path``, ``value``, ``live`` and ``serial``."""
    if not isinstance(given, dict):
        return tab
    path, live = str(given.get("path")), given.get("live") is True
    serial = given.get("serial")
    desk = at.moved(tab.desk, path, given.get("value"), live=live)
    return replace(tab, desk=desk, heard=serial if isinstance(serial, int) else tab.heard)


def stepped(tab: Tab, given: object, files: Library) -> Tab:
    """The tab after a button was pressed: ``what``, and the ``value`` that it takes."""
    if not isinstance(given, dict):
        return tab
    what, value = str(given.get("what")), given.get("value")
    if what in _ON_THE_DESK:
        return replace(tab, desk=_ON_THE_DESK[what](tab.desk, value))
    if what in ("open", "files"):
        return _opened(tab, what, value, files)
    if what == "seed":
        return _seeded(tab, value)
    if what == "run":
        text = str(value)
        number = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
        return replace(tab, run=min(int(text), MOST_RUN)) if number else tab
    if what == "save":
        name = tab.desk.opened.name.removesuffix(SUFFIX) + ("_changed" if tab.desk.changes else "")
        text = at.file_of(tab.desk)
        return replace(tab, file={"name": name + SUFFIX, "text": text, "type": "application/toml"})
    if what == "report":
        return replace(tab, reports=tab.reports + 1)
    cleared: Mapping[str, dict[str, Any]] = {"dismiss": {"notes": ()}, "kept": {"file": {}}}
    return replace(tab, **cleared.get(what, {}))


_ON_THE_DESK: Mapping[str, Callable[[Desk, Any], Desk]] = MappingProxyType(
    {
        "undo": lambda desk, _value: at.undone(desk),
        "reset": lambda desk, _value: at.reset(desk),
        "pin": lambda desk, _value: at.pinned(desk),
        "unpin": lambda desk, value: at.unpinned(desk, str(value)),
        "against": lambda desk, value: at.held_against(desk, str(value)),
    }
)


def _opened(tab: Tab, what: str, value: object, files: Library) -> Tab:
    """The tab with another scenario; if it cannot be opened, the old one and why."""
    try:
        if what == "open":
            opened = open_shipped(str(value))
        elif isinstance(value, dict):
            opened = open_files({str(name): str(text) for name, text in value.items()})
            files.put(opened)
        else:
            return tab
    except ScenarioError as error:
        text = _("It was not opened, and all is as before. What is wrong:")
        return replace(tab, notes=(text, *str(error).splitlines()))
    return replace(tab, desk=at.opening(tab.desk, opened), notes=(), run=0)


def _seeded(tab: Tab, value: object) -> Tab:
    text = str(value)
    if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS and int(text) < SEEDS:
        return replace(tab, desk=at.seeded(tab.desk, int(text)))
    message = _("A seed is a whole number from 0 to {most}.", most=SEEDS - 1)
    return replace(tab, notes=(message,))
