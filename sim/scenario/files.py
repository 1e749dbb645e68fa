"""Files that a scenario may be made of: where they are found, and what they may not be."""

from pathlib import Path

from sim.language import _
from sim.scenario.faults import Fault, Place, ScenarioError, meant

SUFFIX = ".toml"
CASE = "scenario.toml"


class Refused(Exception):
    """A file that is not there, or must not be read or written; the text says why."""


def shipped_folder() -> Path:
    """Where the shipped scenarios are: beside the installed code, or in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "scenarios"


def shipped() -> tuple[str, ...]:
    """The names of the shipped scenarios, sorted.

    >>> "baseline" in shipped()
    True
    """
    folder = shipped_folder()
    names = [file.stem for file in folder.glob(f"*{SUFFIX}")]
    return tuple(sorted(names + [file.parent.name for file in folder.glob(f"*/{CASE}")]))


def shipped_file(name: str) -> Path:
    """The file of a shipped scenario."""
    if name not in shipped():
        text = _('no shipped scenario is called "{name}", {hint}')
        raise Refused(text.format(name=name, hint=meant(name, shipped())))
    case = shipped_folder() / name / CASE
    return case if case.is_file() else shipped_folder() / f"{name}{SUFFIX}"


def inside(folder: Path, name: str) -> Path:
    """A file in a folder or below it, wherever links lead."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in name:
        raise Refused(_('"{name}" is not in the folder of the file that names it', name=name))
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise Refused(_('"{name}" leads out of the folder of the file that names it', name=name))
    if not file.is_file():
        raise Refused(_('there is no file "{name}" in {folder}', name=name, folder=folder))
    return file


def read_text(file: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark."""
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
    """The content of a file."""
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        text = getattr(error, "strerror", None) or str(error)
        raise ScenarioError([Fault((str(file),), text)]) from None
