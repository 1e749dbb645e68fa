"""Access to the files of scenarios: where they are, and which may be read."""

from pathlib import Path

from sim.base.text import _
from sim.scenario.errors import Fault, Place, ScenarioError, did_you_mean

SUFFIX = ".toml"
CASE = "scenario.toml"
# Files that desktops create in every folder that is opened.
LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


class FileAccessError(Exception):
    """Raised when a file does not exist or may not be read or written; the message says why."""


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios, in an installed package or a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "scenarios"


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped scenarios, sorted.

    >>> "baseline" in shipped()
    True
    """
    folder = shipped_folder()
    names = [file.stem for file in folder.glob(f"*{SUFFIX}")]
    return tuple(sorted(names + [file.parent.name for file in folder.glob(f"*/{CASE}")]))


def shipped_file(name: str) -> Path:
    """Return the file of a shipped scenario."""
    if name not in shipped():
        text = _('no shipped scenario is called "{name}", {hint}')
        raise FileAccessError(text.format(name=name, hint=did_you_mean(name, shipped())))
    case = shipped_folder() / name / CASE
    return case if case.is_file() else shipped_folder() / f"{name}{SUFFIX}"


def inside(folder: Path, name: str) -> Path:
    """Return a file in a folder or below it; no link may lead out of the folder."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in name:
        raise FileAccessError(
            _('"{name}" is not in the folder of the file that names it', name=name)
        )
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise FileAccessError(
            _('"{name}" leads out of the folder of the file that names it', name=name)
        )
    if not file.is_file():
        raise FileAccessError(_('there is no file "{name}" in {folder}', name=name, folder=folder))
    return file


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark."""
    content = read_bytes(file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        text = _(
            'is not UTF-8 text: save it as "CSV UTF-8" (a spreadsheet) or as UTF-8 (an editor)'
        )
        raise ScenarioError([Fault((), text, Place(str(file), line))]) from None


def read_bytes(file: Path) -> bytes:
    """Return the content of a file."""
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: the name has a zero byte
        text = getattr(error, "strerror", None) or str(error)
        raise ScenarioError([Fault((str(file),), text)]) from None
