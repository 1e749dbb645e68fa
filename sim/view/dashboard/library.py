"""Scenarios that can be opened: shipped ones, and files that somebody gave this program."""

import tempfile
from base64 import b64decode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock

from sim.base.files import LITTER
from sim.language import _
from sim.scenario import ScenarioError, load, shipped
from sim.scenario.faults import Fault
from sim.scenario.files import CASE, SUFFIX
from sim.view.dashboard.desk import Opened

MOST_FILES = 20
MOST_BYTES = 20_000_000
LISTINGS = (".csv", ".xlsx")
MOST_KEPT = 50


class Library:
    """Files that were opened, by digest: a link to one finds it while the program runs.

    Attributes
    ----------
    first
        What is open in a new tab, if the command line named something.
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
        """Remember a file; the one that was not asked for the longest is forgotten."""
        with self._lock:
            self._opened[opened.scenario.digest()] = opened
            self._opened.move_to_end(opened.scenario.digest())
            while len(self._opened) > MOST_KEPT:
                self._opened.popitem(last=False)

    def get(self, digest: str) -> Opened | None:
        """The file whose scenario has a digest that begins so."""
        with self._lock:
            found = (one for key, one in self._opened.items() if digest and key.startswith(digest))
            return next(found, None)


@cache
def library() -> Library:
    """The one library of this process: tabs share what was opened."""
    return Library()


def open_shipped(name: str) -> Opened:
    """A shipped scenario.

    Raises
    ------
    ScenarioError
        There is none of that name.

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
    """A scenario file, with the lists that it names, as a browser hands them over.

    Parameters
    ----------
    files
        Contents in base 64, by name; one of them ends in ``.toml``.

    Raises
    ------
    ScenarioError
        Whatever is wrong with it, with file and line.
    """
    contents = {_plain_name(name): _content(name, text) for name, text in files.items()}
    contents = {name: content for name, content in contents.items() if name not in LITTER}
    scenarios = [name for name in contents if name.endswith(SUFFIX)]
    if len(scenarios) != 1:
        text = _("choose one scenario file (.toml), and with it the lists that it names, if any")
        raise ScenarioError([Fault((), text)])
    if len(contents) > MOST_FILES or sum(map(len, contents.values())) > MOST_BYTES:
        raise ScenarioError([Fault((), _("these are too many files, or too large ones"))])
    with tempfile.TemporaryDirectory(prefix="mufakat-") as place:
        for name, content in contents.items():
            Path(place, name).write_bytes(content)
        try:
            scenario = load(Path(place, scenarios[0]))
        except ScenarioError as error:
            raise without_place(error, place) from None
    return Opened(scenarios[0], scenario, shipped=False)


def open_path(name_or_path: str) -> Opened:
    """What a command line names: a shipped scenario, a file or a folder."""
    scenario = load(name_or_path)
    if name_or_path in shipped() and scenario == load(name_or_path):
        return Opened(name_or_path, scenario, shipped=True)
    path = Path(name_or_path)
    name = path.parent.resolve().name if path.name == CASE else path.name or path.resolve().name
    return Opened(name if name.endswith(SUFFIX) else name + SUFFIX, scenario, shipped=False)


def without_place(error: ScenarioError, place: str) -> ScenarioError:
    """The error without the folder that the files were put into for a moment."""
    faults = []
    for fault in error.faults:
        where = fault.place
        if where is not None:
            where = where._replace(file=where.file.removeprefix(f"{place}/"))
        text = fault.text.replace(f"{place}/", "").replace(place, _("what was chosen"))
        faults.append(fault._replace(place=where, text=text))
    return ScenarioError(faults)


def _plain_name(name: str) -> str:
    """A file's name, if it is one and no path."""
    if name in ("", ".", "..") or name != Path(name).name or "\\" in name or "\0" in name:
        raise ScenarioError([Fault((), _('"{name}" is no name of a file', name=name[:80]))])
    if not name.endswith((SUFFIX, *LISTINGS)) and name not in LITTER:
        text = _('"{name}" is no scenario (.toml) and no list (.csv, .xlsx)')
        raise ScenarioError([Fault((), text.format(name=name[:80]))])
    return name


def _content(name: str, text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError, TypeError):
        raise ScenarioError(
            [Fault((), _('"{name}" did not arrive whole: choose it again', name=name[:80]))]
        ) from None
