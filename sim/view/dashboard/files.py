"""Scenarios that can be opened: shipped ones, uploaded files, and the command line's argument."""

import tempfile
from base64 import b64decode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from sim.base.files import LITTER
from sim.base.text import _
from sim.scenario import Scenario, ScenarioError, load, shipped
from sim.scenario.errors import Fault
from sim.scenario.files import CASE, SUFFIX

MAX_FILES = 20
MAX_BYTES = 20_000_000
LISTINGS = (".csv", ".xlsx")
MAX_OPENED = 50


class Opened(NamedTuple):
    """A scenario as it was opened.

    Attributes
    ----------
    name
        The name of the shipped scenario, or of the file.
    scenario
        The scenario.
    shipped
        Whether it comes with the package.
    """

    name: str
    scenario: Scenario
    shipped: bool


class Library:
    """The files that were opened, by digest, so that a link to one finds it while the server runs.

    Attributes
    ----------
    first
        What a new tab opens, if the command line names a scenario.
    """

    def __init__(self) -> None:
        self.first: Opened | None = None
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._lock = Lock()

    def begin_with(self, opened: Opened) -> None:
        """Open this in every new tab."""
        self.first = opened
        self.put(opened)

    def put(self, opened: Opened) -> None:
        """Store a file; the one stored longest ago is removed if there are too many."""
        with self._lock:
            self._opened[opened.scenario.digest()] = opened
            self._opened.move_to_end(opened.scenario.digest())
            while len(self._opened) > MAX_OPENED:
                self._opened.popitem(last=False)

    def get(self, digest: str) -> Opened | None:
        """Return the file whose scenario's digest starts with this one, if it is stored."""
        with self._lock:
            found = (one for key, one in self._opened.items() if digest and key.startswith(digest))
            return next(found, None)


@cache
def library() -> Library:
    """Return the library of this process, which all tabs share."""
    return Library()


def open_shipped(name: str) -> Opened:
    """Return a shipped scenario.

    Raises
    ------
    ScenarioError
        No shipped scenario has that name.

    Examples
    --------
    >>> open_shipped("team").scenario.form.seats
    8
    """
    if name not in shipped():
        raise ScenarioError(
            [Fault((), _('no shipped scenario is called "{name}"', name=name[:80]))]
        )
    return Opened(name, load(name), shipped=True)


def open_files(files: Mapping[str, str]) -> Opened:
    """Return the scenario of uploaded files: one scenario file and the lists that it names.

    Parameters
    ----------
    files
        The contents in base 64, by file name; one name ends in ``.toml``.

    Raises
    ------
    ScenarioError
        The files are not valid; the error has file and line.
    """
    contents = {_checked_name(name): _decoded(name, text) for name, text in files.items()}
    contents = {name: content for name, content in contents.items() if name not in LITTER}
    scenarios = [name for name in contents if name.endswith(SUFFIX)]
    if len(scenarios) != 1:
        text = _("choose one scenario file (.toml), and with it the lists that it names, if any")
        raise ScenarioError([Fault((), text)])
    if len(contents) > MAX_FILES or sum(map(len, contents.values())) > MAX_BYTES:
        raise ScenarioError([Fault((), _("these are too many files, or too large ones"))])
    with tempfile.TemporaryDirectory(prefix="mufakat-") as place:
        for name, content in contents.items():
            Path(place, name).write_bytes(content)
        try:
            scenario = load(Path(place, scenarios[0]))
        except ScenarioError as error:
            raise without_folder(error, place) from None
    return Opened(scenarios[0], scenario, shipped=False)


def open_path(name_or_path: str) -> Opened:
    """Return the shipped scenario, file or folder that the command line names."""
    scenario = load(name_or_path)
    if name_or_path in shipped() and scenario == load(name_or_path):
        return Opened(name_or_path, scenario, shipped=True)
    path = Path(name_or_path)
    name = path.parent.resolve().name if path.name == CASE else path.name or path.resolve().name
    return Opened(name if name.endswith(SUFFIX) else name + SUFFIX, scenario, shipped=False)


def without_folder(error: ScenarioError, place: str) -> ScenarioError:
    """Return the error without the name of the temporary folder."""
    faults = []
    for fault in error.faults:
        where = fault.place
        if where is not None:
            where = where._replace(file=where.file.removeprefix(f"{place}/"))
        text = fault.text.replace(f"{place}/", "").replace(place, _("what was chosen"))
        faults.append(fault._replace(place=where, text=text))
    return ScenarioError(faults)


def _checked_name(name: str) -> str:
    """Return the name of an uploaded file; a path is an error."""
    if name in ("", ".", "..") or name != Path(name).name or "\\" in name or "\0" in name:
        raise ScenarioError([Fault((), _('"{name}" is no name of a file', name=name[:80]))])
    if not name.endswith((SUFFIX, *LISTINGS)) and name not in LITTER:
        text = _('"{name}" is no scenario (.toml) and no list (.csv, .xlsx)')
        raise ScenarioError([Fault((), text.format(name=name[:80]))])
    return name


def _decoded(name: str, text: str) -> bytes:
    """Return the content of an uploaded file."""
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError, TypeError):
        raise ScenarioError(
            [Fault((), _('"{name}" did not arrive whole: choose it again', name=name[:80]))]
        ) from None
